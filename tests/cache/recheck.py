#!/usr/bin/env python3
"""A cache changes no answer: after random edits of random clusters, `equiv` and `diff` give the same bytes with a warm cache as without one,
and `diff`, which reads documents that stand in both versions once, the same as where it reads them all. What was found out is not asked again.

A cluster is a folder of files, each a list of documents written in many ways (comments, document ends, block texts that hold `---`, CRLF, a
byte order mark, JSON, lists, directives). An edit adds, removes, changes, renames, moves, doubles or reorders something: policies, labels of
namespaces, nodes, whole files; some make notes or errors. Between the edits files of the cache are damaged, taken from other runs, or made unfit
to use; and several processes run on one cache.

  recheck.py --npverify BINARY [--seed 1] [--clusters 9] [--edits 14]

Exit: 0 all the same, 1 not.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

PAIRS = [("calico@3.28", "cilium@1.16"), ("cilium@1.14", "cilium@1.19"), ("kubernetes", "calico@3.31"), ("kubernetes", "cilium@1.20"), ("kubernetes", "kube-network-policies@1.1"), ("calico@3.26", "calico@3.31")]
GENERATE = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "generate.py"
KEYS, VALUES = ["app", "tier"], ["web", "db", "cache"]
SPACES = [f"ns-{i}" for i in range(6)]


def selector(rng):
    kind = rng.random()
    if kind < 0.3:
        return {}
    if kind < 0.7:
        return {"matchLabels": {rng.choice(KEYS): rng.choice(VALUES)}}
    op = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"])
    one = {"key": rng.choice(KEYS), "operator": op}
    if op in ("In", "NotIn"):
        one["values"] = rng.sample(VALUES, rng.randint(1, 2))
    return {"matchExpressions": [one]}


def peer(rng, odd):
    kind = rng.random()
    if odd and kind < 0.3:
        return {"ipBlock": rng.choice([{"cidr": "0.0.0.0/0"}, {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}, {"cidr": "10.2.3.0/24"}])}
    if kind < 0.45:
        return {"ipBlock": {"cidr": rng.choice(["198.51.100.0/24", "203.0.113.7/32"])}}
    out = {}
    if rng.random() < 0.7:
        out["podSelector"] = selector(rng)
    if rng.random() < 0.5 or not out:
        out["namespaceSelector"] = rng.choice([{"matchLabels": {"team": rng.choice("ab")}}, {"matchLabels": {"kubernetes.io/metadata.name": rng.choice(SPACES)}}])
    return out


def port(rng, odd):
    kind = rng.random()
    if odd and kind < 0.25:
        return rng.choice([{"port": "http"}, {"port": 1000, "endPort": 2000}, {"protocol": "SCTP", "port": 99}, {"protocol": "UDP"}])
    return {"protocol": rng.choice(["TCP", "UDP"]), "port": rng.choice([80, 443, 5432])}


def policy(rng, name, odd_share=0.12):
    odd = rng.random() < odd_share
    spec = {"podSelector": selector(rng)}
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        if rng.random() < 0.6:
            spec[direction] = [{k: v for k, v in ((peers, [peer(rng, odd) for _ in range(rng.randint(0, 2))]), ("ports", [port(rng, odd) for _ in range(rng.randint(0, 2))])) if v}
                               for _ in range(rng.randint(0, 2))]
    spec["policyTypes"] = [word for word, key in (("Ingress", "ingress"), ("Egress", "egress")) if key in spec] or ["Ingress"]
    meta = {"name": name}
    if rng.random() < 0.9:
        meta["namespace"] = rng.choice(SPACES)
    if rng.random() < 0.15:
        meta["annotations"] = {"note": rng.choice(["plain", "first\n---\nsecond\n", "{{ not a template }}"])}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def namespace(rng, name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": rng.choice("ab")}}}


def node(rng, name):
    number = rng.randint(1, 200)
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
            "spec": {"podCIDR": f"10.{number}.0.0/24"}, "status": {"addresses": [{"type": "InternalIP", "address": f"192.168.7.{number}"}]}}


def pod(rng, name, deployed):
    """A pod, or a Deployment of such pods: the ends of closed universes."""
    labels = {key: rng.choice(VALUES) for key in KEYS if rng.random() < 0.8} | {"name": name}
    spec = {"containers": [{"name": "c", "image": "i", "ports": [{"name": "http", "containerPort": rng.choice([80, 443])}]}]}
    if deployed:
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": rng.choice(SPACES)},
                "spec": {"replicas": rng.randint(1, 3), "selector": {"matchLabels": {"name": name}}, "template": {"metadata": {"labels": labels}, "spec": spec}}}
    number = rng.randint(1, 200)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": rng.choice(SPACES), "labels": labels}, "spec": {"nodeName": f"n{number}"} | spec,
            "status": {"phase": "Running", "podIP": f"10.{number}.0.{rng.randint(2, 200)}", "hostIP": f"192.168.7.{number}"}}


class Cluster:
    """Documents in files; each document a pair of an object (or a text) and the way it is written."""

    def __init__(self, rng):
        self.rng, self.number = rng, 0
        self.files = {f"f{i}.yaml": [] for i in range(rng.randint(1, 4))}
        for name in SPACES[:4]:
            self.place(namespace(rng, name))
        for _ in range(rng.randint(6, 24)):
            self.place(self.new_policy())
        for i in range(rng.choice([0, 4, 12])):
            self.place(pod(rng, f"pod-{i}", rng.random() < 0.5))
        self.ends = {name: rng.choice(["\n", "\n", "\r\n"]) for name in self.files}

    def new_policy(self):
        self.number += 1
        return policy(self.rng, f"p{self.number}")

    def place(self, document):
        documents = self.files[self.rng.choice(sorted(self.files))]
        documents.insert(self.rng.randint(0, len(documents)), [document, self.rng.randint(0, 7)])

    def all(self, kind=None):
        return [(documents, i) for documents in self.files.values() for i, (d, _) in enumerate(documents) if kind is None or (isinstance(d, dict) and d["kind"] == kind)]

    def text_of(self, name):
        out = []
        for document, style in self.files[name]:
            if isinstance(document, str):
                out.append(document if document.startswith("%") else "---\n" + document)
                continue
            text = json.dumps(document, indent=1 if style % 2 else None)
            if style < 4:
                text = to_yaml(document)
            before = ["---\n", "--- # here\n", "---\n# a comment\n", "---\n\n"][style % 4]
            out.append(before + text.rstrip("\n") + "\n" + ("...\n" if style == 3 else "# --- no document\n" if style == 2 else ""))
        text = "".join(out)
        if text.startswith("---\n") and len(text) % 3 == 0:
            text = text[4:]
        text = text.replace("\n", self.ends.get(name, "\n"))
        return ("\ufeff" if len(text) % 7 == 0 else "") + text

    def write(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, documents in self.files.items():
            if documents:
                (folder / name).write_text(self.text_of(name), newline="")

    def edit(self):
        rng = self.rng
        choice = rng.choice(["add", "add", "remove", "change", "change", "change", "rename", "move", "double", "shuffle", "labels", "node", "rename-file", "comment", "odd", "note", "error", "nothing", "respell"])
        policies = self.all("NetworkPolicy")
        if choice == "add" or not policies:
            self.place(self.new_policy())
            return choice
        documents, at = rng.choice(policies)
        if choice == "remove":
            documents.pop(at)
        elif choice == "change":
            old = documents[at][0]
            new = policy(rng, old["metadata"]["name"])
            new["metadata"] = old["metadata"]
            documents[at] = [new, documents[at][1]]
        elif choice == "rename":
            changed = json.loads(json.dumps(documents[at][0]))
            changed["metadata"]["name"] += "x"
            documents[at] = [changed, documents[at][1]]
        elif choice == "move":
            changed = json.loads(json.dumps(documents[at][0]))
            changed["metadata"]["namespace"] = rng.choice(SPACES)
            documents[at] = [changed, documents[at][1]]
        elif choice == "double":
            copy = json.loads(json.dumps(documents[at][0]))
            if rng.random() < 0.5:
                copy["spec"] = policy(rng, "x")["spec"]
            self.place(copy)
        elif choice == "shuffle":
            rng.shuffle(documents)
        elif choice == "labels":
            for where, i in self.all("Namespace"):
                if rng.random() < 0.4:
                    where[i][0]["metadata"]["labels"]["team"] = rng.choice("abc")
        elif choice == "node":
            self.place(node(rng, f"n{rng.randint(0, 3)}"))
        elif choice == "rename-file":
            name = rng.choice(sorted(self.files))
            self.files[f"r{self.number}-{name}"] = self.files.pop(name)
            self.number += 1
        elif choice == "comment":
            documents[at][1] = rng.randint(0, 7)
        elif choice == "respell":
            for one in documents:
                one[1] = rng.randint(0, 7)
        elif choice == "odd":
            self.place(rng.choice(["# nothing\n", "~\n", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: ns-1}}\n", "%YAML 1.1\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: s}}\n",
                                   "apiVersion: v1\nkind: List\nitems:\n- " + json.dumps(self.new_policy()) + "\n", "{\n\t\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"}}\n",
                                   "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {generateName: made-}\nspec: {podSelector: {}}\n", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c}\n"]))
        elif choice == "note":
            noted = self.new_policy()
            noted["spec"]["ingress"] = [{"from": [{"ipBlock": {"cidr": "10.1.2.3/8"}}]}]
            self.place(noted)
        elif choice == "error":
            self.place(rng.choice(["a: [\n", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: BAD_NAME}\nspec: {podSelector: {}}\n", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: b}\nspec: {podSelectr: {}}\n"]))
        return choice

    def drop_errors(self):
        """So that a cluster does not stay wrong for good."""
        for name in self.files:
            self.files[name] = [one for one in self.files[name] if not (isinstance(one[0], str) and any(bad in one[0] for bad in ("BAD_NAME", "podSelectr", "a: [")))]


def to_yaml(value, indent=0):
    """Block style, with literal block texts."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        out = ""
        for key, item in value.items():
            spelled = key if key.replace(".", "").replace("/", "").isalnum() else json.dumps(key)
            if isinstance(item, str) and "\n" in item:
                out += f"{pad}{spelled}: |\n" + "".join(f"{pad}  {line}\n" for line in item.rstrip("\n").split("\n"))
            elif isinstance(item, (dict, list)) and item:
                out += f"{pad}{spelled}:\n" + to_yaml(item, indent + 1)
            else:
                out += f"{pad}{spelled}: {json.dumps(item)}\n"
        return out
    if isinstance(value, list) and value:
        return "".join(pad + "- " + (to_yaml(item, indent + 1).lstrip() if isinstance(item, (dict, list)) and item else json.dumps(item) + "\n") for item in value)
    return pad + json.dumps(value) + "\n"


