// Driver around the policy code of Cilium 1.17.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/sirupsen/logrus"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/fqdn/re"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	k8sConst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slimcorev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	slimnetv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"github.com/cilium/cilium/pkg/k8s/types"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/logging"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/trafficdirection"
	"github.com/cilium/cilium/pkg/spanstat"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	porttypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	"npverify/engines/cilium/common"
)

const engine = "cilium@1.17.16"

type glue struct{ prefixes string }

func main() {
	must(re.InitRegexCompileLRU(1024)) // the agent's default, for toFQDNs patterns
	common.Main(&glue{prefixes: "unset"})
}

func (g *glue) Engine() string { return engine }

func (g *glue) Supports(s string) bool {
	switch s {
	case "policy-default-local-cluster", "enable-k8s-cluster-network-policy", "enable-remote-node-identity", "policy-cidr-match-mode=pods":
		return false
	}
	return true
}

func (g *glue) NewView(cfg *common.Config, w *common.World) common.View {
	logging.DefaultLogger.SetOutput(io.Discard)
	o := option.Config
	o.EnableIPv4, o.EnableIPv6 = cfg.EnableIPv4, cfg.EnableIPv6
	o.EnableSCTP = cfg.EnableSCTP
	o.EnableL7Proxy = true
	o.EnableICMPRules = true
	o.EnableNodeSelectorLabels = cfg.NodeSelectorLabels
	o.PolicyCIDRMatchMode = nil
	if cfg.CIDRMatchNodes {
		o.PolicyCIDRMatchMode = []string{"nodes"}
	}
	o.AllowLocalhost = option.AllowLocalhostAlways // daemon.go: "auto" under Kubernetes
	if cfg.AllowLocalhost != "" && cfg.AllowLocalhost != option.AllowLocalhostAuto {
		o.AllowLocalhost = cfg.AllowLocalhost
	}
	policy.SetPolicyEnabled(option.DefaultEnforcement)
	if cfg.EnablePolicy != "" {
		policy.SetPolicyEnabled(cfg.EnablePolicy)
	}
	if o.ClusterName != cfg.ClusterName || g.prefixes == "unset" {
		o.ClusterName = cfg.ClusterName
		api.InitEntities(cfg.ClusterName)
	}
	if p := strings.Join(cfg.LabelPrefixes, " "); p != g.prefixes {
		if err := labelsfilter.ParseLabelPrefixCfg(cfg.LabelPrefixes, nil, ""); err != nil {
			panic(err)
		}
		g.prefixes = p
	}
	identity.AddReservedIdentityWithLabels(identity.ReservedIdentityHost, labels.LabelHost)
	ids := identity.IdentityMap{}
	identity.IterateReservedIdentities(func(id identity.NumericIdentity, i *identity.Identity) { ids[id] = i.LabelArray })
	return &view{cfg: cfg, ids: ids, byID: map[uint32]*identity.Identity{}, ports: porttypes.NewNamedPortMultiMap()}
}

type updater interface {
	porttypes.NamedPortMultiMap
	Update(old, new porttypes.NamedPortMap) bool
}

type view struct {
	cfg       *common.Config
	rules     []api.Rules
	resources []ipcachetypes.ResourceID
	ids       identity.IdentityMap
	byID      map[uint32]*identity.Identity
	ports     updater
	repo      *policy.Repository
	nEP       uint64
}

