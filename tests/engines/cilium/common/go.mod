module npverify/engines/cilium/common

go 1.21