class Check:
    def __init__(self, binary):
        self.binary, self.failures, self.runs, self.kinds = binary, 0, 0, {}

    def run(self, arguments):
        self.runs += 1
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def same(self, arguments, cache, what):
        """The answer with the cache, which must be that without; of `diff`, which leaves policies unread anyway, also that of all of them, where every
        slice is asked of two solvers and none of classes of pods: but for the number of queries, and in closed universes for the flow that shows a
        finding, the same. (The smallest flow is that of the question, and classes ask about fewer namespaces.)"""
        plain = self.run([*arguments, "--no-cache"])
        if arguments[0] == "diff":
            everything = self.run([*arguments, "--no-cache", "--second-solver"])
            told = without_queries if "possible" in arguments else findings_alone
            self.agree(told(everything), told(plain), arguments, f"{what}; everything read")
        cached = self.run([*arguments, "--cache", cache])
        self.agree(plain, cached, arguments, what)
        self.kinds[plain[0]] = self.kinds.get(plain[0], 0) + 1
        return cached

    def agree(self, plain, cached, arguments, what):
        told = cached[2]
        if plain[0] in (0, 1, 3):  # errors of input are on stderr and count; notes of the cache stand there too
            told = b"".join(line for line in told.splitlines(True) if not line.startswith(b"note: cache "))
        if (plain[0], plain[1], plain[2]) != (cached[0], cached[1], told if plain[0] in (0, 1, 3) else without_notes(cached[2])):
            self.failures += 1
            print(f"NOT THE SAME: {what}\n  {' '.join(map(str, arguments))}\n  without: {plain[0]} {plain[1][-600:]!r} {plain[2][-600:]!r}\n  with: {cached[0]} {cached[1][-600:]!r} {cached[2][-600:]!r}")


