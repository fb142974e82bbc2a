// Driver around the policy code of Cilium 1.19.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
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
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/trafficdirection"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	"github.com/cilium/cilium/pkg/spanstat"
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	porttypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	"npverify/engines/cilium/common"
)

const engine = "cilium@1.19.7"

var logger = slog.New(slog.NewTextHandler(io.Discard, nil))

type glue struct{ prefixes string }

func main() {
	common.Main(&glue{prefixes: "unset"})
}

func (g *glue) Engine() string { return engine }

func (g *glue) Supports(s string) bool {
	switch s {
	case "enable-k8s-cluster-network-policy", "enable-remote-node-identity", "policy-cidr-match-mode=pods":
		return false
	}
	return true
}

func (g *glue) NewView(cfg *common.Config, w *common.World) common.View {
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
		if err := labelsfilter.ParseLabelPrefixCfg(logger, cfg.LabelPrefixes, nil, ""); err != nil {
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
	rules []policytypes.PolicyEntries
	resources []ipcachetypes.ResourceID
	ids       identity.IdentityMap
	byID      map[uint32]*identity.Identity
	ports     updater
	repo *policy.Repository
	idm identitymanager.IDManager
	nEP       uint64
}

func (v *view) AddPolicy(o *common.Object) (string, error) {
	var rules policytypes.PolicyEntries
	switch o.Kind {
	case "NetworkPolicy":
		np := &slimnetv1.NetworkPolicy{}
		if err := json.Unmarshal(o.Raw, np); err != nil {
			return "", err
		}
		r, err := k8s.ParseNetworkPolicy(logger, v.clusterName(), np)
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
		r, err := cnp.Parse(logger, v.clusterName())
		if err != nil {
			return "", err
		}
		rules = policyutils.RulesToPolicyEntries(r)
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

// clusterName is what the agent passes to the parsers.
func (v *view) clusterName() string {
	c := cmtypes.DefaultPolicyConfig
	if v.cfg.DefaultLocalCluster != nil {
		c.PolicyDefaultLocalCluster = *v.cfg.DefaultLocalCluster
	}
	return cmtypes.LocalClusterNameForPolicies(c, v.cfg.ClusterName)
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
	_, m := k8s.GetPodMetadata(logger, kns, pod)
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
			f, _ := labelsfilter.FilterNodeLabels(labels.Map2Labels(n.Labels, labels.LabelSourceNode))
			l.MergeLabels(f)
			l.MergeLabels(labels.Map2Labels(map[string]string{k8sConst.PolicyLabelCluster: v.cfg.ClusterName}, labels.LabelSourceK8s))
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
	v.idm = identitymanager.NewIDManager(logger)
	v.repo = policy.NewPolicyRepository(logger, v.ids, nil, envoypolicy.NewEnvoyL7RulesTranslator(logger, nil), v.idm, testpolicy.NewPolicyMetricsNoop())
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
func (s *stats) SelectorPolicyCalculation() *spanstat.SpanStat          { return &s.b }

func (v *view) Endpoint(p *common.Pod, id uint32) (common.Endpoint, error) {
	v.nEP++
	i := v.byID[id]
	v.idm.Add(i) // a local endpoint: only such identities are subjects
	sp, _, err := v.repo.GetSelectorPolicy(i, 0, &stats{}, v.nEP)
	if err != nil {
		return nil, err
	}
	o := &owner{id: v.nEP, own: namedPorts(p), all: v.ports}
	ep := sp.DistillPolicy(logger, o, nil)
	redirects := map[string]uint16{}
	for l4, ps := range sp.RedirectFilters() {
		port := l4.Port
		if port == 0 && l4.PortName != "" {
			port = o.GetNamedPort(l4.Ingress, l4.PortName, l4.U8Proto)
		}
		redirects[policy.ProxyID(uint16(o.id), l4.Ingress, string(l4.Protocol), port, ps.Policy.GetListener())] = 10001
	}
	if len(redirects) > 0 { // an unrealized redirect has no map entry
		ep = sp.DistillPolicy(logger, o, redirects)
	}
	return &endpoint{ep}, nil
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
func (o *owner) PreviousMapState() *policy.MapState { return nil }
func (o *owner) PolicyDebug(string, ...any) {}
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

// endpoint asks the engine's own mirror of the datapath lookup.
type endpoint struct{ ep *policy.EndpointPolicy }

func (e *endpoint) Lookup(ingress bool, peer uint32, proto uint8, port uint16) common.Verdict {
	d := trafficdirection.Egress
	if ingress {
		d = trafficdirection.Ingress
	}
	k := policy.KeyForDirection(d).WithIdentity(identity.NumericIdentity(peer)).WithPortProto(u8proto.U8proto(proto), port)
	entry, _, found := e.ep.Lookup(k)
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
