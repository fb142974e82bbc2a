// Driver around the policy code of Cilium 1.20.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
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
	testidentity "github.com/cilium/cilium/pkg/testutils/identity"
	testpolicy "github.com/cilium/cilium/pkg/testutils/policy"
	porttypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"

	"npverify/engines/cilium/common"
)

const engine = "cilium@1.20.2"

var logger = slog.New(slog.NewTextHandler(io.Discard, nil))

type glue struct{ prefixes string }

func main() {
	common.Main(&glue{prefixes: "unset"})
}

func (g *glue) Engine() string { return engine }

func (g *glue) Supports(s string) bool {
	switch s {
	case "enable-remote-node-identity":
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
		o.PolicyCIDRMatchMode = append(o.PolicyCIDRMatchMode, "nodes")
	}
	if cfg.CIDRMatchPods {
		o.PolicyCIDRMatchMode = append(o.PolicyCIDRMatchMode, "pods")
	}
	o.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways // daemon.go: "auto" under Kubernetes
	if cfg.AllowLocalhost != "" && cfg.AllowLocalhost != option.AllowLocalhostAuto {
		o.UnsafeDaemonConfigOption.AllowLocalhost = cfg.AllowLocalhost
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
	return &view{cfg: cfg, ids: ids, byID: map[uint32]*identity.Identity{}, ports: porttypes.NewNamedPortMultiMap(), named: map[string]porttypes.NamedPortMap{}}
}

type updater interface {
	porttypes.NamedPortMultiMap
	Update(id identity.NumericIdentity, old, new porttypes.NamedPortMap) bool
}

type view struct {
	cfg       *common.Config
	rules     []policytypes.PolicyEntries
	resources []ipcachetypes.ResourceID
	ids       identity.IdentityMap
	byID      map[uint32]*identity.Identity
	ports     updater
	named     map[string]porttypes.NamedPortMap
	repo      *policy.Repository
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
		r, err := cnp.Parse(logger, v.clusterName())
		if err != nil {
			return "", err
		}
		rules = policyutils.RulesToPolicyEntries(r)
	case "ClusterNetworkPolicy":
		if !v.cfg.ClusterNetworkPolicy {
			return "", fmt.Errorf("enable-k8s-cluster-network-policy is off")
		}
		kcnp := &policyv1alpha2.ClusterNetworkPolicy{}
		if err := json.Unmarshal(o.Raw, kcnp); err != nil {
			return "", err
		}
		r, err := k8s.ParseClusterNetworkPolicy(logger, v.clusterName(), kcnp)
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
		"ClusterNetworkPolicy":           ipcachetypes.ResourceKindKCNP,
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
	named, m := k8s.GetPodMetadata(logger, kns, pod)
	lbls, _ := labelsfilter.Filter(labels.Map2Labels(m, labels.LabelSourceK8s))
	for _, l := range k8s.NamedPortsIdentityLabels(named) { // pkg/endpoint/metadata FetchK8sMetadataForEndpoint
		lbls[l.Key] = l
	}
	v.named[p.Key()] = named
	if v.cfg.CIDRMatchPods { // pkg/endpoint computeCIDRLabelsRLocked
		for _, a := range p.Addrs {
			for _, l := range v.cidrLabels(a) {
				lbls[l.GetExtendedKey()] = l
			}
		}
	}
	return string(lbls.SortedList()), lbls
}

func (v *view) add(id uint32, lbls labels.Labels) {
	i := identity.NewIdentity(identity.NumericIdentity(id), lbls)
	v.byID[id] = i
	v.ids[i.ID] = i.LabelArray
}

func (v *view) AddPod(id uint32, lbls any) { v.add(id, lbls.(labels.Labels)) }

// cidrLabels are the cidr: labels that a pod's address has with policy-cidr-match-mode pods.
func (v *view) cidrLabels(a netip.Addr) (out labels.LabelArray) {
	var best netip.Prefix
	for _, p := range v.Prefixes() {
		if p.Contains(a) && p.Bits() > 0 && (!best.IsValid() || p.Bits() > best.Bits()) {
			best = p
		}
	}
	if best.IsValid() {
		for _, l := range labels.GetCIDRLabels(best) {
			if l.Source == labels.LabelSourceCIDR {
				out = append(out, l)
			}
		}
		return out
	}
	if a.Is4() {
		return labels.LabelArray{labels.ParseLabel("cidr:0.0.0.0/0")}
	}
	return labels.LabelArray{labels.ParseLabel("cidr:::/0")}
}

// AddNamedPorts: what the agent puts into the ipcache for a pod.
func (v *view) AddNamedPorts(p *common.Pod, id uint32) {
	v.ports.Update(identity.NumericIdentity(id), nil, v.named[p.Key()])
}

func (v *view) GetNamedPorts() porttypes.NamedPortMultiMap { return v.ports }

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
		if v.cfg.NodeSelectorLabels {
			f, _ := labelsfilter.FilterNodeLabels(labels.Map2Labels(n.Labels, labels.LabelSourceNode))
			host.MergeLabels(f)
			host.MergeLabels(labels.Map2Labels(map[string]string{k8sConst.PolicyLabelCluster: v.cfg.ClusterName}, labels.LabelSourceK8s))
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
	v.repo = policy.NewPolicyRepository(logger, v.ids, nil, envoypolicy.NewEnvoyL7RulesTranslator(logger, nil), identitymanager.NewIDManager(logger), testpolicy.NewPolicyMetricsNoop())
	v.repo.SetNamedPortsGetter(v)
	v.repo.GetSelectorCache().SetLocalIdentityNotifier(testidentity.NewDummyIdentityNotifier())
	for n, r := range v.rules {
		v.repo.ReplaceByResource(r, v.resources[n])
	}
	var wg sync.WaitGroup
	v.repo.UpdateIdentities(maps.Clone(v.ids), nil) // the call drops from its argument what the cache has already
	v.repo.GetSelectorCache().UpdateIdentities(v.ids, nil, &wg)
	wg.Wait()
	return nil
}

func (v *view) Endpoint(p *common.Pod, id uint32) (common.Endpoint, error) {
	v.nEP++
	i := v.byID[id]
	sp, err := v.repo.ResolvePolicy(i)
	if err != nil {
		return nil, err
	}
	o := &owner{id: v.nEP, own: v.named[p.Key()]}
	// an unrealized redirect has no map entry; this is the engine's own stand-in for a realized one
	ep := sp.DistillPolicy(logger, o, map[string]uint16{policy.FallbackRedirectID: 65535})
	return &endpoint{ep}, nil
}

func (v *view) Close() {}

// owner stands for the endpoint.
type owner struct {
	id  uint64
	own porttypes.NamedPortMap
}

func (o *owner) GetID() uint64                                   { return o.id }
func (o *owner) IsHost() bool                                    { return false }
func (o *owner) PreviousMapStateSizes() (s policy.MapStateSizes) { return s }
func (o *owner) PolicyDebug(string, ...any)                      {}
func (o *owner) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	c := make(chan bool)
	close(c)
	return c
}
func (o *owner) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	p, _ := o.own.GetNamedPort(name, proto)
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
