#!/usr/bin/env python3
"""Holds `npverify list --cni kubernetes` against what another tool says of the same manifests.

    NETWORK_CONFIG_ANALYZER=.../nca tests/peers/compare.py --npverify BINARY --worlds 100 [--seed 1]    random worlds
    NETPOL_ANALYZER=.../netpolicy   tests/peers/compare.py --npverify BINARY --folder manifests/        a folder
    tests/peers/compare.py --npverify BINARY --folder manifests/ --expected connlist_output.txt         a peer's published answer
    tests/peers/compare.py --npverify BINARY --kept tests/peers/kept                                    answers kept beside their worlds

Peers: np-guard's netpol-analyzer (`list`, text) and network-config-analyzer (`--connectivity`, txt_no_fw_rules), run where a variable names their
program. Both print a line a connection, of workloads and of ranges of addresses outside.

Two workloads agree where the peer allows all that npverify allows and nothing that npverify denies, on every port of TCP, UDP and SCTP. What
npverify calls `depends` or `unknown` is counted apart: the peer knows neither nodes nor the addresses of pods and says one or the other. Addresses
outside are compared at both sides of every edge that either answer has. Left out, since the peers do: a workload and itself, nodes, ICMP; and addresses that no packet comes from, which the peers list.

Exit: 0 no difference, 1 differences, 2 no peer.
"""
import argparse
import collections
import csv
import io
import ipaddress
import os
import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import manifests  # noqa: E402
from truth.verifier import Verifier  # noqa: E402

PROTOCOLS = ("TCP", "UDP", "SCTP")
EVERYTHING = {protocol: ((1, 65535),) for protocol in PROTOCOLS}


