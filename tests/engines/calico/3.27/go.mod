module npverify/engines/calico/3.27

go 1.21

require (
	github.com/projectcalico/calico v0.0.0-20231216011042-6334b9da6086
	npverify/engines/calico/common v0.0.0
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.2.0 // indirect
	github.com/davecgh/go-spew v1.1.2-0.20180830191138-d8f796af33cc // indirect
	github.com/emicklei/go-restful/v3 v3.11.0 // indirect
	github.com/go-ini/ini v1.67.0 // indirect
	github.com/go-logr/logr v1.3.0 // indirect
	github.com/go-openapi/jsonpointer v0.19.6 // indirect
	github.com/go-openapi/jsonreference v0.20.1 // indirect
	github.com/go-openapi/swag v0.22.3 // indirect
	github.com/go-playground/locales v0.12.1 // indirect
	github.com/go-playground/universal-translator v0.0.0-20170327191703-71201497bace // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang-collections/collections v0.0.0-20130729185459-604e922904d3 // indirect
	github.com/golang/protobuf v1.5.3 // indirect
	github.com/google/btree v1.1.2 // indirect
	github.com/google/gnostic v0.5.7-v3refs // indirect
	github.com/google/go-cmp v0.6.0 // indirect
	github.com/google/gofuzz v1.2.0 // indirect
	github.com/google/uuid v1.3.1 // indirect
	github.com/imdario/mergo v0.3.12 // indirect
	github.com/josharian/intern v1.0.0 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/kardianos/osext v0.0.0-20190222173326-2bc1f35cddc0 // indirect
	github.com/kelseyhightower/envconfig v1.4.0 // indirect
	github.com/leodido/go-urn v0.0.0-20181204092800-a67a23e1c1af // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	github.com/mattn/go-runewidth v0.0.9 // indirect
	github.com/matttproud/golang_protobuf_extensions v1.0.4 // indirect
	github.com/mdlayher/genetlink v1.0.0 // indirect
	github.com/mdlayher/netlink v1.1.0 // indirect
	github.com/mipearson/rfw v0.0.0-20170619235010-6f0a6f3266ba // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/olekukonko/tablewriter v0.0.5 // indirect
	github.com/projectcalico/api v0.0.0-00010101000000-000000000000 // indirect
	github.com/projectcalico/go-json v0.0.0-20161128004156-6219dc7339ba // indirect
	github.com/projectcalico/go-yaml-wrapper v0.0.0-20191112210931-090425220c54 // indirect
	github.com/prometheus/client_golang v1.16.0 // indirect
	github.com/prometheus/client_model v0.4.0 // indirect
	github.com/prometheus/common v0.44.0 // indirect
	github.com/prometheus/procfs v0.10.1 // indirect
	github.com/sirupsen/logrus v1.9.0 // indirect
	github.com/spf13/pflag v1.0.5 // indirect
	github.com/vishvananda/netlink v1.2.1-beta.2.0.20230206183746-70ca0345eede // indirect
	github.com/vishvananda/netns v0.0.2 // indirect
	golang.org/x/crypto v0.15.0 // indirect
	golang.org/x/net v0.18.0 // indirect
	golang.org/x/oauth2 v0.12.0 // indirect
	golang.org/x/sys v0.14.0 // indirect
	golang.org/x/term v0.14.0 // indirect
	golang.org/x/text v0.14.0 // indirect
	golang.org/x/time v0.3.0 // indirect
	golang.zx2c4.com/wireguard/wgctrl v0.0.0-20200324154536-ceff61240acf // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20230920204549-e6e6cdab5c13 // indirect
	google.golang.org/grpc v1.59.0 // indirect
	google.golang.org/protobuf v1.31.0 // indirect
	gopkg.in/go-playground/validator.v9 v9.30.2 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
	k8s.io/api v0.27.8 // indirect
	k8s.io/apimachinery v0.27.8 // indirect
	k8s.io/client-go v0.27.8 // indirect
	k8s.io/klog/v2 v2.90.1 // indirect
	k8s.io/kube-openapi v0.0.0-20230501164219-8b0f38b5fd1f // indirect
	k8s.io/utils v0.0.0-20230313181309-38a27ef9d749 // indirect
	sigs.k8s.io/json v0.0.0-20221116044647-bc3834ca7abd // indirect
	sigs.k8s.io/structured-merge-diff/v4 v4.2.3 // indirect
	sigs.k8s.io/yaml v1.3.0 // indirect
)

replace (
	github.com/projectcalico/api => github.com/projectcalico/api v0.0.0-20231218190037-9183ab93f33e
	github.com/projectcalico/calico => github.com/projectcalico/calico v0.0.0-20231216011042-6334b9da6086
	k8s.io/api => k8s.io/api v0.27.8
	k8s.io/apiextensions-apiserver => k8s.io/apiextensions-apiserver v0.27.8
	k8s.io/apimachinery => k8s.io/apimachinery v0.27.8
	k8s.io/apiserver => k8s.io/apiserver v0.27.8
	k8s.io/cli-runtime => k8s.io/cli-runtime v0.27.8
	k8s.io/client-go => k8s.io/client-go v0.27.8
	k8s.io/cloud-provider => k8s.io/cloud-provider v0.27.8
	k8s.io/cluster-bootstrap => k8s.io/cluster-bootstrap v0.27.8
	k8s.io/code-generator => k8s.io/code-generator v0.27.8
	k8s.io/component-base => k8s.io/component-base v0.27.8
	k8s.io/component-helpers => k8s.io/component-helpers v0.27.8
	k8s.io/controller-manager => k8s.io/controller-manager v0.27.8
	k8s.io/cri-api => k8s.io/cri-api v0.27.8
	k8s.io/csi-translation-lib => k8s.io/csi-translation-lib v0.27.8
	k8s.io/kube-aggregator => k8s.io/kube-aggregator v0.27.8
	k8s.io/kube-controller-manager => k8s.io/kube-controller-manager v0.27.8
	k8s.io/kube-proxy => k8s.io/kube-proxy v0.27.8
	k8s.io/kube-scheduler => k8s.io/kube-scheduler v0.27.8
	k8s.io/kubectl => k8s.io/kubectl v0.27.8
	k8s.io/kubelet => k8s.io/kubelet v0.27.8
	k8s.io/kubernetes => k8s.io/kubernetes v1.27.8
	k8s.io/legacy-cloud-providers => k8s.io/legacy-cloud-providers v0.27.8
	k8s.io/metrics => k8s.io/metrics v0.27.8
	k8s.io/mount-utils => k8s.io/mount-utils v0.27.8
	k8s.io/pod-security-admission => k8s.io/pod-security-admission v0.27.8
	k8s.io/sample-apiserver => k8s.io/sample-apiserver v0.27.8
	npverify/engines/calico/common => ../common
)
