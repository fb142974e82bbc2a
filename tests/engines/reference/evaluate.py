#!/usr/bin/env python3
"""The text of networking.k8s.io/v1 NetworkPolicy, as plain code: worlds on stdin, answers on stdout (form: ../README.md).

Hand-written from the API's words, apart from encodings/ and from src/: the independent second opinion on the profile `kubernetes`.

    evaluate.py < worlds.jsonl > answers.jsonl          engine name: kubernetes@spec

It is meant to be read next to the specification, not to be fast. Other policy kinds are ignored. Where the specification is open it
takes the side named here, or answers `?`:
  - policies that API validation refuses are left out and listed in problems; defaulting is done (policyTypes, protocol)
  - a pod cannot block access to itself: allow at both ends
  - host-network pods: no policy applies to them and no selector finds them; their traffic is their node's
  - from the pod's own node (or a host-network pod there): ingress allowed. To the pod's own node: `?` where no rule allows it, as the
    field text and the documentation page disagree. Other nodes are addresses like any other
  - protocols other than TCP, UDP and SCTP: `?` where the pod is isolated
  - pods that have ended (Succeeded, Failed) are not found by selectors and their address is nobody's
  - a port name that two containers of a pod give to different numbers of one protocol means both; init containers count when they
    are sidecars (restartPolicy Always)
"""
import ipaddress
import json
import re
import sys

# Readings that depart from the API's words; all off.
READING = {"NotIn needs the key": False, "an empty value matches an absent key": False}
CYCLONUS = dict.fromkeys(READING, True)              # pkg/kube/labelselector.go of cyclonus
PROTOCOLS = ("TCP", "UDP", "SCTP")
LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