def without_queries(answer):
    return answer[0], re.sub(rb'"queries": \d+', b'"queries": ...', answer[1]), answer[2]


def findings_alone(answer):
    if answer[0] not in (0, 1, 3):
        return answer
    report = json.loads(answer[1])
    report["counts"].pop("queries", None)
    report["findings"] = [{key: finding[key] for key in ("id", "change", "cause")} for finding in report["findings"]]
    for finding in report["findings"]:
        finding["cause"].pop("policies", None)
    return answer[0], json.dumps(report, sort_keys=True).encode(), answer[2]


def without_notes(stderr):
    return b"".join(line for line in stderr.splitlines(True) if not line.startswith(b"note: cache "))


def damage(rng, cache):
    """Spoils a file of the cache; what was done, or nothing where there is none."""
    files = sorted(p for p in cache.glob("*.npvcache") if p.is_file() and p.stat().st_size)
    if not files:
        return None
    file = rng.choice(files)
    data = bytearray(file.read_bytes())
    kind = rng.choice(["cut", "flip", "empty", "garbage", "longer", "swap", "folder", "others may write", "zeros"])
    if kind == "cut":
        file.write_bytes(data[:rng.randrange(len(data))])
    elif kind == "flip":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        file.write_bytes(data)
    elif kind == "empty":
        file.write_bytes(b"")
    elif kind == "garbage":
        file.write_bytes(rng.randbytes(rng.randint(1, 5000)))
    elif kind == "longer":
        file.write_bytes(bytes(data) + b"\0" * 52)
    elif kind == "swap":
        other = rng.choice(files)
        if other == file or other.read_bytes() == bytes(data):
            return None
        file.write_bytes(other.read_bytes())
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind == "others may write":
        file.chmod(0o666)
    elif kind == "zeros":
        file.write_bytes(bytes(len(data)))
    return f"{kind} {file.name}"


