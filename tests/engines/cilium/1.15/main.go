// Driver around the policy code of Cilium 1.15.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/cilium/cilium/pkg/fqdn/re"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/cache"
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
	"github.com/cilium/cilium/pkg/policy/trafficdirection"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	porttypes "github.com/cilium/cilium/pkg/types"

	"npverify/engines/cilium/common"
)

const engine = "cilium@1.15.19"

type glue struct {
	prefixes string
	remote   bool
}

func main() {
	must(re.InitRegexCompileLRU(1024)) // the agent's default, for toFQDNs patterns
	common.Main(&glue{prefixes: "unset"})
}

func (g *glue) Engine() string { return engine }

func (g *glue) Supports(s string) bool {
	switch s {
	case "policy-default-local-cluster", "enable-k8s-cluster-network-policy", "enable-node-selector-labels", "policy-cidr-match-mode=pods":
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
	o.EnableRemoteNodeIdentity = cfg.RemoteNodeIdentity
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
	if o.ClusterName != cfg.ClusterName || g.prefixes == "unset" || g.remote != cfg.RemoteNodeIdentity {
		o.ClusterName, g.remote = cfg.ClusterName, cfg.RemoteNodeIdentity
		api.InitEntities(cfg.ClusterName, !cfg.RemoteNodeIdentity)
	}
	if p := strings.Join(cfg.LabelPrefixes, " "); p != g.prefixes {
		if err := labelsfilter.ParseLabelPrefixCfg(cfg.LabelPrefixes, ""); err != nil {
			panic(err)
		}
		g.prefixes = p
	}
	identitymanager.GlobalIdentityManager = identitymanager.NewIdentityManager() // else every repository stays subscribed
	identity.AddReservedIdentityWithLabels(identity.ReservedIdentityHost, labels.LabelHost)
	ids := cache.IdentityCache{}
	identity.IterateReservedIdentities(func(id identity.NumericIdentity, i *identity.Identity) { ids[id] = i.LabelArray })
	return &view{cfg: cfg, ids: ids, host: labels.NewFrom(labels.LabelHost), byID: map[uint32]*identity.Identity{}, ports: porttypes.NewNamedPortMultiMap()}
}

type updater interface {
	porttypes.NamedPortMultiMap
	Update(old, new porttypes.NamedPortMap) bool
}

type view struct {
	cfg   *common.Config
	rules api.Rules
	ids   cache.IdentityCache
	byID  map[uint32]*identity.Identity
	host  labels.Labels // of the identity host
	ports updater
	repo  *policy.Repository
	nEP   uint64
}

func (v *view) AddPolicy(o *common.Object) (string, error) {
	var rules api.Rules
	changed := ""
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
		if k8s.NetworkPolicyHasEndPort(np) { // watchers/network_policy.go warns and goes on without it
			changed = "EndPort in kubernetes NetworkPolicy is not supported"
		}
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
	return changed, nil
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
	if !v.cfg.CIDRMatchNodes {
		return nil
	}
	// Without remote-node identities every node is host, and the identity host gets the CIDR labels of all of their addresses (updateReservedHostLabels).
	// As without mode nodes every address of a node counts as known; nodeAddressSkipsIPCache leaves some out unless nodes are encrypted.
	out := map[netip.Addr]uint32{}
	if local || !v.cfg.RemoteNodeIdentity {
		for _, a := range n.Addrs {
			v.host.MergeLabels(labels.GetCIDRLabels(netip.PrefixFrom(a, a.BitLen())))
			out[a] = common.IDHost
		}
		v.ids[identity.ReservedIdentityHost] = noWorld(v.host).LabelArray()
		return out
	}
	for _, a := range n.Addrs {
		l := labels.NewFrom(labels.LabelRemoteNode)
		l.MergeLabels(labels.GetCIDRLabels(netip.PrefixFrom(a, a.BitLen())))
		out[a] = alloc()
		v.add(out[a], noWorld(l))
	}
	return out
}

func noWorld(l labels.Labels) labels.Labels {
	return l.Remove(labels.LabelWorld).Remove(labels.LabelWorldIPv4).Remove(labels.LabelWorldIPv6)
}

func (v *view) Build() error {
	v.repo = policy.NewStoppedPolicyRepository(testidentity.NewMockIdentityAllocator(v.ids), v.ids, nil, nil, api.NewPolicyMetricsNoop())
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
	err := pc.UpdatePolicy(i)
	v.repo.Mutex.RUnlock()
	if err != nil {
		return nil, err
	}
	return newEndpoint(pc.Lookup(i).Consume(&owner{id: v.nEP, own: namedPorts(p), all: v.ports})), nil
}

func (v *view) Close() {}

// owner stands for the endpoint.
type owner struct {
	id  uint64
	own porttypes.NamedPortMap
	all porttypes.NamedPortMultiMap
}

func (o *owner) GetID() uint64                                             { return o.id }
func (o *owner) HasBPFPolicyMap() bool                                     { return true }
func (o *owner) PolicyDebug(fields logrus.Fields, _ string)                {}
func (o *owner) LookupRedirectPortBuildLocked(bool, string, uint16) uint16 { return 10001 }
func (o *owner) GetNamedPort(ingress bool, name string, proto uint8) uint16 {
	var p uint16
	if ingress {
		p, _ = o.own.GetNamedPort(name, proto)
	} else {
		p, _ = o.all.GetNamedPort(name, proto)
	}
	return p
}

// endpoint is the policy map; Lookup follows the order of bpf/lib/policy.h __policy_can_access of 1.15.
type endpoint struct{ deny [2]map[mapKey]bool }

type mapKey struct {
	id    uint32
	proto uint8
	port  uint16
}

func newEndpoint(ep *policy.EndpointPolicy) *endpoint {
	e := &endpoint{[2]map[mapKey]bool{{}, {}}}
	ep.GetPolicyMap().ForEach(func(k policy.Key, s policy.MapStateEntry) bool {
		e.deny[k.TrafficDirection][mapKey{k.Identity, k.Nexthdr, k.DestPort}] = s.IsDeny
		return true
	})
	return e
}

func (e *endpoint) Lookup(ingress bool, peer uint32, proto uint8, port uint16) common.Verdict {
	m := e.deny[trafficdirection.Egress]
	if ingress {
		m = e.deny[trafficdirection.Ingress]
	}
	for _, k := range []mapKey{
		{peer, proto, port}, {0, proto, port}, {peer, proto, 0}, {0, proto, 0}, {peer, 0, 0}, {0, 0, 0},
	} {
		if deny, ok := m[k]; ok {
			if deny {
				return common.Deny
			}
			return common.Allow
		}
	}
	return common.Deny
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