# ----------------------------------------------------------------------------------------------------- validation of the API server
class Refused(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Refused(message)


def check_key(key):
    prefix, slash, name = key.rpartition("/")
    check(LABEL_NAME.fullmatch(name) and (not slash or SUBDOMAIN.fullmatch(prefix)), f"label key {key!r}")


def check_selector(selector):
    for key, value in (selector.get("matchLabels") or {}).items():
        check_key(key)
        check(value == "" or LABEL_NAME.fullmatch(value), f"label value {value!r}")
    for e in selector.get("matchExpressions") or []:
        check_key(e["key"])
        check(e["operator"] in ("In", "NotIn", "Exists", "DoesNotExist"), f"operator {e['operator']!r}")
        check(bool(e.get("values")) == (e["operator"] in ("In", "NotIn")), "values and operator do not fit")


def check_port(entry):
    check(entry.get("protocol") is None or entry["protocol"] in PROTOCOLS, f"protocol {entry.get('protocol')!r}")
    port, end = entry.get("port"), entry.get("endPort")
    if isinstance(port, int):
        check(1 <= port <= 65535, f"port {port}")
    elif isinstance(port, str):
        check(re.fullmatch(r"[-a-z0-9]{1,15}", port) and re.search(r"[a-z]", port) and "--" not in port
              and port[0] != "-" and port[-1] != "-", f"port name {port!r}")
    if end is not None:
        check(isinstance(port, int), "endPort without a numeric port")
        check(port <= end <= 65535, "endPort below port")


def check_peer(peer):
    block = peer.get("ipBlock")
    selectors = [peer[s] for s in ("podSelector", "namespaceSelector") if peer.get(s) is not None]
    check(block is not None or selectors, "empty peer")
    check(block is None or not selectors, "ipBlock and a selector in one peer")
    for selector in selectors:
        check_selector(selector)
    if block is not None:
        cidr = network(block["cidr"])
        for e in block.get("except") or []:
            inner = network(e)
            check(inner.version == cidr.version and inner.prefixlen > cidr.prefixlen and inner.subnet_of(cidr), f"except {e} is not strictly inside {cidr}")


def check_policy(spec):
    check_selector(spec.get("podSelector") or {})
    types = spec.get("policyTypes") or []
    check(len(types) <= 2 and set(types) <= {"Ingress", "Egress"}, "policyTypes")
    for section, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(section) or []:
            for entry in rule.get("ports") or []:
                check_port(entry)
            for peer in rule.get(peers) or []:
                check_peer(peer)


def network(text):
    return ipaddress.ip_network(text, strict=False)


# ------------------------------------------------------------------------------------------------------------------------ selectors
def selects(selector, labels):
    """A present label selector; an absent one is the caller's business."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value and not (READING["an empty value matches an absent key"] and value == "" and key not in labels):
            return False
    for e in selector.get("matchExpressions") or []:
        key, operator = e["key"], e["operator"]
        if operator == "In" and not (key in labels and labels[key] in e["values"]):
            return False
        if operator == "NotIn" and key in labels and labels[key] in e["values"]:
            return False
        if operator == "NotIn" and key not in labels and READING["NotIn needs the key"]:
            return False
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
    return True


# ------------------------------------------------------------------------------------------------------------------------- the world
class Pod:
    def __init__(self, obj):
        self.name, self.namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
        self.labels = obj["metadata"].get("labels") or {}
        spec, status = obj["spec"], obj["status"]
        self.node, self.host = spec.get("nodeName"), bool(spec.get("hostNetwork"))
        self.ended = status.get("phase") in ("Succeeded", "Failed")
        self.addresses = [a["ip"] for a in status.get("podIPs") or [{"ip": status["podIP"]}]]
        sidecars = [c for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
        self.ports = {(p["name"], p.get("protocol", "TCP"), p["containerPort"])
                      for c in sidecars + spec["containers"] for p in c.get("ports") or [] if p.get("name")}


class End:
    """One end of a flow: a pod that selectors can find, or just addresses (and perhaps the node they belong to)."""
    def __init__(self, pod=None, addresses=(), node=None):
        self.pod, self.addresses, self.node = pod, [ipaddress.ip_address(a) for a in addresses], node


class World:
    def __init__(self, objects):
        by_kind = lambda kind: [o for o in objects if o["kind"] == kind]
        self.namespaces = {o["metadata"]["name"]: {**(o["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": o["metadata"]["name"]}
                           for o in by_kind("Namespace")}
        self.nodes = {o["metadata"]["name"]: [a["address"] for a in o["status"]["addresses"] if a["type"] == "InternalIP"] for o in by_kind("Node")}
        self.pods = {f"{p.namespace}/{p.name}": p for p in map(Pod, by_kind("Pod"))}
        self.policies, self.problems = [], []
        for o in by_kind("NetworkPolicy"):
            ns, name = o["metadata"]["namespace"], o["metadata"]["name"]
            try:
                check_policy(o["spec"])
                self.policies.append((ns, with_defaults(o["spec"])))
            except Refused as refused:
                self.problems.append({"object": f"NetworkPolicy/{ns}/{name}", "message": str(refused)})

    def end(self, text):
        if text.startswith("ip:"):
            return End(addresses=[text[3:]])
        if text.startswith("node:"):
            return End(addresses=self.nodes[text[5:]], node=text[5:])
        pod = self.pods[text]
        if pod.host:
            return End(addresses=pod.addresses, node=pod.node)
        return End(pod=None if pod.ended else pod, addresses=pod.addresses)


def with_defaults(spec):
    spec = dict(spec)
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return spec


# ----------------------------------------------------------------------------------------------------------------------- the verdict
def peer_matches(world, peer, namespace, other, address):
    block = peer.get("ipBlock")
    if block is not None:
        inside = lambda cidr: address.version == network(cidr).version and address in network(cidr)
        return inside(block["cidr"]) and not any(inside(e) for e in block.get("except") or [])
    if other.pod is None:
        return False
    pods, namespaces = peer.get("podSelector"), peer.get("namespaceSelector")
    if namespaces is None:
        if other.pod.namespace != namespace:
            return False
    elif not selects(namespaces, world.namespaces[other.pod.namespace]):
        return False
    return pods is None or selects(pods, other.pod.labels)


def port_matches(entry, destination, protocol, port):
    if (entry.get("protocol") or "TCP") != protocol:
        return False
    wanted = entry.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return destination.pod is not None and (wanted, protocol, port) in destination.pod.ports
    return wanted <= port <= (entry.get("endPort") or wanted)


def isolating(world, direction, pod):
    """The policies (namespace and spec) that select this pod for this direction."""
    return [(ns, spec) for ns, spec in world.policies
            if ns == pod.namespace and selects(spec.get("podSelector") or {}, pod.labels) and direction in spec["policyTypes"]]


def one_side(world, direction, pod, other, address, destination, protocol, port):
    """The verdict at one pod: other is the far end, at this address; destination is the end that receives the connection."""
    section, peers = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}[direction]
    mine = isolating(world, direction, pod)
    if not mine or other.pod is pod:
        return "allow"
    own_node = other.node is not None and other.node == pod.node
    if own_node and direction == "Ingress":
        return "allow"
    if protocol not in PROTOCOLS:
        return "?"
    for ns, spec in mine:
        for rule in spec.get(section) or []:
            if ((not rule.get(peers) or any(peer_matches(world, p, ns, other, address) for p in rule[peers])) and
                    (not rule.get("ports") or any(port_matches(e, destination, protocol, port) for e in rule["ports"]))):
                return "allow"
    return "?" if own_node else "deny"


def verdict(world, flow, one_side=one_side):
    source, destination = world.end(flow[0]), world.end(flow[1])
    protocol, port = flow[2], flow[3]
    shared = [v for v in (4, 6) if all(any(a.version == v for a in e.addresses) for e in (source, destination))]
    if not shared:
        return ["?", "?"]
    at = lambda end: next(a for a in end.addresses if a.version == shared[0])
    egress = one_side(world, "Egress", source.pod, destination, at(destination), destination, protocol, port) if source.pod else "-"
    ingress = one_side(world, "Ingress", destination.pod, source, at(source), destination, protocol, port) if destination.pod else "-"
    return [egress, ingress]


def answer(line):
    world = World(line["objects"])
    return {"id": line["id"], "engine": "kubernetes@spec", "verdicts": [verdict(world, f) for f in line["flows"]], "problems": world.problems}


if __name__ == "__main__":
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(answer(json.loads(line)), separators=(",", ":")))