func (v *view) AddPolicy(o *common.Object) (string, error) {
	var rules api.Rules
	switch o.Kind {
	case "NetworkPolicy":
		np := &slimnetv1.NetworkPolicy{}
		if err := json.Unmarshal(o.Raw, np); err != nil {
			return "", err
		}
		r, err := k8s.ParseNetworkPolicy(np)
		if err != nil {
			return "", err
		}
		rules = r
	case "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy":
		cnp := &types.SlimCNP{CiliumNetworkPolicy: &v2.CiliumNetworkPolicy{}}
		if err := json.Unmarshal(o.Raw, cnp.CiliumNetworkPolicy); err != nil {
			return "", err
		}
		cnp.Namespace = o.Namespace
		if cnp.RequiresDerivative() {
			return "", fmt.Errorf("toGroups is not modelled")
		}
		r, err := cnp.Parse()
		if err != nil {
			return "", err
		}
		rules = r
	default:
		return "", fmt.Errorf("this version knows no %s", o.Kind)
	}
	kind := map[string]ipcachetypes.ResourceKind{
		"NetworkPolicy":                  ipcachetypes.ResourceKindNetpol,
		"CiliumNetworkPolicy":            ipcachetypes.ResourceKindCNP,
		"CiliumClusterwideNetworkPolicy": ipcachetypes.ResourceKindCCNP,
	}[o.Kind]
	v.rules = append(v.rules, rules)
	// the repository reads the policy's namespace out of this
	v.resources = append(v.resources, ipcachetypes.NewResourceID(kind, o.Namespace, o.Name))
	return "", nil
}

func (v *view) Prefixes() (out []netip.Prefix) {
	for _, r := range v.rules {
		out = append(out, policy.GetCIDRPrefixes(r)...)
	}
	return out
}

func (v *view) PodLabels(p *common.Pod, ns *common.Namespace) (string, any) {
	pod, kns := &slimcorev1.Pod{}, &slimcorev1.Namespace{}
	must(json.Unmarshal(p.Raw, pod))
	must(json.Unmarshal(ns.Raw, kns))
	pod.Namespace, kns.Name = p.Namespace, p.Namespace
	_, m := k8s.GetPodMetadata(kns, pod)
	lbls, _ := labelsfilter.Filter(labels.Map2Labels(m, labels.LabelSourceK8s))
	return string(lbls.SortedList()), lbls
}

func (v *view) add(id uint32, lbls labels.Labels) {
	i := identity.NewIdentity(identity.NumericIdentity(id), lbls)
	v.byID[id] = i
	v.ids[i.ID] = i.LabelArray
}

func (v *view) AddPod(id uint32, lbls any) { v.add(id, lbls.(labels.Labels)) }

// AddNamedPorts: what the agent puts into the ipcache for a pod (watchers/pod.go) and into the endpoint (SetK8sMetadata).
func (v *view) AddNamedPorts(p *common.Pod, _ uint32) { v.ports.Update(nil, namedPorts(p)) }

func namedPorts(p *common.Pod) porttypes.NamedPortMap {
	pod := &slimcorev1.Pod{}
	must(json.Unmarshal(p.Raw, pod))
	m := porttypes.NamedPortMap{}
	for _, c := range pod.Spec.Containers {
		for _, cp := range c.Ports {
			if cp.Name != "" {
				_ = m.AddPort(cp.Name, int(cp.ContainerPort), string(cp.Protocol))
			}
		}
	}
	return m
}

func (v *view) AddCIDR(id uint32, p netip.Prefix) { v.add(id, labels.GetCIDRLabels(p)) }

// AddNode follows node/manager nodeIdentityLabels, NodeUpdated and ipcache resolveIdentity.
func (v *view) AddNode(n *common.Node, local bool, alloc func() uint32) map[netip.Addr]uint32 {
	if !v.cfg.CIDRMatchNodes && !v.cfg.NodeSelectorLabels {
		return nil
	}
	if local {
		host := labels.NewFrom(labels.LabelHost)
		if v.cfg.CIDRMatchNodes {
			for _, a := range n.Addrs {
				host.MergeLabels(labels.GetCIDRLabels(netip.PrefixFrom(a, a.BitLen())))
			}
		}
		noWorld(host)
		v.ids[identity.ReservedIdentityHost] = host.LabelArray()
		return nil
	}
	out := map[netip.Addr]uint32{}
	for _, a := range n.Addrs {
		l := labels.NewFrom(labels.LabelRemoteNode)
		if v.cfg.NodeSelectorLabels {
			all := labels.Map2Labels(n.Labels, labels.LabelSourceNode)
			cl := labels.NewLabel(k8sConst.PolicyLabelCluster, v.cfg.ClusterName, labels.LabelSourceK8s)
			all[cl.Key] = cl
			f, _ := labelsfilter.FilterNodeLabels(all)
			l.MergeLabels(f)
		}
		if v.cfg.CIDRMatchNodes {
			l.MergeLabels(labels.GetCIDRLabels(netip.PrefixFrom(a, a.BitLen())))
		}
		out[a] = alloc()
		noWorld(l)
		v.add(out[a], l)
	}
	return out
}

