package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattfenwick/cyclonus/pkg/generator"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// published is a world as cyclonus's own test cases describe it; `features` are the case's tags.
type published struct {
	ID       string            `json:"id"`
	Features []string          `json:"features"`
	Objects  []any             `json:"objects"`
	Options  map[string]string `json:"options"`
	Flows    [][]any           `json:"flows"`
}

// stage is the cluster that a test case acts upon: three namespaces of three pods, each serving 80 and 81 by every protocol.
type stage struct {
	namespaces map[string]map[string]string
	pods       map[string]map[string]string // namespace/pod: labels
	policies   []*networkingv1.NetworkPolicy
}

var (
	served    = []int{80, 81}
	protocols = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}
)

const outside = "ip:203.0.113.7"

func newStage() *stage {
	s := &stage{namespaces: map[string]map[string]string{}, pods: map[string]map[string]string{}}
	for _, ns := range []string{"x", "y", "z"} {
		s.namespaces[ns] = map[string]string{"ns": ns}
		for _, pod := range []string{"a", "b", "c"} {
			s.pods[ns+"/"+pod] = map[string]string{"pod": pod}
		}
	}
	return s
}

// address is fixed by name, so that a pod keeps it from step to step.
func address(pod string) (ip, node string) {
	ns, name, _ := strings.Cut(pod, "/")
	number := int(name[0]-'a') + 1
	return fmt.Sprintf("10.244.%d.%d", number, 2*int(ns[0])-200+20*len(ns)), fmt.Sprintf("n%d", 1+number%2)
}

func (s *stage) act(a *generator.Action) {
	named := func(ns, name string) func(*networkingv1.NetworkPolicy) bool {
		return func(p *networkingv1.NetworkPolicy) bool { return p.Namespace == ns && p.Name == name }
	}
	switch {
	case a.CreatePolicy != nil:
		s.policies = append(s.policies, a.CreatePolicy.Policy)
	case a.UpdatePolicy != nil:
		p := a.UpdatePolicy.Policy
		s.policies[slices.IndexFunc(s.policies, named(p.Namespace, p.Name))] = p
	case a.DeletePolicy != nil:
		s.policies = slices.DeleteFunc(s.policies, named(a.DeletePolicy.Namespace, a.DeletePolicy.Name))
	case a.CreateNamespace != nil:
		s.namespaces[a.CreateNamespace.Namespace] = a.CreateNamespace.Labels
	case a.SetNamespaceLabels != nil:
		s.namespaces[a.SetNamespaceLabels.Namespace] = a.SetNamespaceLabels.Labels
	case a.DeleteNamespace != nil:
		delete(s.namespaces, a.DeleteNamespace.Namespace)
		for pod := range s.pods {
			if strings.HasPrefix(pod, a.DeleteNamespace.Namespace+"/") {
				delete(s.pods, pod)
			}
		}
	case a.CreatePod != nil:
		s.pods[a.CreatePod.Namespace+"/"+a.CreatePod.Pod] = a.CreatePod.Labels
	case a.SetPodLabels != nil:
		s.pods[a.SetPodLabels.Namespace+"/"+a.SetPodLabels.Pod] = a.SetPodLabels.Labels
	case a.DeletePod != nil:
		delete(s.pods, a.DeletePod.Namespace+"/"+a.DeletePod.Pod)
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *stage) objects() []any {
	var out []any
	for n, node := range []string{"n1", "n2"} {
		out = append(out, &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: metav1.ObjectMeta{Name: node},
			Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("192.168.7.%d", n+1)}}}})
	}
	for _, ns := range sorted(s.namespaces) {
		labels := map[string]string{corev1.LabelMetadataName: ns}
		for k, v := range s.namespaces[ns] {
			labels[k] = v
		}
		out = append(out, &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: ns, Labels: labels}})
	}
	for _, pod := range sorted(s.pods) {
		out = append(out, podObject(pod, s.pods[pod]))
	}
	for _, p := range s.policies {
		p.TypeMeta = metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"}
		out = append(out, p)
	}
	return out
}

func podObject(pod string, labels map[string]string) *corev1.Pod {
	ns, name, _ := strings.Cut(pod, "/")
	ip, node := address(pod)
	o := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name, Labels: labels},
		Spec: corev1.PodSpec{NodeName: node}, Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}}}
	for _, port := range served {
		for _, protocol := range protocols {
			id := fmt.Sprintf("%d-%s", port, strings.ToLower(string(protocol)))
			o.Spec.Containers = append(o.Spec.Containers, corev1.Container{Name: "cont-" + id,
				Ports: []corev1.ContainerPort{{Name: "serve-" + id, ContainerPort: int32(port), Protocol: protocol}}})
		}
	}
	return o
}

// flows are what the probe asks, and the same from and to an address outside.
func (s *stage) flows(probe *generator.ProbeConfig) [][]any {
	var out [][]any
	ends := append(sorted(s.pods), outside)
	for _, from := range ends {
		for _, to := range ends {
			if from == outside && to == outside {
				continue
			}
			for _, protocol := range protocols {
				for _, port := range served {
					if asked(probe, protocol, port) {
						out = append(out, []any{from, to, protocol, port})
					}
				}
			}
		}
	}
	return out
}

func asked(probe *generator.ProbeConfig, protocol corev1.Protocol, port int) bool {
	if probe.AllAvailable {
		return true
	}
	want := probe.PortProtocol
	if want.Port.Type == intstr.String {
		return want.Port.StrVal == fmt.Sprintf("serve-%d-%s", port, strings.ToLower(string(protocol)))
	}
	return want.Protocol == protocol && want.Port.IntValue() == port
}

// printCases writes every test case of cyclonus, one world a step.
func printCases(to io.Writer) error {
	ip, _ := address("z/c")
	out := json.NewEncoder(to)
	out.SetEscapeHTML(false)
	for n, c := range generator.NewTestCaseGenerator(true, ip, []string{"x", "y", "z"}, nil, nil).GenerateAllTestCases() {
		s, tags := newStage(), c.Tags.Keys()
		slices.Sort(tags)
		for step, t := range c.Steps {
			for _, action := range t.Actions {
				s.act(action)
			}
			w := published{ID: fmt.Sprintf("cyclonus-%03d-%d", n+1, step+1), Features: tags, Objects: s.objects(),
				Options: map[string]string{"cilium.enable-sctp": "true"}, Flows: s.flows(t.Probe)}
			if err := out.Encode(w); err != nil {
				return err
			}
		}
	}
	return nil
}
