"""Makes a world small: drops flows, objects, rules, peers, ports, labels, one by one, as long as what is wrong with it stays wrong."""
import copy
import json

from . import worlds as W

# What must stay for an object to mean something: a key of these goes only with the thing it stands in.
KEEP = {"key", "operator", "podSelector", "namespaceSelector", "cidr", "containerPort", "policyTypes", "tier", "priority", "subject", "action", "image"}
WHOLE = {"portNumber", "portRange", "range"}        # of these nothing can go
ALONE = {"pods", "namespaces", "networks", "nodes", "portNumber", "portRange", "namedPort", "destinationNamedPort", "tcp", "udp", "sctp",
         "destinationPort", "number", "range"}      # these cannot go when they are all there is
FULL_LISTS = ("values", "containers", "from", "to", "policyTypes")     # lists that must not become empty: an empty one means something else
PARTS = {"Pod": [("metadata", "labels"), ("spec", "containers"), ("spec", "initContainers")], "Namespace": [("metadata", "labels")],
         "Node": [("metadata", "labels")]}


def shrink(world, still_wrong):
    """The smallest world found. still_wrong: worlds -> one bool each; it is asked for many worlds at once, and of the given world it holds."""
    while True:
        smaller = list(reductions(world))
        good = [w for w, wrong in zip(smaller, still_wrong(smaller)) if wrong] if smaller else []
        if not good:
            return world
        world = min(good, key=lambda w: len(json.dumps(w)))


def reductions(world):
    """Worlds with one thing less, boldest first."""
    objects = world["objects"]
    for option in world.get("options") or {}:
        yield {**world, "options": {k: v for k, v in world["options"].items() if k != option}}
    for i, o in enumerate(objects):
        if not needed(world, o):
            yield {**world, "objects": objects[:i] + objects[i + 1:]}
    for i, o in enumerate(objects):
        for path in PARTS.get(o["kind"], [("spec",)]):
            for new in smaller_at(o, path):
                yield {**world, "objects": objects[:i] + [new] + objects[i + 1:]}


def needed(world, o):
    ends = {end for flow in world["flows"] for end in flow[:2]}
    name = o["metadata"]["name"]
    if o["kind"] == "Pod":
        return W.pod_key(o) in ends
    if o["kind"] == "Namespace":
        return name in {x["metadata"].get("namespace") for x in world["objects"]}
    if o["kind"] == "Node":
        return f"node:{name}" in ends or name in {x["spec"].get("nodeName") for x in world["objects"] if x["kind"] == "Pod"}
    return False


def smaller_at(o, path):
    place = o
    for step in path[:-1]:
        place = place[step]
    for value in drop(place.get(path[-1], {}), path[-1]):
        new = copy.deepcopy(o)
        place = new
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        if new["kind"] == "Namespace":
            new["metadata"]["labels"].setdefault("kubernetes.io/metadata.name", new["metadata"]["name"])
        if new != o and not (new["kind"] == "Pod" and not new["spec"]["containers"]):
            yield new


def drop(value, name):
    """The value with one thing less, at any depth."""
    if isinstance(value, dict):
        for k in list(value):
            if may_go(value, name, k):
                yield {x: v for x, v in value.items() if x != k}
            for smaller in drop(value[k], k):
                yield {**value, k: smaller}
    elif isinstance(value, list):
        for i in range(len(value)):
            if len(value) > 1 or name not in FULL_LISTS:
                yield value[:i] + value[i + 1:]
            for smaller in drop(value[i], name):
                yield value[:i] + [smaller] + value[i + 1:]


def may_go(value, name, key):
    loose = key == "policyTypes" or (key in ("podSelector", "namespaceSelector") and name in ("from", "to") and len(value) > 1)
    bound = key == "name" and "image" in value or key in ("from", "to") and "action" in value or name in WHOLE or len(value) == 1 and key in ALONE
    return (key not in KEEP or loose) and not bound