def ports_of(text):
    """"80,443-445" as intervals."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if first.isdigit():                       # a name that no pod has stands in the answer of netpol-analyzer
            found.append((max(1, int(first)), int(last or first)))
    return tuple(found)


def covered(intervals):
    """Disjoint and sorted."""
    out = []
    for first, last in sorted(intervals):
        if out and first <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return out


def minus(a, b):
    """What of the intervals `a` is in none of `b`."""
    out = []
    for first, last in covered(a):
        for other_first, other_last in covered(b):
            if other_last < first or other_first > last:
                continue
            if other_first > first:
                out.append((first, other_first - 1))
            first = other_last + 1
        if first <= last:
            out.append((first, last))
    return out


class Answer:
    """Intervals of ports by (source, destination, protocol); ends are `namespace/name` or ranges of addresses."""

    def __init__(self):
        self.workloads = collections.defaultdict(list)
        self.outside = collections.defaultdict(list)   # (workload, "to" or "from", protocol) -> [(first address, last address, intervals)]
        self.names = set()

    def add(self, source, destination, protocol, intervals):
        ranges = [end for end in (source, destination) if isinstance(end, tuple)]
        self.names.update(end for end in (source, destination) if isinstance(end, str))
        if len(ranges) == 2 or not intervals:
            return
        if not ranges:
            self.workloads[source, destination, protocol].extend(intervals)
        elif ranges[0] == source:
            self.outside[destination, "from", protocol].append((*source, intervals))
        else:
            self.outside[source, "to", protocol].append((*destination, intervals))

    def at(self, workload, side, protocol, address):
        return [interval for first, last, intervals in self.outside.get((workload, side, protocol), ()) if first <= address <= last for interval in intervals]


def range_of(text):
    if "/" in text:
        network = ipaddress.ip_network(text)
        return int(network[0]), int(network[-1])
    first, _, last = text.partition("-")
    return int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last or first))


EVERY_ADDRESS = range_of("0.0.0.0/0")
NEVER_OUTSIDE = [range_of(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0-255.255.255.255")]  # no packet of another machine has them


def our_end(text):
    if text == "nodes":
        return None
    if text == "external":
        return EVERY_ADDRESS
    if text.startswith("ip:"):
        return None if ":" in text[3:] else range_of(text[3:])
    namespace, _, name = text.split("/")
    return f"{namespace}/{name}"


def ours(verifier, folder):
    """What npverify allows, and what it leaves open."""
    done = verifier.run("list", "--cni", "kubernetes", "-f", folder, "--format", "csv", accept=(0, 3))
    allowed, open_ = Answer(), Answer()
    for row in csv.DictReader(io.StringIO(done.stdout)):
        source, destination = our_end(row["source"]), our_end(row["destination"])
        if source is not None and destination is not None:
            (allowed if row["verdict"] == "allow" else open_).add(source, destination, row["protocol"], ports_of(row["ports"]))
    return allowed, open_


def peer_end(text):
    text = text.strip()
    if re.fullmatch(r"[0-9.]+(-[0-9.]+|/[0-9]+)?", text):
        return range_of(text)
    return re.sub(r"\[.*\]$", "", text) if "/" in text else None      # ingress-controller and the like


def connections_of(text):
    """(protocol, intervals) of "All Connections", "TCP 80,443,UDP 53" or "{protocols:TCP,dst_ports:80}"."""
    if text.lower().startswith("all connections"):
        yield from EVERYTHING.items()
    elif text.startswith("{"):
        for cube in re.findall(r"\{([^}]*)\}", text):
            fields = dict(part.split(":", 1) for part in re.split(r",(?=[a-z_]+:)", cube))
            for protocol in PROTOCOLS:
                if protocol in re.split(r",\s*", fields.get("protocols", "TCP,UDP,SCTP")):
                    yield protocol, ports_of(fields["dst_ports"]) if "dst_ports" in fields else EVERYTHING[protocol]
    else:
        protocol = None
        for part in text.split(","):
            word, _, rest = part.strip().rpartition(" ")
            protocol = word or (part.strip() if part.strip() in PROTOCOLS else protocol)
            yield protocol, EVERYTHING["TCP"] if part.strip() in PROTOCOLS else ports_of(rest)


def theirs(text):
    answer = Answer()
    for line in text.splitlines():
        found = re.fullmatch(r"(\S+) => (\S+) : (.+)", line.strip())
        if not found:
            continue
        source, destination = peer_end(found[1]), peer_end(found[2])
        for protocol, intervals in connections_of(found[3]) if source is not None and destination is not None else ():
            answer.add(source, destination, protocol, intervals)
    return answer


def peers():
    """Of each peer that is installed: its name, and a function from a folder to its text."""
    def run(*command):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600)
        return done.stdout if " => " in done.stdout else done.stdout + done.stderr
    analyzer, checker = (shlex.split(os.environ.get(name) or "") for name in ("NETPOL_ANALYZER", "NETWORK_CONFIG_ANALYZER"))
    if analyzer:
        yield "netpol-analyzer", lambda folder: run(*analyzer, "list", "--dirpath", folder, "-q")
    if checker:
        yield "network-config-analyzer", lambda folder: run(*checker, "--connectivity", folder, "-p", folder, "-n", folder, "-o", "txt_no_fw_rules")


class Comparison:
    def __init__(self, verifier):
        self.verifier, self.counts, self.differences = verifier, collections.Counter(), 0

    def hold(self, where, folder, peer, text):
        if " => " not in text:
            self.counts["not answered by the peer"] += 1
            print(f"{where}: {peer} has no answer: {text.strip()[-200:]}", flush=True)
            return
        allowed, open_ = ours(self.verifier, folder)
        other = theirs(text)
        names = sorted(allowed.names | open_.names | other.names)
        for a in names:
            for b in names:
                if a != b:
                    for protocol in PROTOCOLS:
                        key = (a, b, protocol)
                        self.one(where, peer, f"{a} -> {b} {protocol}", *(answer.workloads.get(key, ()) for answer in (allowed, open_, other)))
        for name in names:
            for side in ("to", "from"):
                for protocol in PROTOCOLS:
                    edges = {edge for answer in (allowed, open_, other) for first, last, _ in answer.outside.get((name, side, protocol), ()) for edge in (first - 1, first, last, last + 1)}
                    for address in sorted(edge for edge in edges if 0 <= edge < 2**32 and not any(first <= edge <= last for first, last in NEVER_OUTSIDE)):
                        shown = f"{name} {side} {ipaddress.ip_address(address)} {protocol}"
                        self.one(where, peer, shown, *(answer.at(name, side, protocol, address) for answer in (allowed, open_, other)))

    def one(self, where, peer, what, allowed, open_, other):
        self.counts["compared"] += 1
        self.counts["with ports that depend"] += bool(open_)
        missing, excess = minus(allowed, other), minus(minus(other, allowed), open_)
        for ports, verdict, against in ((missing, "allow", "deny"), (excess, "deny", "allow")):
            if ports:
                self.differences += 1
                print(f"{where}: {what} {ports}: npverify {verdict}, {peer} {against}", flush=True)


    def end(self, folders):
        print(f"{folders} folders, {dict(self.counts)}, {self.differences} differences")
        return 1 if self.differences or self.counts["compared"] == 0 else 0


# ------------------------------------------------------------------------------------------------------------------------------ random worlds
class World:
    """Namespaces, Deployments and NetworkPolicies in the form that every tool reads. Blocks lie outside the cluster."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def labels(self):
        return {key: self.random.choice("ab") for key in ("app", "tier") if self.random.random() < 0.7} or {"app": "c"}

    def selector(self):
        roll = self.random.random()
        if roll < 0.15:
            return {}
        if roll < 0.6:
            return {"matchLabels": {self.random.choice(("app", "tier")): self.random.choice("abc")}}
        operator = self.random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
        expression = {"key": self.random.choice(("app", "tier")), "operator": operator}
        if operator in ("In", "NotIn"):
            expression["values"] = sorted(self.random.sample("abc", self.random.randint(1, 2)))
        return {"matchExpressions": [expression]}

    def peer(self):
        roll = self.random.random()
        if roll < 0.25:
            third = self.random.randrange(4)
            block = {"cidr": f"203.0.{third * 16}.0/20"}
            if self.random.random() < 0.5:
                block["except"] = [f"203.0.{third * 16 + self.random.randrange(16)}.0/24"]
            return {"ipBlock": block}
        peer = {}
        if roll < 0.75:
            peer["podSelector"] = self.selector()
        if roll > 0.5:
            peer["namespaceSelector"] = {} if self.random.random() < 0.3 else {"matchLabels": {"team": self.random.choice("xy")}}
        return peer

    def port(self):
        roll = self.random.random()
        protocol = self.random.choice(PROTOCOLS)
        if roll < 0.15:
            return {"protocol": protocol}
        if roll < 0.35:
            return {"port": self.random.choice(("http", "dns", "none")), **({"protocol": protocol} if self.random.random() < 0.7 else {})}
        port = {"protocol": protocol, "port": self.random.choice((53, 80, 443, 8080))}
        return {**port, "endPort": port["port"] + self.random.randrange(100)} if roll > 0.8 else port

    def rule(self, side):
        rule = {}
        if self.random.random() < 0.85:
            rule[side] = [self.peer() for _ in range(self.random.randint(1, 2))]
        if self.random.random() < 0.7:
            rule["ports"] = [self.port() for _ in range(self.random.randint(1, 2))]
        # A name has no meaning where no pod is at the far end; the tools refuse it.
        if side == "to" and any("ipBlock" in peer for peer in rule.get("to", [{"ipBlock": {}}])):
            rule["ports"] = [port for port in rule.get("ports", []) if not isinstance(port.get("port"), str)] or [{"protocol": "TCP", "port": 443}]
        return rule

    def objects(self):
        names = ("one", "two", "three")
        for number, name in enumerate(names):
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": "xyx"[number], "kubernetes.io/metadata.name": name}}}
        for number in range(6):
            labels = self.labels()
            ports = [{"name": name, "containerPort": self.random.choice((80, 8080, 53)), "protocol": self.random.choice(PROTOCOLS)} for name in ("http", "dns") if self.random.random() < 0.6]
            template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "image", **({"ports": ports} if ports else {})}]}}
            yield {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"w{number}", "namespace": names[number % 3]}, "spec": {"selector": {"matchLabels": labels}, "template": template}}
        for number in range(self.random.randint(1, 5)):
            types = self.random.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
            spec = {"podSelector": self.selector(), "policyTypes": types}
            for kind, field, side in (("Ingress", "ingress", "from"), ("Egress", "egress", "to")):
                if kind in types:
                    spec[field] = [self.rule(side) for _ in range(self.random.randint(0, 2))]
            yield {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": f"np{number}", "namespace": self.random.choice(names)}, "spec": spec}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", action="append", default=[])
    parser.add_argument("--expected", help="a text that a peer printed for --folder")
    parser.add_argument("--kept", type=pathlib.Path, help="folders of a world.yaml and the answer of a peer to it, PEER.txt")
    parser.add_argument("--keep", type=pathlib.Path, help="write the random worlds here")
    options = parser.parse_args()
    comparison = Comparison(Verifier(options.npverify))
    installed = [("the expected answer", lambda folder: pathlib.Path(options.expected).read_text())] if options.expected else list(peers())
    if options.kept:
        for answer in sorted(options.kept.glob("*/*.txt")):
            comparison.hold(answer.parent.name, answer.parent / "world.yaml", answer.stem, answer.read_text())
        return comparison.end(len(list(options.kept.glob("*/*.txt"))))
    if not installed:
        print("no peer: name one with NETPOL_ANALYZER or NETWORK_CONFIG_ANALYZER, or give --expected", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folders = list(options.folder)
        for seed in range(options.seed, options.seed + options.worlds):
            folder = (options.keep or pathlib.Path(scratch)) / f"world-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "world.yaml").write_text(manifests.dump_all(list(World(seed).objects())))
            folders.append(folder)
        for folder in folders:
            for peer, answer in installed:
                comparison.hold(pathlib.Path(folder).name, folder, peer, answer(folder))
    return comparison.end(len(folders))


if __name__ == "__main__":
    sys.exit(main())
