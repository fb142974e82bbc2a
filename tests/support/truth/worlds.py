"""Worlds: small clusters with policies and flows, one JSON object a line; answers: one verdict pair a flow, one line a world.

The form is described in tests/engines/README.md. Files may be xz-packed.
"""
import dataclasses
import io
import json
import lzma
import pathlib

SIDES = ("egress", "ingress")
PLAIN_KINDS = {"Namespace", "Node", "Pod", "Service", "ServiceAccount", "EndpointSlice"}


def open_text(path):
    path = pathlib.Path(path)
    return lzma.open(path, "rt") if path.suffix == ".xz" else open(path)


def read_lines(path):
    """The JSON objects of a file of lines, lazily."""
    with open_text(path) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def dump_line(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def dump_lines(values):
    return "".join(dump_line(value) + "\n" for value in values)


def write_lines(path, rows):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (lzma.open(path, "wt", preset=9 | lzma.PRESET_EXTREME) if path.suffix == ".xz" else open(path, "w")) as out:
        for row in rows:
            out.write(dump_line(row) + "\n")


def name_of(obj):
    """`Kind/namespace/name`, the namespace left out where there is none."""
    meta = obj["metadata"]
    return "/".join(filter(None, (obj["kind"], meta.get("namespace"), meta["name"])))


def pod_key(pod):
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def pods_of(world):
    return {pod_key(o): o for o in world["objects"] if o["kind"] == "Pod"}


def policies_of(world):
    return [o for o in world["objects"] if o["kind"] not in PLAIN_KINDS]


def only_network_policies(world):
    """Whether every object that carries policy is a networking.k8s.io NetworkPolicy."""
    return all(o["kind"] == "NetworkPolicy" and str(o.get("apiVersion", "")).startswith("networking.k8s.io/") for o in policies_of(world))


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an end is: its first address, its node, and whether it uses the node's own network."""
    address: str | None = None
    node: str | None = None
    host: bool = False


def places(world):
    found = {}
    for o in world["objects"]:
        if o["kind"] == "Pod":
            found[pod_key(o)] = Place((o.get("status") or {}).get("podIP"), o["spec"].get("nodeName"), bool(o["spec"].get("hostNetwork")))
        elif o["kind"] == "Node":
            found[f"node:{o['metadata']['name']}"] = Place(None, o["metadata"]["name"], True)
    return found


HOST_FIRST = ("calico@", "kube-network-policies@", "cyclonus@")


def hidden(world, engine):
    """The ends that no packet ever asks, though an engine's policy code answers them: flow number -> (egress, ingress).

    - a pod to itself (the same pod, or the same address): the flow never leaves the pod;
    - a node, or a host-network pod on it, to a pod on that node, where the CNI lets it in before any policy;
    - SCTP where Cilium's option for it is off: the datapath drops it before policy.
    """
    where, out = places(world), {}
    no_sctp = engine.startswith("cilium@") and (world.get("options") or {}).get("cilium.enable-sctp") != "true"
    for number, (source, destination, protocol, *_) in enumerate(world["flows"]):
        a, b = where.get(source, Place()), where.get(destination, Place())
        if source == destination or (a.address and a.address == b.address) or (no_sctp and protocol == "SCTP"):
            out[number] = (True, True)
        elif engine.startswith(HOST_FIRST) and a.host and a.node == b.node:
            out[number] = (False, True)
    return out


def mask(verdicts, ends):
    """Verdicts with `?` at the ends that are hidden()."""
    out = list(verdicts)
    for number, sides in ends.items():
        out[number] = ["?" if gone else v for gone, v in zip(sides, out[number])]
    return out


def flows_csv(world):
    """The flows in the form that `npverify eval --flows` reads."""
    out = io.StringIO()
    out.write("source,destination,protocol,port\n")
    for flow in world["flows"]:
        out.write(",".join(map(str, flow)) + "\n")
    return out.getvalue()


def as_list(world):
    """The objects as one `List`, as `kubectl get -o json` prints them."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": world["objects"]})
