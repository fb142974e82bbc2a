module npverify/engines/calico/common

go 1.19

require github.com/projectcalico/calico v0.0.0-20230526220659-8b103f46fbdc

replace github.com/projectcalico/api => github.com/projectcalico/api v0.0.0-20230602153125-fb7148692637