def one_cluster(check, seed, edits, folder):
    rng = random.Random(seed)
    cluster, cache, old, new = Cluster(rng), folder / "cache", folder / "old", folder / "new"
    left, right = rng.choice(PAIRS)
    more = rng.choice([[], [], ["--peers", "pods"], ["--universe", "declared"], ["--datapath"], ["--max-findings", "2"], ["-n", "elsewhere"]])
    equiv = ["equiv", "--left", left, "--right", right, *more, "--format", rng.choice(["json", "json", "text"]), "-v"]
    diff = ["diff", "--cni", left, "--format", "json", "--universe", rng.choice(["possible", "declared", "observed"]), old, new]
    cluster.write(new)
    check.same([*equiv, new], cache, f"seed {seed}, cold")
    for number in range(edits):
        shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(new, old)
        cluster.drop_errors()
        made = [cluster.edit() for _ in range(rng.choice([1, 1, 1, 2, 4]))]
        cluster.write(new)
        what = f"seed {seed}, edit {number}: {', '.join(made)}"
        if rng.random() < 0.3 and (spoilt := damage(rng, cache)):
            check.same([*equiv, new], cache, f"{what}; damaged: {spoilt}")
            what += "; after damage"
        check.same([*equiv, new], cache, what)
        if rng.random() < 0.5:
            check.same([*equiv, new], cache, what + ", again")
        if rng.random() < 0.6:
            check.same(diff, cache, what + ", diff")
    return cluster, equiv, cache, new