func noWorld(l labels.Labels) {
	l.Remove(labels.LabelWorld)
	l.Remove(labels.LabelWorldIPv4)
	l.Remove(labels.LabelWorldIPv6)
}

func (v *view) Build() error {
	v.repo = policy.NewPolicyRepository(v.ids, nil, nil, identitymanager.NewIDManager(), api.NewPolicyMetricsNoop())
	v.repo.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	for n, r := range v.rules {
		v.repo.ReplaceByResource(r, v.resources[n])
	}
	var wg sync.WaitGroup
	v.repo.GetSelectorCache().UpdateIdentities(v.ids, nil, &wg)
	wg.Wait()
	return nil
}

type stats struct{ a, b spanstat.SpanStat }

func (s *stats) WaitingForPolicyRepository() *spanstat.SpanStat { return &s.a }
func (s *stats) PolicyCalculation() *spanstat.SpanStat          { return &s.b }

func (v *view) Endpoint(p *common.Pod, id uint32) (common.Endpoint, error) {
	v.nEP++
	i := v.byID[id]
	sp, _, err := v.repo.GetSelectorPolicy(i, 0, &stats{}, v.nEP)
	if err != nil {
		return nil, err
	}
	o := &owner{id: v.nEP, own: namedPorts(p), all: v.ports}
	ep := sp.DistillPolicy(o, nil)
	redirects := map[string]uint16{}
	for l4, ps := range ep.RedirectFilters() {
		port := l4.Port
		if port == 0 && l4.PortName != "" {
			port = o.GetNamedPort(l4.Ingress, l4.PortName, l4.U8Proto)
		}
		redirects[policy.ProxyID(uint16(o.id), l4.Ingress, string(l4.Protocol), port, ps.GetListener())] = 10001
	}
	if len(redirects) > 0 { // an unrealized redirect has no map entry
		ep = sp.DistillPolicy(o, redirects)
	}
	return &endpoint{ep, unsafe.Pointer(reflect.ValueOf(ep).Elem().FieldByName("policyMapState").UnsafeAddr())}, nil
}

func (v *view) Close() {}

// owner stands for the endpoint.
type owner struct {
	id  uint64
	own porttypes.NamedPortMap
	all porttypes.NamedPortMultiMap
}

func (o *owner) GetID() uint64                     { return o.id }
func (o *owner) IsHost() bool                      { return false }
func (o *owner) MapStateSize() int                 { return 0 }
func (o *owner) PolicyDebug(logrus.Fields, string) {}
func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	c := make(chan bool)
	close(c)
	return c
}
func (o *owner) GetNamedPort(ingress bool, name string, proto u8proto.U8proto) uint16 {
	var p uint16
	if ingress {
		p, _ = o.own.GetNamedPort(name, proto)
	} else {
		p, _ = o.all.GetNamedPort(name, proto)
	}
	return p
}

// endpoint asks the engine's own mirror of the datapath lookup, (*mapState).Lookup, which only EndpointPolicy can reach.
type endpoint struct {
	ep *policy.EndpointPolicy
	ms unsafe.Pointer
}

//go:linkname mapStateLookup github.com/cilium/cilium/pkg/policy.(*mapState).Lookup
func mapStateLookup(ms unsafe.Pointer, k policy.Key) (policy.MapStateEntry, bool)

func (e *endpoint) Lookup(ingress bool, peer uint32, proto uint8, port uint16) common.Verdict {
	d := trafficdirection.Egress
	if ingress {
		d = trafficdirection.Ingress
	}
	k := policy.KeyForDirection(d).WithIdentity(identity.NumericIdentity(peer)).WithPortProto(u8proto.U8proto(proto), port)
	entry, found := mapStateLookup(e.ms, k)
	if !found || entry.IsDeny() {
		return common.Deny
	}
	return common.Allow
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
