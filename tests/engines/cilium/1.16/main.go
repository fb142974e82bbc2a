// Driver around the policy code of Cilium 1.16.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"sort"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/fqdn/re"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	"github.com/cilium/cilium/pkg/k8s"
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
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	porttypes "github.com/cilium/cilium/pkg/types"

	"npverify/engines/cilium/common"
)

const engine = "cilium@1.16.19"

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
	identitymanager.GlobalIdentityManager = identitymanager.NewIdentityManager() // else every repository stays subscribed
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
	cfg   *common.Config
	rules api.Rules
	ids   identity.IdentityMap
	byID  map[uint32]*identity.Identity
	ports updater
	repo  *policy.Repository
	nEP   uint64
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
	v.rules = append(v.rules, rules...)
	return "", nil
}

func (v *view) Prefixes() []netip.Prefix { return policy.GetCIDRPrefixes(v.rules) }

func (v *view) PodLabels(p *common.Pod, ns *common.Namespace) (string, any) {
	pod, kns := &slimcorev1.Pod{}, &slimcorev1.Namespace{}
	must(json.Unmarshal(p.Raw, pod))
	must(json.Unmarshal(ns.Raw, kns))
	pod.Namespace, kns.Name = p.Namespace, p.Namespace
	_, m, _, err := k8s.GetPodMetadata(kns, pod)
	must(err)
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
		host = noWorld(host)
		v.ids[identity.ReservedIdentityHost] = host.LabelArray()
		return nil
	}
	out := map[netip.Addr]uint32{}
	for _, a := range n.Addrs {
		l := labels.NewFrom(labels.LabelRemoteNode)
		if v.cfg.NodeSelectorLabels {
			f, _ := labelsfilter.FilterNodeLabels(labels.Map2Labels(n.Labels, labels.LabelSourceNode))
			l.MergeLabels(f)
		}
		if v.cfg.CIDRMatchNodes {
			l.MergeLabels(labels.GetCIDRLabels(netip.PrefixFrom(a, a.BitLen())))
		}
		out[a] = alloc()
		v.add(out[a], noWorld(l))
	}
	return out
}

func noWorld(l labels.Labels) labels.Labels {
	return l.Remove(labels.LabelWorld).Remove(labels.LabelWorldIPv4).Remove(labels.LabelWorldIPv6)
}

func (v *view) Build() error {
	v.repo = policy.NewStoppedPolicyRepository(v.ids, nil, nil, api.NewPolicyMetricsNoop())
	v.repo.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	v.repo.Mutex.Lock()
	defer v.repo.Mutex.Unlock()
	v.repo.AddListLocked(v.rules)
	var wg sync.WaitGroup
	v.repo.GetSelectorCache().UpdateIdentities(v.ids, nil, &wg)
	wg.Wait()
	return nil
}

func (v *view) Endpoint(p *common.Pod, id uint32) (common.Endpoint, error) {
	v.nEP++
	i := v.byID[id]
	pc := v.repo.GetPolicyCache()
	pc.LocalEndpointIdentityAdded(i)
	v.repo.Mutex.RLock()
	err := pc.UpdatePolicy(i, v.nEP)
	v.repo.Mutex.RUnlock()
	if err != nil {
		return nil, err
	}
	o := &owner{id: v.nEP, own: namedPorts(p), all: v.ports, redirects: map[string]uint16{}}
	ep := pc.Lookup(i).Consume(o)
	o.realize(ep)
	if len(o.redirects) > 0 {
		ep = pc.Lookup(i).Consume(o)
	}
	return newEndpoint(ep), nil
}

func (v *view) Close() {}

// owner stands for the endpoint.
type owner struct {
	id        uint64
	own       porttypes.NamedPortMap
	all       porttypes.NamedPortMultiMap
	redirects map[string]uint16
}

func (o *owner) GetID() uint64                              { return o.id }
func (o *owner) GetRealizedRedirects() map[string]uint16    { return o.redirects }
func (o *owner) HasBPFPolicyMap() bool                      { return true }
func (o *owner) PolicyDebug(fields logrus.Fields, _ string) {}
func (o *owner) LookupRedirectPort(bool, string, uint16, string) (uint16, error) {
	return 10001, nil
}
func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	c := make(chan bool)
	close(c)
	return c
}
func (o *owner) GetNamedPort(ingress bool, name string, proto uint8) uint16 {
	var p uint16
	if ingress {
		p, _ = o.own.GetNamedPort(name, proto)
	} else {
		p, _ = o.all.GetNamedPort(name, proto)
	}
	return p
}

// realize gives every redirect a proxy port, as the endpoint's regeneration does; an unrealized one has no map entry.
func (o *owner) realize(ep *policy.EndpointPolicy) {
	for _, m := range []policy.L4PolicyMap{ep.L4Policy.Ingress.PortRules, ep.L4Policy.Egress.PortRules} {
		m.ForEach(func(l4 *policy.L4Filter) bool {
			port := l4.Port
			if port == 0 && l4.PortName != "" {
				port = o.GetNamedPort(l4.Ingress, l4.PortName, uint8(l4.U8Proto))
			}
			for _, ps := range l4.PerSelectorPolicies {
				if ps.IsRedirect() {
					o.redirects[policy.ProxyID(uint16(o.id), l4.Ingress, string(l4.Protocol), port, ps.GetListener())] = 10001
				}
			}
			return true
		})
	}
}

// endpoint is the policy map; Lookup follows bpf/lib/policy.h __policy_can_access of 1.16: two longest-prefix lookups.
type endpoint struct {
	entries map[mapKey][]entry
}

type mapKey struct {
	ingress bool
	id      uint32
}

type entry struct {
	proto      uint8
	port, mask uint16
	bits       int // of protocol and port
	deny       bool
}

func newEndpoint(ep *policy.EndpointPolicy) *endpoint {
	e := &endpoint{map[mapKey][]entry{}}
	ep.GetPolicyMap().ForEach(func(k policy.Key, s policy.MapStateEntry) bool {
		n := entry{proto: k.Nexthdr, port: k.DestPort, mask: ^k.InvertedPortMask, deny: s.IsDeny}
		if n.proto != 0 {
			n.bits = 8
			for m := n.mask; m != 0; m <<= 1 {
				n.bits++
			}
		}
		mk := mapKey{k.IsIngress(), k.Identity}
		e.entries[mk] = append(e.entries[mk], n)
		return true
	})
	for _, l := range e.entries {
		sort.Slice(l, func(i, j int) bool { return l[i].bits > l[j].bits })
	}
	return e
}

func (e *endpoint) longest(ingress bool, id uint32, proto uint8, port uint16) *entry {
	for i, n := range e.entries[mapKey{ingress, id}] {
		if n.proto == 0 || n.proto == proto && port&n.mask == n.port&n.mask {
			return &e.entries[mapKey{ingress, id}][i]
		}
	}
	return nil
}

func (e *endpoint) Lookup(ingress bool, peer uint32, proto uint8, port uint16) common.Verdict {
	l3 := e.longest(ingress, peer, proto, port)
	l4 := e.longest(ingress, 0, proto, port)
	hit := l3
	if l4 != nil && (l3 == nil || l4.bits > l3.bits) {
		hit = l4
	}
	if hit == nil || hit.deny {
		return common.Deny
	}
	return common.Allow
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