def asked_once(check, scratch):
    """A second run knows of every namespace but the one that differs what the first found out: it needs no policies of others, and asks nothing twice."""
    folder, cache = scratch / "needle", scratch / "cache-needle"
    subprocess.run([sys.executable, GENERATE, "--policies", "200", "--mode", "needle", folder], check=True)
    question = [check.binary, "equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "--cache", cache, "-f", folder]
    for again in (False, True):
        log = subprocess.run(question, capture_output=True, text=True, timeout=120, env={**os.environ, "NPVERIFY_LOG": "debug"}).stderr
        queries = re.findall(r"query: (.*)", log)
        check.runs += 1
        if not queries or (again and len(set(queries)) < len(queries)):
            check.failures += 1
            print(f"{'queries were asked twice' if queries else 'no query is in the log'}: {queries}")


def told_of_damage(check, cluster, equiv, cache, folder):
    """Each way to damage what a run uses is told, and taken away."""
    cluster.drop_errors()
    cluster.write(folder)
    for kind in range(24):
        check.same([*equiv, folder], cache, "warm")
        spoilt = damage(random.Random(kind), cache)
        if not spoilt:
            continue
        check.same([*equiv, folder], cache, f"damage {spoilt}")
        again = check.run([*equiv, folder, "--cache", cache])
        name = spoilt.split()[-1].encode()
        if b"is discarded" in again[2] and name in again[2] and not (cache / name.decode()).is_dir():
            check.failures += 1
            print(f"a damaged file stayed: {spoilt}: {again[2]!r}")


def unfit_folders(check, equiv, folder, scratch):
    """Folders that cannot be used: the answer is there, and a note."""
    file = scratch / "a-file"
    file.write_text("x")
    open_to_all = scratch / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    cases = {"a file": file, "below a file": file / "cache", "open to others": open_to_all}
    if os.geteuid() != 0:
        closed = scratch / "closed"
        closed.mkdir()
        closed.chmod(0o500)
        cases["not to be written"] = closed
    for what, path in cases.items():
        stderr = check.same([*equiv, folder], path, f"unfit folder: {what}")[2]
        if b"note: cache " not in stderr:
            check.failures += 1
            print(f"no note for {what}: {stderr!r}")
    if list(open_to_all.iterdir()):
        check.failures += 1
        print("something was written into a folder that is open to others")


def at_once(check, equiv, cache, folder):
    """Several processes on one cold cache, and then on a warm one."""
    plain = check.run([*equiv, folder, "--no-cache"])
    shutil.rmtree(cache, ignore_errors=True)
    for _ in range(3):
        running = [subprocess.Popen([check.binary, *map(str, equiv), folder, "--cache", cache], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        for process in running:
            out, err = process.communicate(timeout=120)
            if (process.returncode, out, err) != plain:
                check.failures += 1
                print(f"at once: {process.returncode} {err!r} {out[-300:]!r}")
    left_over = [p.name for p in cache.iterdir() if "unfinished" in p.name]
    if left_over:
        check.failures += 1
        print(f"left behind: {left_over}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clusters", type=int, default=9)
    parser.add_argument("--edits", type=int, default=14)
    options = parser.parse_args()
    check = Check(options.npverify)
    for seed in range(options.seed, options.seed + options.clusters):
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            cluster, equiv, cache, folder = one_cluster(check, seed, options.edits, scratch)
            if seed == options.seed:
                asked_once(check, scratch)
            if seed % 4 == 1:
                told_of_damage(check, cluster, equiv, cache, folder)
                unfit_folders(check, equiv, folder, scratch)
                at_once(check, equiv, cache, folder)
    print(f"{check.runs} runs, exit codes {dict(sorted(check.kinds.items()))}, {check.failures} not the same")
    if not {0, 1, 2} <= set(check.kinds):
        print("the clusters do not hold every kind of answer: the test shows too little")
        return 1
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
