"""Published test suites of NetworkPolicy as worlds: the policies and what the suite expects of each flow, written anew in a form that an engine can be asked.

    e2e-NN      Kubernetes, test/e2e/network/netpol/network_policy.go (Apache-2.0): each step of each test, every pair of its pods
    cilium-NN   Cilium, pkg/k8s/network_policy_test.go (Apache-2.0): what its flows ask; where it compares rules, flows that tell them apart
    calico-NN   Calico, libcalico-go/lib/backend/k8s/conversion/conversion_test.go (Apache-2.0): likewise; what an API server refuses is left out

WORLDS is a list of (world, expected): expected[n] says whether flow n passes, both directions together.
"""
import fnmatch
import itertools

WORLDS = []
N = "kubernetes.io/metadata.name"
T, F = True, False


# ------------------------------------------------------------------------------------------------------------------------------ objects
def node(n):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{n}"}, "status": {"addresses": [{"type": "InternalIP", "address": f"192.168.7.{n}"}]}}


def namespace(name, labels):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {N: name, **labels}}}


def pod(key, labels, ports, number, on):
    """Serving every port of ports[0] by every protocol of ports[1], a container each, as the e2e suite's pods do."""
    space, name = key.split("/")
    ip = f"10.244.{on}.{number}"
    containers = [{"name": f"cont-{p}-{protocol.lower()}", "ports": [{"name": f"serve-{p}-{protocol.lower()}", "containerPort": p, "protocol": protocol}]}
                  for p in ports[0] for protocol in ports[1]]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": space, "name": name, "labels": labels},
            "spec": {"nodeName": f"n{on}", "containers": containers or [{"name": "main"}]}, "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]}}


def policy(space, name, spec):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": space, "name": name}, "spec": spec}


def sel(**labels):
    return {"matchLabels": labels}


def nssel(name):
    return {"matchLabels": {N: name}}


def expr(key, operator, *values):
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


A = sel(pod="a")


def ingress(*rules, to=None):
    return {"podSelector": A if to is None else to, "policyTypes": ["Ingress"], **({"ingress": list(rules)} if rules else {})}


def egress(*rules, to=None):
    return {"podSelector": A if to is None else to, "policyTypes": ["Egress"], **({"egress": list(rules)} if rules else {})}


def port(number=None, protocol=None, end=None):
    return {**({"protocol": protocol} if protocol else {}), **({"port": number} if number is not None else {}), **({"endPort": end} if end else {})}


# ------------------------------------------------------------------------------------------------------------------------------- worlds
def every_pair(pods, probes):
    """probes: (port, protocol, [(from, to, passes)...]); of the patterns the last that fits decides, without one the flow passes."""
    for number, protocol, patterns in probes:
        for a, b in itertools.permutations(pods, 2):
            passes = T
            for source, destination, verdict in patterns:
                if fnmatch.fnmatch(a, source) and fnmatch.fnmatch(b, destination):
                    passes = verdict
            yield (a, b, protocol, number), passes


def case(id, feature, pods, policies, expect, ports=((80,), ("TCP",)), nslabels=None, podlabels=None, probe=None, flows=None):
    """`flows`: (flow, passes) one by one; else every pair of pods, on the first port as `expect` says or as `probe` does."""
    spaces = dict.fromkeys(p.split("/")[0] for p in pods)
    objects = [node(1), node(2), *(namespace(s, (nslabels or {}).get(s, {})) for s in spaces)]
    objects += [pod(p, (podlabels or {}).get(p, {"pod": p.split("/")[1]}), ports, 10 + i, 1 + i % 2) for i, p in enumerate(pods)] + policies
    asked = list(flows or every_pair(pods, probe or [(ports[0][0], ports[1][0], expect)]))
    WORLDS.append(({"id": id, "features": [feature], "objects": objects, "options": {"cilium.enable-sctp": "true"}, "flows": [list(f) for f, _ in asked]}, [ok for _, ok in asked]))


def e2e(n, title, *a, **k):
    case(f"e2e-{n:02d}", f"e2e: {title}", *a, **k)

e2e(1, "default-deny-ingress", ["x/a", "x/b", "y/a", "y/b"], [policy("x", "deny-ingress", ingress(to={}))], [("*", "x/*", F)])
e2e(2, "default-deny-all", ["x/a", "x/b", "y/a"], [policy("x", "deny-all", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})],
    [("*", "x/*", F), ("x/*", "*", F)])
e2e(3, "traffic from pods of the own namespace by podSelector", ["x/a", "x/b", "x/c", "y/a"],
    [policy("x", "x-a-allows-x-b", ingress({"from": [{"podSelector": sel(pod="b")}]}))], [("*", "x/a", F), ("x/b", "x/a", T)])
e2e(4, "ingress for a target beside a default deny", ["x/a", "x/b", "y/a"],
    [policy("x", "deny-all", ingress(to={})), policy("x", "allow-all-to-a", ingress({"from": [{"podSelector": {}, "namespaceSelector": {}}]}))],
    [("*", "x/b", F)])
