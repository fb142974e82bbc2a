"""Flows that nobody wrote down: fresh pods with labels from the policies' vocabulary, fresh namespaces, ports and addresses at the edges."""
import copy
import ipaddress
import random

from . import worlds as W

PROTOCOLS = ("TCP", "UDP", "SCTP")


def walk(value, key=""):
    """Every (key, scalar) below, lists taken as values of their key."""
    if isinstance(value, dict):
        for k, v in value.items():
            yield from walk(v, k)
    elif isinstance(value, list):
        for v in value:
            yield from walk(v, key)
    else:
        yield key, value


def selectors(value):
    """Every label selector below."""
    if isinstance(value, dict):
        if "matchLabels" in value or "matchExpressions" in value:
            yield value
        for v in value.values():
            yield from selectors(v)
    elif isinstance(value, list):
        for v in value:
            yield from selectors(v)


class Vocabulary:
    """What the policies of a world mention."""

    def __init__(self, world):
        self.labels, self.ports, self.names, self.blocks = {}, {80}, set(), []
        for policy in W.policies_of(world):
            for selector in selectors(policy.get("spec")):
                for key, value in (selector.get("matchLabels") or {}).items():
                    self.labels.setdefault(key, set()).add(value)
                for e in selector.get("matchExpressions") or []:
                    self.labels.setdefault(e["key"], set()).update(e.get("values") or [])
            for key, value in walk(policy.get("spec")):
                if key in ("port", "endPort") and isinstance(value, int):
                    self.ports.add(value)
                elif key == "port" and isinstance(value, str):
                    self.names.add(value)
                elif key in ("cidr", "except"):
                    try:
                        self.blocks.append(ipaddress.ip_network(value, strict=False))
                    except ValueError:
                        pass
        for pod in W.pods_of(world).values():
            for c in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
                self.ports.update(p["containerPort"] for p in c.get("ports", []))
        for o in world["objects"]:
            if o["kind"] in ("Pod", "Namespace"):
                for key, value in (o["metadata"].get("labels") or {}).items():
                    self.labels.setdefault(key, set()).add(value)

    def some_labels(self, rng, reserved="kubernetes.io/metadata.name"):
        """Each key absent, one of its values, or one that nobody mentions."""
        return {k: rng.choice([*sorted(v), "fresh"]) for k, v in sorted(self.labels.items()) if k != reserved and rng.random() < 0.55}

    def port(self, rng):
        at = rng.choice(sorted(self.ports))
        return min(65535, max(1, at + rng.choice((-1, 0, 0, 0, 1)))) if rng.random() < 0.9 else rng.randint(1, 65535)


def families(world):
    nodes = [a["address"] for o in world["objects"] if o["kind"] == "Node" for a in o["status"]["addresses"] if a["type"] == "InternalIP"]
    return sorted({ipaddress.ip_address(a).version for a in nodes}) or [4]


def usable(address):
    return not (address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified or
                address.version == 4 and (int(address) >> 28 >= 14 or int(address) >> 24 == 0) or
                address.version == 6 and (int(address) >> 96 == 0 or address.ipv4_mapped is not None))


def extended(world, seed, pods=12, namespaces=2, addresses=24):
    """The world with fresh namespaces and pods, and the external addresses to try: ((world, ends by name))."""
    rng, words = random.Random(f"{world['id']}/{seed}"), Vocabulary(world)
    new = copy.deepcopy({**world, "flows": []})
    versions = families(world)
    homes = [o["metadata"]["name"] for o in new["objects"] if o["kind"] == "Namespace"]
    nodes = [o["metadata"]["name"] for o in new["objects"] if o["kind"] == "Node"]
    fresh, taken = [], {a["ip"] for p in W.pods_of(new).values() for a in p["status"].get("podIPs", [])}
    for i in range(namespaces):
        name = f"fresh-{i}"
        fresh.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {**words.some_labels(rng), "kubernetes.io/metadata.name": name}}})
    homes += [o["metadata"]["name"] for o in fresh]
    for i in range(pods):
        fresh.append(fresh_pod(f"fresh-{i}", rng, words, homes, nodes, versions, taken))
    taken |= {a["address"] for o in new["objects"] if o["kind"] == "Node" for a in o["status"]["addresses"]}
    at = next((i for i, o in enumerate(new["objects"]) if o["kind"] not in W.PLAIN_KINDS), len(new["objects"]))
    new["objects"][at:at] = fresh
    outside = external(rng, words, versions, taken, addresses)
    return new, outside, words, rng


def fresh_pod(name, rng, words, homes, nodes, versions, taken):
    """A pod at an address of its node that nobody has; the address is added to those taken."""
    ports, names = [], sorted(words.names)
    for port_name in rng.sample(names, min(len(names), rng.randint(0, 2))):
        ports.append({"name": port_name, "containerPort": words.port(rng), "protocol": rng.choice(PROTOCOLS[:2])})
    node = rng.choice(nodes)
    on = nodes.index(node) + 1
    ips = next(found for found in ([{4: f"10.244.{on}.{n}", 6: f"fd00:10:244:{on}::{n:x}"}[v] for v in versions] for n in range(100, 255)) if not taken & set(found))
    taken.update(ips)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": rng.choice(homes), "labels": words.some_labels(rng)},
            "spec": {"nodeName": node, "serviceAccountName": "default", "containers": [{"name": "main", "image": "img", "ports": ports}]},
            "status": {"phase": "Running", "podIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]}}


def external(rng, words, versions, taken, most):
    """Addresses on and just off the edges of the blocks that policies name, and some others."""
    edges = {ipaddress.ip_address(a) for a in ("203.0.113.7", "8.8.8.8", "10.0.3.7", "2001:db8::7", "fd00:99::1")}
    for net in words.blocks:
        make, top = type(net.network_address), (1 << net.max_prefixlen) - 1
        first, last = int(net.network_address), int(net.broadcast_address)
        edges.update(make(n) for n in (first - 1, first, last, last + 1, (first + last) // 2) if 0 < n < top)
    pods_nets = [ipaddress.ip_network("10.244.0.0/16"), ipaddress.ip_network("fd00:10:244::/48")]
    good = sorted((a for a in edges if a.version in versions and str(a) not in taken and usable(a) and not any(a.version == n.version and a in n for n in pods_nets)),
                  key=lambda a: (a.version, int(a)))
    return [f"ip:{a}" for a in rng.sample(good, min(most, len(good)))]


def random_flows(world, outside, words, rng, count, sctp=True):
    """`count` different flows between pods of different names, from and to the outside and nodes."""
    pods = [name for name, p in W.pods_of(world).items() if p["status"].get("phase") == "Running" and not p["spec"].get("hostNetwork")]
    nodes = [f"node:{o['metadata']['name']}" for o in world["objects"] if o["kind"] == "Node"]
    protocols = PROTOCOLS if sctp else PROTOCOLS[:2]
    flows, tries = set(), 0
    while len(flows) < count and tries < 20 * count:
        tries += 1
        others = pods if rng.random() < 0.6 or not outside else outside if rng.random() < 0.8 else nodes
        a, b = rng.choice(pods), rng.choice(others)
        if others is not pods and rng.random() < 0.5:
            a, b = b, a
        if a != b:
            flows.add((a, b, rng.choice(protocols), words.port(rng)))
    return [list(f) for f in sorted(flows)]