e2e(5, "ingress from pods in all namespaces", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "allow-from-another-ns", ingress({"from": [{"namespaceSelector": {}}]}))], [])
e2e(6, "ingress from another namespace alone, by namespaceSelector", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y")}]}))], [("x/*", "x/a", F), ("z/*", "x/a", F)])
e2e(7, "podSelector with matchExpressions", ["x/a", "x/b", "y/a"], [policy("x", "p", ingress({"from": [{"podSelector": expr("pod", "In", "b")}]}))],
    [("*", "x/a", F), ("x/b", "x/a", T)])
e2e(8, "namespaceSelector with matchExpressions", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": expr(N, "In", "y")}]}))], [("x/*", "x/a", F), ("z/*", "x/a", F)])
e2e(9, "podSelector or namespaceSelector", ["x/a", "x/b", "x/c", "y/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": expr(N, "NotIn", "x")}, {"podSelector": sel(pod="b")}]}))], [("x/c", "x/a", F)])
e2e(10, "podSelector and namespaceSelector", ["x/a", "x/b", "y/a", "y/b", "z/b"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": expr(N, "NotIn", "x"), "podSelector": sel(pod="b")}]}))],
    [("*", "x/a", F), ("y/b", "x/a", T), ("z/b", "x/a", T)])
e2e(11, "several podSelectors and namespaceSelectors", ["x/a", "x/b", "y/a", "y/b", "y/c"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": expr(N, "NotIn", "x"), "podSelector": expr("pod", "In", "b", "c")}]}))],
    [("x/*", "x/a", F), ("y/a", "x/a", F)])
e2e(12, "any of several podSelectors", ["x/a", "x/b", "x/c"],
    [policy("x", "p", ingress({"from": [{"podSelector": sel(pod="b")}, {"podSelector": sel(pod="c")}]}))], [])
e2e(13, "one pod of another namespace", ["x/a", "x/b", "y/a", "y/b", "z/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y"), "podSelector": A}]}))], [("*", "x/a", F), ("y/a", "x/a", T)])
e2e(14, "ports", ["x/a", "x/b", "y/a", "y/b", "z/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y")}], "ports": [port(81, "TCP")]}))], None, ports=((81,), ("TCP",)),
    probe=[(81, "TCP", [("x/*", "x/a", F), ("z/*", "x/a", F)])])
p81 = policy("x", "p81", ingress({"from": [{"namespaceSelector": nssel("y")}], "ports": [port(81, "TCP")]}))
p80 = policy("x", "p80", ingress({"from": [{"namespaceSelector": nssel("y")}], "ports": [port(80, "TCP")]}))
allow_y = [("x/*", "x/a", F), ("z/*", "x/a", F)]
e2e(15, "stacked policies with overlapping podSelectors, before the second", ["x/a", "x/b", "y/a", "z/a"], [p81], None, ports=((80, 81), ("TCP",)),
    probe=[(81, "TCP", allow_y), (80, "TCP", [("*", "x/a", F)])])
e2e(16, "stacked policies with overlapping podSelectors", ["x/a", "x/b", "y/a", "z/a"], [p81, p80], None, ports=((80, 81), ("TCP",)),
    probe=[(81, "TCP", allow_y), (80, "TCP", allow_y)])
e2e(17, "allow-all", ["x/a", "x/b", "y/a"], [policy("x", "allow-all", ingress({}, to={}))], None, ports=((80, 81), ("TCP",)),
    probe=[(80, "TCP", []), (81, "TCP", [])])
e2e(18, "ingress on one named port", ["x/a", "x/b", "y/a"], [policy("x", "p", ingress({"ports": [port("serve-81-tcp")]}, to={}))], None,
    ports=((80, 81), ("TCP",)), probe=[(81, "TCP", []), (80, "TCP", [("*", "x/*", F)])])
e2e(19, "ingress from a namespace on one named port", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y")}], "ports": [port("serve-80-tcp", "TCP")]}))], None,
    ports=((80, 81), ("TCP",)), probe=[(80, "TCP", allow_y), (81, "TCP", [("*", "x/a", F)])])
e2e(20, "egress on one named port", ["x/a", "y/a"], [policy("x", "p", egress({"ports": [port("serve-80-tcp")]}, to={}))], None,
    ports=((80, 81), ("TCP",)), probe=[(80, "TCP", []), (81, "TCP", [("x/*", "*", F)])])
e2e(21, "an updated policy", ["x/a", "y/a"], [policy("x", "p", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []})], None,
    ports=((81,), ("TCP",)), probe=[(81, "TCP", [("*", "x/*", F)])])
upd = policy("x", "p", ingress({"from": [{"namespaceSelector": sel(ns2="updated")}]}))
e2e(22, "ingress from an updated namespace, before the update", ["x/a", "y/a"], [upd], [("*", "x/a", F)])
e2e(23, "ingress from an updated namespace", ["x/a", "x/b", "y/a"], [upd], [("*", "x/a", F), ("y/*", "*", T)], nslabels={"y": {"ns2": "updated"}})
updp = policy("x", "p", ingress({"from": [{"podSelector": sel(pod="b", pod2="updated")}]}))
e2e(24, "ingress from an updated pod, before the update", ["x/a", "x/b"], [updp], [("*", "x/a", F)])
e2e(25, "ingress from an updated pod", ["x/a", "x/b"], [updp], [], podlabels={"x/b": {"pod": "b", "pod2": "updated"}})
e2e(26, "no ingress from other namespaces", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "deny-empty-policy", ingress({"from": [{"podSelector": {}}]}, to={}))], [("y/*", "x/*", F), ("z/*", "x/*", F)])
iso = policy("x", "deny-ingress-via-label-selector", ingress(to=sel(target="isolated")))
e2e(27, "no ingress to an updated pod, before the update", ["x/a", "y/a"], [iso], [])
e2e(28, "no ingress to an updated pod", ["x/a", "y/a"], [iso], [("*", "x/a", F)], podlabels={"x/a": {"pod": "a", "target": "isolated"}})
e2e(29, "no egress from selected pods", ["x/a", "x/b", "y/a"], [policy("x", "deny-egress-pod-a", egress())], [("x/a", "*", F)])
e2e(30, "no egress from a namespace", ["x/a", "x/b", "y/a"], [policy("x", "deny-egress-ns-x", egress(to={}))], [("x/*", "*", F)])
e2e(31, "ingress and egress in one policy", ["x/a", "x/b", "x/c", "y/a"], [policy("x", "p",
    {"podSelector": A, "policyTypes": ["Egress", "Ingress"], "ingress": [{"from": [{"podSelector": sel(pod="b")}]}], "egress": [{"ports": [port(80)]}]})],
    None, ports=((80, 81), ("TCP",)), probe=[(80, "TCP", [("*", "x/a", F), ("x/b", "x/a", T)]), (81, "TCP",
    [("*", "x/a", F), ("x/a", "*", F), ("x/b", "x/a", T)])])
xa_in = {"from": [{"namespaceSelector": nssel("x"), "podSelector": A}]}
e2e(32, "egress denied on the client's side though the server allows", ["x/a", "y/a", "y/b"],
    [policy("x", "allow-to-ns-y-pod-a", egress({"to": [{"namespaceSelector": nssel("y"), "podSelector": A}]})), policy("y", "pa", ingress(xa_in)),
    policy("y", "pb", ingress(xa_in, to=sel(pod="b")))], [("x/a", "*", F), ("*", "y/a", F), ("x/a", "y/a", T), ("*", "y/b", F)])
e2e(33, "egress to one pod of another namespace", ["x/a", "y/a", "y/b"],
    [policy("x", "p", egress({"to": [{"namespaceSelector": nssel("y"), "podSelector": A}]}))], [("x/a", "*", F), ("x/a", "y/a", T)])
e2e(34, "ingress on any port of one protocol", ["x/a", "y/a"], [policy("x", "p", ingress({"ports": [port(protocol="TCP")]}))], None,
    ports=((80,), ("TCP", "UDP")), probe=[(80, "TCP", []), (80, "UDP", [("*", "x/a", F)])])
in80 = policy("x", "allow-ingress-port-80", ingress({"ports": [port(80)]}, to={}))
e2e(35, "several ingress policies, one of which allows all", ["x/a", "y/a"], [in80, policy("x", "allow-ingress", ingress({}, to={}))], None,
    ports=((81,), ("TCP",)), probe=[(81, "TCP", [])])
e2e(36, "an ingress policy for another port", ["x/a", "y/a"], [in80], None, ports=((81,), ("TCP",)), probe=[(81, "TCP", [("*", "x/*", F)])])
eg80 = policy("x", "allow-egress-port-80", egress({"ports": [port(80)]}, to={}))
e2e(37, "several egress policies, one of which allows all", ["x/a", "y/a"], [eg80, policy("x", "allow-egress", egress({}, to={}))], None,
    ports=((81,), ("TCP",)), probe=[(81, "TCP", [])])
e2e(38, "an egress policy for another port", ["x/a", "y/a"], [eg80], None, ports=((81,), ("TCP",)), probe=[(81, "TCP", [("x/*", "*", F)])])
e2e(39, "no policy is left", ["x/a", "y/a"], [], [])
e2e(40, "egress to a server in a CIDR block: the block is the pod's own address", ["x/a", "y/a", "y/b"],
    [policy("x", "p", egress({"to": [{"ipBlock": {"cidr": "10.244.1.12/32"}}]}))], [("x/a", "*", F), ("x/a", "y/b", T)])
e2e(41, "an except that takes out one server of a large block with host bits", ["x/a", "x/b", "x/c"],
    [policy("x", "p", egress({"to": [{"ipBlock": {"cidr": "10.244.2.11/4", "except": ["10.244.2.11/32"]}}]}))], [("x/a", "x/b", F)])
e2e(42, "an address in one policy's except and in another policy's block", ["x/a", "x/b", "x/c"],
    [policy("x", "p", egress({"to": [{"ipBlock": {"cidr": "10.244.2.11/4", "except": ["10.244.2.11/32"]}}]})),
    policy("x", "q", egress({"to": [{"ipBlock": {"cidr": "10.244.2.11/32"}}]}))], [])
e2e(43, "ingress and egress controlled independently", ["x/a", "x/b", "y/a"],
    [policy("x", "allow-egress-for-target", egress({})), policy("x", "deny-ingress", ingress())], [("*", "x/a", F)])
e2e(44, "SCTP is not read as TCP", ["x/a", "y/a"],
    [policy("x", "deny-ingress", ingress(to={})), policy("x", "p", ingress({"ports": [port(81, "SCTP")]}))], None, ports=((81,), ("TCP",)),
    probe=[(81, "TCP", [("*", "x/*", F)])])
e2e(45, "a policy that allows SCTP isolates", ["x/a", "y/a"], [policy("x", "p", ingress({"ports": [port(80, "SCTP")]}))], None,
    ports=((81,), ("TCP",)), probe=[(81, "TCP", [("*", "x/a", F)])])
e2e(46, "UDP is not read as TCP", ["x/a", "y/a"], [policy("x", "p", ingress({"ports": [port(81, "UDP")]}))], None, ports=((81,), ("TCP",)),
    probe=[(81, "TCP", [("*", "x/a", F)])])
e2e(47, "all namespaces but one, by the default namespace label", ["x/a", "x/b", "y/a", "z/a"],
    [policy("x", "p", egress({"to": [{"namespaceSelector": expr(N, "NotIn", "y")}]}))], [("x/a", "y/*", F)])
for i, proto in ((48, "UDP"), (51, "SCTP")):
    e2e(i, f"default-deny-ingress, {proto}", ["x/a", "x/b", "y/a", "y/b"], [policy("x", "deny-all", ingress(to={}))], None, ports=((80,), (proto,)),
        probe=[(80, proto, [("*", "x/*", F)])])
    e2e(i+1, f"ports, {proto}", ["x/a", "x/b", "y/a", "z/a"],
        [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y")}], "ports": [port(81, proto)]}))], None, ports=((81,), (proto,)),
        probe=[(81, proto, allow_y)])
    e2e(i+2, f"one pod of another namespace, {proto}", ["x/a", "x/b", "y/a"],
        [policy("x", "p", ingress({"from": [{"namespaceSelector": nssel("y"), "podSelector": A}]}))], None, ports=((80,), (proto,)),
        probe=[(80, proto, [("*", "x/a", F), ("y/a", "x/a", T)])])

# ------------------------------------------------------------------ Cilium's own tests of NetworkPolicy
def cil(n, title, *a, **k):
    case(f"cilium-{n:02d}", f"cilium: {title}", *a, **k)
DP = ["default/a", "default/b", "default/c", "other/other"]
DL = {"default/a": {"id": "a"}, "default/b": {"id1": "b", "id2": "c"}, "default/c": {"id": "c"}, "other/other": {"id": "other"}}
NOP = ((), ())
def tcp(a, b, p=80): return ("default/"+a if "/" not in a else a, "default/"+b if "/" not in b else b, "TCP", p)
O = "other/other"
cil(1, "several selectors in both directions", DP, [policy("default", "p", {"podSelector": sel(id="a"), "policyTypes": ["Ingress", "Egress"],
    "egress": [{"ports": [port(80, "TCP")], "to": [{"podSelector": sel(id1="b")}, {"podSelector": sel(id="c")}]}],
    "ingress": [{"from": [{"podSelector": sel(id="other"), "namespaceSelector": nssel("other")}, {"podSelector": sel(id="c")}]}]})], None, ports=NOP,
    podlabels=DL, flows=[(tcp("a", "b"), T), (tcp("a", "c"), T), (tcp("c", "a"), T), (tcp(O, "a"), T), (tcp("b", "a"), F), (tcp("a", O), F)])
cil(2, "an ipBlock with an except alone", DP,
    [policy("default", "p", {"podSelector": sel(id="a"), "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.96.0.0/12"]}}]}]})],
    None, ports=NOP, podlabels=DL, flows=[(("ip:10.1.2.3", "default/a", "TCP", 80), T), (("ip:10.96.0.1", "default/a", "TCP", 80), F),
    (("ip:10.112.0.1", "default/a", "TCP", 80), T), (("ip:11.0.0.1", "default/a", "TCP", 80), F)])
cil(3, "egress to one selector and port, no policyTypes", DP,
    [policy("default", "p", {"podSelector": sel(id="a"), "egress": [{"to": [{"podSelector": sel(id1="b")}], "ports": [port(80)]}]})], None, ports=NOP,
    podlabels=DL, flows=[(tcp("a", "b"), T), (tcp("a", "b", 81), F), (tcp("a", "c"), F), (tcp("a", O), F)])
cil(4, "egress to an empty list of peers, beside a default deny", DP,
    [policy("default", "pa", {"podSelector": sel(id="a"), "policyTypes": ["Egress"], "egress": [{"to": []}]}),
    policy("default", "pb", {"podSelector": sel(id1="b"), "policyTypes": ["Egress"]})], None, ports=NOP, podlabels=DL, flows=[(tcp("a", "b"), T),
    (tcp("a", "c"), T), (tcp("b", "a"), F)])
cil(5, "egress on a port to an empty list of peers", DP,
    [policy("default", "p", {"podSelector": sel(id="a"), "policyTypes": ["Egress"], "egress": [{"ports": [port(80)], "to": []}]})], None, ports=NOP,
    podlabels=DL, flows=[(tcp("a", "c"), T), (tcp("a", "c", 90), F)])
cil(6, "egress on a range of ports", DP,
    [policy("default", "p", {"podSelector": sel(id="a"), "policyTypes": ["Egress"], "egress": [{"ports": [port(8080, None, 8090)], "to": []}]})], None,
    ports=NOP, podlabels=DL, flows=[(tcp("a", "c", 8080), T), (tcp("a", "c", 8085), T), (tcp("a", "c", 8090), T), (tcp("a", "c", 8091), F)])
cil(7, "ingress: default deny, an empty rule, an empty list of peers", DP,
    [policy("default", "pa", {"podSelector": sel(id="a"), "policyTypes": ["Ingress"]}),
    policy("default", "pb", {"podSelector": sel(id1="b"), "ingress": [{}]}),
    policy("default", "pc", {"podSelector": sel(id="c"), "ingress": [{"from": []}]})], None, ports=NOP, podlabels=DL, flows=[(tcp("a", "b"), T),
    (tcp("a", "c"), T), (tcp("b", "a"), F)])
cil(8, "ingress on a port from an empty list of peers", DP,
    [policy("default", "p", {"podSelector": sel(id="c"), "ingress": [{"ports": [port(80)], "from": []}]})], None, ports=NOP, podlabels=DL,
    flows=[(tcp("a", "c"), T), (tcp("a", "c", 90), F)])
cil(9, "a policy without statements is a default deny of ingress", DP, [policy("default", "p", {"podSelector": {}})], None, ports=NOP, podlabels=DL,
    flows=[(tcp("a", O), T), (tcp("a", "b"), F), (tcp("b", "a"), F), (tcp("a", "c"), F), (tcp("c", "a"), F), (tcp(O, "a"), F)])
cil(10, "an empty ports entry is TCP on every port", DP, [policy("default", "p", {"podSelector": {}, "ingress": [{"ports": [{}]}]})], None,
    ports=NOP, podlabels=DL, flows=[(tcp("a", "b", 1), T), (tcp(O, "b", 65535), T), (("default/a", "default/b", "UDP", 53), F)])
MP = ["myns/frontend", "myns/backend", "myns/db", "bob/frontend", "sally/frontend"]
ML = {p: {"role": p.split("/")[1]} for p in MP}
MN = {"bob": {"user": "bob"}, "sally": {"user": "sally"}}
def m(a, b, proto, p):
    f = lambda e: e if "/" in e else "myns/"+e
    return (f(a), f(b), proto, p)
BOB, SALLY = "bob/frontend", "sally/frontend"
cil(11, "example 1a, pods of the own namespace on a port", MP, [policy("myns", "allow-frontend",
    {"podSelector": sel(role="backend"), "ingress": [{"from": [{"podSelector": sel(role="frontend")}], "ports": [port(6379, "TCP")]}]})], None,
    ports=NOP, podlabels=ML, nslabels=MN, flows=[(m("frontend", "backend", "TCP", 6379), T), (m("frontend", "backend", "UDP", 6379), F),
    (m("frontend", "backend", "TCP", 6378), F), (m(BOB, "backend", "TCP", 6379), F), (m(SALLY, "backend", "TCP", 6379), F),
    (m("db", "backend", "TCP", 6379), F)])
cil(12, "example 1b, peers in one rule and ports in another", MP, [policy("myns", "allow-frontend",
    {"podSelector": sel(role="backend"), "ingress": [{"from": [{"podSelector": sel(role="frontend")}]}, {"ports": [port(6379, "TCP")]}]})], None,
    ports=NOP, podlabels=ML, nslabels=MN, flows=[(m("frontend", "backend", "TCP", 6379), T), (m("frontend", "backend", "TCP", 1), T),
    (m("frontend", "backend", "UDP", 1), T), (m(BOB, "backend", "TCP", 6379), T), (m("db", "backend", "TCP", 6379), T),
    (m("db", "backend", "UDP", 6379), F), (m("db", "backend", "TCP", 1), F), (m(BOB, "backend", "TCP", 1), F), (m(SALLY, "backend", "TCP", 1), F)])
bob443 = policy("myns", "allow-tcp-443",
    {"podSelector": sel(role="frontend"), "ingress": [{"ports": [port(443, "TCP")], "from": [{"namespaceSelector": sel(user="bob")}]}]})
cil(13, "example 2, a namespace on a port", MP, [bob443], None, ports=NOP, podlabels=ML, nslabels=MN, flows=[(m(BOB, "frontend", "TCP", 443), T),
    (m(BOB, "frontend", "TCP", 80), F), (m(BOB, "frontend", "UDP", 443), F), (m(SALLY, "frontend", "TCP", 443), F),
    (m("backend", "frontend", "TCP", 443), F)])
cil(14, "example 3, a null podSelector", MP, [policy("myns", "allow-all", {"podSelector": None, "ingress": [{}]})], None, ports=NOP, podlabels=ML,
    nslabels=MN, flows=[(m(BOB, "frontend", "TCP", 443), T), (m(BOB, "db", "TCP", 443), T), (m("frontend", "backend", "TCP", 443), T)])
u8080 = {"ports": [port(8080, "UDP")]}
cil(15, "example 4, two policies add up", MP,
    [policy("myns", "pa", {"podSelector": sel(role="frontend"), "ingress": [{**u8080, "from": [{"namespaceSelector": sel(user="bob")}]}]}),
    policy("myns", "pb", {"podSelector": sel(role="frontend"), "ingress": [u8080, {"from": [{"namespaceSelector": sel(user="bob")}]}]})], None,
    ports=NOP, podlabels=ML, nslabels=MN, flows=[(m(BOB, "frontend", "UDP", 8080), T), (m(BOB, "frontend", "UDP", 8081), T),
    (m(SALLY, "frontend", "UDP", 8080), T), (m("db", "frontend", "UDP", 8080), T), (m(SALLY, "frontend", "UDP", 8081), F),
    (m("backend", "frontend", "UDP", 8081), F)])
RE = {"matchLabels": {"component": "redis"},
    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["cache"]}, {"key": "environment", "operator": "NotIn", "values": ["dev"]}]}
rl = lambda env: {"component": "redis", "tier": "cache", "environment": env}
cil(16, "example 5, match expressions beside a default deny", ["expressions/dev", "expressions/prod", "odev/pod", "oprod/pod"],
    [policy("expressions", "deny", ingress(to={})),
    policy("expressions", "p", {"podSelector": RE, "ingress": [{**u8080, "from": [{"namespaceSelector": RE}]}]})], None, ports=NOP,
    podlabels={"expressions/dev": rl("dev"), "expressions/prod": rl("prod"), "odev/pod": {"component": "monitoring"},
    "oprod/pod": {"component": "monitoring"}}, nslabels={"odev": rl("dev"), "oprod": rl("prod")},
    flows=[(("oprod/pod", "expressions/prod", "UDP", 8080), T), (("odev/pod", "expressions/prod", "UDP", 8080), F),
    (("expressions/dev", "expressions/prod", "UDP", 8080), F), (("oprod/pod", "expressions/dev", "UDP", 8080), F),
    (("expressions/prod", "expressions/dev", "UDP", 8080), F)])
cil(17, "two blocks with excepts in one rule", MP, [policy("myns", "p", {"podSelector": sel(role="backend"), "policyTypes": ["Egress"],
    "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.96.0.0/12", "10.255.255.254/32"]}}, {"ipBlock": {"cidr": "11.0.0.0/8", "except": ["11.96.0.0/12", "11.255.255.254/32"]}}]}]})],
    None, ports=NOP, podlabels=ML, nslabels=MN, flows=[(("myns/backend", f"ip:{ip}", "TCP", 80), v) for ip, v in (("10.1.0.1", T), ("10.100.0.1", F),
    ("10.255.255.254", F), ("10.255.255.253", T), ("11.0.0.1", T), ("11.111.0.1", F), ("11.255.255.254", F), ("12.0.0.1", F))])
cil(18, "an except with host bits, several excepts that contain each other", MP, [policy("myns", "p", {"podSelector": sel(role="backend"),
    "policyTypes": ["Egress"],
    "egress": [{"to": [{"ipBlock": {"cidr": "192.168.1.1/24", "except": ["192.168.1.1/30", "192.168.1.1/26", "192.168.1.1/28"]}}]}]})], None,
    ports=NOP, podlabels=ML, nslabels=MN, flows=[(("myns/backend", f"ip:{ip}", "TCP", 80), v) for ip, v in (("192.168.1.1", F), ("192.168.1.63", F),
    ("192.168.1.64", T), ("192.168.1.255", T), ("192.168.2.0", F))])
cil(19, "selector and namespaceSelector with labels and expressions", ["foo-namespace/web", "good/pod", "bad/pod", "good2/pod"],
    [policy("foo-namespace", "p", {"podSelector": {},
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"foo": "bar"}, "matchExpressions": [{"key": "foo", "operator": "In", "values": ["bar", "baz"]}]}, "namespaceSelector": {"matchLabels": {"ns-foo": "ns-bar"}, "matchExpressions": [{"key": "ns-foo-expression", "operator": "Exists"}]}}]}]})],
    None, ports=NOP, podlabels={"foo-namespace/web": {"app": "web"}, "good/pod": {"foo": "bar"}, "bad/pod": {"foo": "bar"},
    "good2/pod": {"foo": "baz"}}, nslabels={"good": {"ns-foo": "ns-bar", "ns-foo-expression": "x"}, "bad": {"ns-foo": "ns-bar"},
    "good2": {"ns-foo": "ns-bar", "ns-foo-expression": ""}}, flows=[(("good/pod", "foo-namespace/web", "TCP", 80), T), (("bad/pod",
    "foo-namespace/web", "TCP", 80), F), (("good2/pod", "foo-namespace/web", "TCP", 80), F)])
CL = "io.cilium.k8s.policy.cluster"
cil(20, "the cluster's key in matchLabels of a podSelector", DP, [policy("default", "p", {"podSelector": sel(id="a"),
    "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [{"podSelector": {}}]}],
    "egress": [{"to": [{"podSelector": {"matchLabels": {CL: "cluster2"}}}]}]})], None, ports=NOP, podlabels=DL, flows=[(tcp("b", "a"), T), (tcp(O,
    "a"), F), (tcp("a", "b"), F), (tcp("a", O), F)])
cil(21, "the cluster's key in an expression of a podSelector", DP, [policy("default", "p", {"podSelector": sel(id="a"), "policyTypes": ["Egress"],
    "egress": [{"to": [{"podSelector": {"matchExpressions": [{"key": CL, "operator": "In", "values": ["bar", "baz"]}]}}]}]})], None, ports=NOP,
    podlabels=DL, flows=[(tcp("a", "b"), F), (tcp("a", O), F)])

# ------------------------------------------------------------------ Calico's conversion tests
def cal(n, title, *a, **k):
    case(f"calico-{n:02d}", f"calico: {title}", *a, **k)
CP = ["default/subject", "default/peer", "default/half", "dev/peer", "dev/other"]
CLB = {"default/subject": {"label": "value", "label2": "value2"}, "default/peer": {"k": "v", "k2": "v2"}, "default/half": {"k": "v"},
    "dev/peer": {"podA": "B", "podC": "D"}, "dev/other": {"podA": "B"}}
CN = {"dev": {"namespaceRole": "dev", "namespaceFoo": "bar"}}
S = {"matchLabels": {"label": "value", "label2": "value2"}}
S1 = sel(label="value")
PEER = {"podSelector": sel(k="v", k2="v2")}
CPORTS = ((80,), ("TCP",))
def c(a, b, proto="TCP", p=80):
    f = lambda e: e if ":" in e or "/" in e else "default/"+e
    return (f(a), f(b), proto, p)
def calico(n, title, spec, flows, **k):
    cal(n, title, CP, [policy("default", "test.policy", spec)], None, ports=NOP, podlabels=CLB, nslabels=CN, flows=flows, **k)
calico(1, "ports by number and by a name that nobody declares",
    {"podSelector": S, "policyTypes": ["Ingress"], "ingress": [{"ports": [port(80), port("foo")], "from": [PEER]}]},
    [(c("peer", "subject"), T), (c("half", "subject"), F), (c("peer", "subject", "TCP", 81), F), (c("peer", "subject", "UDP", 80), F)])
calico(2, "no ports", {"podSelector": S, "policyTypes": ["Ingress"], "ingress": [{"from": [PEER]}]},
    [(c("peer", "subject"), T), (c("peer", "subject", "UDP", 53), T), (c("half", "subject"), F)])
calico(3, "a blank ports entry beside a number",
    {"podSelector": S, "policyTypes": ["Ingress"], "ingress": [{"ports": [port(80), {}], "from": [PEER]}]},
    [(c("peer", "subject", "TCP", 1), T), (c("peer", "subject", "UDP", 1), F), (c("half", "subject"), F)])
calico(4, "a blank ports entry in egress, and DNS", {"podSelector": S, "policyTypes": ["Egress"],
    "egress": [{"ports": [{}, port(80)], "to": [PEER]}, {"ports": [port(53, "UDP")]}]}, [(c("subject", "peer", "TCP", 1), T),
    (c("subject", "peer", "UDP", 1), F), (c("subject", "dev/peer", "UDP", 53), T), (c("subject", "ip:203.0.113.7", "UDP", 53), T),
    (c("subject", "ip:203.0.113.7", "TCP", 53), F)])
calico(5, "egress rules outside policyTypes", {"podSelector": S, "policyTypes": ["Ingress"], "egress": [{"ports": [port(80)], "to": [PEER]}]},
    [(c("subject", "peer"), T), (c("subject", "half"), T), (c("peer", "subject"), F)])
calico(6, "no rules", {"podSelector": S1, "policyTypes": ["Ingress"]}, [(c("peer", "subject"), F), (c("subject", "peer"), T)])
calico(7, "default deny of egress", {"podSelector": {}, "policyTypes": ["Egress"]}, [(c("subject", "peer"), F), (c("dev/peer", "subject"), T)])
calico(8, "several peers and a blank ports entry",
    {"podSelector": S1, "policyTypes": ["Ingress"], "ingress": [{"ports": [{}], "from": [{"podSelector": sel(k="v")}, {"podSelector": sel(k2="v2")}]}]},
    [(c("peer", "subject"), T), (c("half", "subject"), T), (c("dev/peer", "subject"), F)])
calico(9, "a DoesNotExist expression",
    {"podSelector": S, "policyTypes": ["Ingress"], "ingress": [{"ports": [port(80), port("foo")], "from": [{"podSelector": expr("k2", "DoesNotExist")}]}]},
    [(c("peer", "subject"), F), (c("half", "subject"), T), (c("dev/other", "subject"), F), (c("ip:203.0.113.7", "subject"), F)])
calico(10, "several peers and ports", {"podSelector": S1, "policyTypes": ["Ingress"],
    "ingress": [{"ports": [port(90, "UDP"), port(80, "TCP")], "from": [{"podSelector": sel(k="v")}, {"podSelector": sel(k2="v2")}]}]},
    [(c("peer", "subject", "UDP", 90), T), (c("half", "subject", "TCP", 80), T), (c("half", "subject", "TCP", 90), F),
    (c("half", "subject", "UDP", 80), F)])
calico(11, "an empty podSelector", {"podSelector": {}, "policyTypes": ["Ingress"]},
    [(c("peer", "subject"), F), (c("subject", "half"), F), (c("subject", "dev/peer"), T)])
calico(12, "a namespaceSelector",
    {"podSelector": S1, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {"matchLabels": CN["dev"]}}]}]},
    [(c("dev/peer", "subject"), T), (c("dev/other", "subject"), T), (c("peer", "subject"), F)])
calico(13, "an empty podSelector as peer", {"podSelector": S1, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]},
    [(c("peer", "subject"), T), (c("dev/peer", "subject"), F), (c("ip:203.0.113.7", "subject"), F)])
calico(14, "an empty namespaceSelector",
    {"podSelector": S1, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {}}}]}]},
    [(c("peer", "subject"), T), (c("dev/peer", "subject"), T), (c("ip:203.0.113.7", "subject"), F)])
calico(15, "podSelector and namespaceSelector", {"podSelector": S1, "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"namespaceSelector": {"matchLabels": CN["dev"]}, "podSelector": sel(podA="B", podC="D")}]}]},
    [(c("dev/peer", "subject"), T), (c("dev/other", "subject"), F), (c("peer", "subject"), F)])
calico(16, "podSelector with an In expression", {"podSelector": expr("k", "In", "v", "v2"), "policyTypes": ["Ingress"]},
    [(c("subject", "peer"), F), (c("subject", "half"), F), (c("peer", "subject"), T)])
calico(17, "ports alone", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [port(80, "TCP")]}]},
    [(c("peer", "subject"), T), (c("ip:203.0.113.7", "subject"), T), (c("peer", "subject", "TCP", 81), F)])
calico(18, "a range of ports alone", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [port(32000, "TCP", 32768)]}]},
    [(c("peer", "subject", "TCP", 31999), F), (c("peer", "subject", "TCP", 32000), T), (c("peer", "subject", "TCP", 32500), T),
    (c("peer", "subject", "TCP", 32768), T), (c("peer", "subject", "TCP", 32769), F)])
calico(19, "egress on a range of ports alone", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [port(32000, "TCP", 32768)]}]},
    [(c("subject", "ip:203.0.113.7", "TCP", 31999), F), (c("subject", "ip:203.0.113.7", "TCP", 32000), T),
    (c("subject", "ip:203.0.113.7", "TCP", 32768), T), (c("subject", "ip:203.0.113.7", "TCP", 32769), F)])
calico(20, "ingress from an ipBlock with excepts", {"podSelector": {}, "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"ipBlock": {"cidr": "192.168.0.0/16", "except": ["192.168.3.0/24", "192.168.4.0/24"]}}]}]},
    [(c("ip:192.168.1.1", "subject"), T), (c("ip:192.168.3.1", "subject"), F), (c("ip:192.168.4.255", "subject"), F),
    (c("ip:192.168.5.0", "subject"), T), (c("peer", "subject"), F)])
calico(21, "egress to an ipBlock with excepts and ports", {"podSelector": {}, "policyTypes": ["Egress"],
    "egress": [{"ports": [port(90, "UDP"), port(80, "TCP")],
    "to": [{"ipBlock": {"cidr": "192.168.0.0/16", "except": ["192.168.3.0/24", "192.168.4.0/24", "192.168.5.0/24"]}}]}]}, [(c("subject",
    "ip:192.168.1.1", "UDP", 90), T), (c("subject", "ip:192.168.1.1", "TCP", 80), T), (c("subject", "ip:192.168.1.1", "TCP", 90), F), (c("subject",
    "ip:192.168.5.9", "TCP", 80), F)])
calico(22, "a NotIn expression in podSelector and namespaceSelector", {"podSelector": S1, "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"namespaceSelector": expr("namespaceRole", "NotIn", "dev")},
    {"namespaceSelector": {}, "podSelector": expr("podC", "NotIn", "D", "E")}]}]}, [(c("peer", "subject"), T), (c("dev/peer", "subject"), F),
    (c("dev/other", "subject"), T)])
