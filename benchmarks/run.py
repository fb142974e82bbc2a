#!/usr/bin/env python3
"""Whole commands on generated clusters of growing size: time, peak memory, growth; and what other tools need for the same files.

    benchmarks/run.py --npverify BINARY [--sizes 10,100,1000,10000,50000] [--commands equiv,...] [--repeats 3] [--no-worst] [--markdown FILE] [--check]

Every run is a new process, reading YAML included. Shown are the medians of wall clock and of processor time (user and system, all
threads), and the peak resident set. Growth is the slope of processor time over policies on log-log axes between 100 policies (below, starting up is what is measured) and the
largest size: 1 is linear. `--stats` of npverify tells the phases, whose shares of the largest run are shown.

Peers are run where a variable names their program: NETPOL_ANALYZER (np-guard's `netpolicy`), NETWORK_CONFIG_ANALYZER (`nca`), POLICY_ASSISTANT
(of kubernetes-sigs/network-policy-api). They get the same files and the same question in the same run, with --peer-limit seconds each; a longer run
is told as such. policy-assistant reads one policy a file and pods as JSON, so it gets the same policies and pods in that form, and its question is
one port. `tests/peers/compare.py` compares their answers. --commands none leaves the commands out.

--check is for CI: small sizes, no absolute time. It fails where one of CHECKED grows faster than
SLOPE_LIMIT, or where `list --count` costs many times what the equivalence of the same policies does.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SLOPE_LIMIT = 1.35  # of a linear program on a busy machine; quadratic is 2
SLOPE_FROM = 100
EVERY = ["equiv", "equiv-cause", "equiv-needle", "diff", "diff-cut", "diff-more", "diff-closed", "prove", "prove-closed", "prove-matrix", "list", "list-pods", "recheck", "recheck-cause", "recheck-needle", "rediff"]
CHECKED = ["equiv", "equiv-cause", "equiv-needle", "diff-cut", "list", "list-pods"]  # of the others starting Z3 is most at these sizes


class Inputs:
    """Generated clusters by arguments, each made once."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def make(self, policies, *more):
        out = self.folder / re.sub(r"[^a-z0-9]+", "-", f"p{policies} {' '.join(more)}").strip("-")
        if not out.exists():
            subprocess.run([sys.executable, HERE / "generate.py", "--policies", str(policies), *more, out], check=True)
        return out

    def specification(self, policies, count=20):
        """A quarter each: nothing of one namespace, nothing from outside, isolated, closed by default."""
        out = self.folder / f"spec-{policies}.yaml"
        namespaces = max(1, policies // 20)
        lines = ["apiVersion: npverify.io/v1alpha1", "kind: InvariantSet", "metadata: {name: bench}", "spec:", "  invariants:"]
        for i in range(count):
            source, destination = i * 7 % namespaces, (i * 13 + 1) % namespaces
            inside = f"{{namespaces: {{names: [ns-{destination}]}}}}"
            body = [f"forbid: {{from: {{namespaces: {{names: [ns-{source}]}}}}, to: {inside}, ports: [TCP/{5000 + i}]}}", f"forbid: {{from: {{not: {inside}}}, to: {inside}, ports: [TCP/5432]}}",
                    f"isolate: {{group: {inside}}}", f"defaultDeny: {{group: {inside}}}"][i % 4]
            lines += [f"    - id: bench-{i}", f"      title: namespace {destination} is kept", "      severity: high", f"      {body}"]
        out.write_text("\n".join(lines) + "\n")
        return out

    def mixed_specification(self, policies, count=20):
        """Half of them about any pod that could be there, half about workloads; for every pair of nodes."""
        out = self.folder / f"mixed-spec-{policies}.yaml"
        namespaces = max(1, policies // 20)
        lines = ["apiVersion: npverify.io/v1alpha1", "kind: InvariantSet", "metadata: {name: bench}", "spec:", "  invariants:"]
        for i in range(count):
            source, destination = i * 7 % namespaces, (i * 13 + 1) % namespaces
            if i % 2:
                body = f"require: {{from: {{workloads: [ns-{source}/Deployment/w-{source}]}}, to: {{workloads: [ns-{destination}/Deployment/w-{destination}]}}, ports: [TCP/8080]}}"
            else:
                body = f"forbid: {{from: {{namespaces: {{names: [ns-{source}]}}}}, to: {{namespaces: {{names: [ns-{destination}]}}}}, ports: [TCP/{5000 + i}]}}"
            lines += [f"    - id: bench-{i}", f"      {body}"]
        out.write_text("\n".join(lines) + "\n")
        return out

    def for_policy_assistant(self, cluster):
        """The policies of a cluster, one a file, and its workloads as pods in the JSON of a probe."""
        import yaml
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        out = cluster.with_name(cluster.name + "-policy-assistant")
        if out.exists():
            return out
        (out / "policies").mkdir(parents=True)
        namespaces, pods = {}, []
        for file in sorted(cluster.iterdir()):
            for one in yaml.load_all(file.read_text(), loader):
                meta = one["metadata"]
                if one["kind"] == "NetworkPolicy":
                    (out / "policies" / f"{meta['namespace']}-{meta['name']}.yaml").write_text(yaml.safe_dump(one))
                elif one["kind"] == "Namespace":
                    namespaces[meta["name"]] = {**meta.get("labels", {}), "kubernetes.io/metadata.name": meta["name"]}
                elif one["kind"] == "Deployment":
                    containers = [{"Name": "main", "Port": 8080, "PortName": "http", "Protocol": "TCP"}]
                    pods.append({"Namespace": meta["namespace"], "Name": meta["name"], "Labels": one["spec"]["template"]["metadata"]["labels"], "IP": f"10.{128 + len(pods) // 65536}.{len(pods) // 256 % 256}.{len(pods) % 256}", "Containers": containers})
        (out / "probe.json").write_text(json.dumps({"Probes": [{"Protocol": "TCP", "Port": 8080}], "Resources": {"Namespaces": namespaces, "Pods": pods}}))
        return out

    def changed(self, policies, *more):
        """The cluster with one policy's port changed."""
        before = self.make(policies, *more)
        out = self.folder / f"one-changed-{before.name}"
        if not out.exists():
            out.mkdir()
            for file in before.iterdir():
                text = file.read_text()
                if file.name == "policies.yaml":
                    at = re.compile(r"port: \d{1,4}\}").search(text, len(text) // 2).start()  # a range would end before it begins
                    text = text[:at] + "port: 1" + text[at + 6:]
                (out / file.name).write_text(text)
        return out


def measured(command, repeats, limit=None, before=lambda: None):
    """(median wall seconds, median processor seconds, peak MB, stderr of the last run, how it ended). `before` goes ahead of every run, unmeasured."""
    times, processor, memory, text, ended = [], [], 0, "", ""
    for _ in range(repeats):
        before()
        with tempfile.TemporaryFile("w+") as stderr:
            begin = time.monotonic()
            process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=stderr)
            status, usage = wait(process, limit)
            times.append(time.monotonic() - begin)
            processor.append(usage.ru_utime + usage.ru_stime)
            memory = max(memory, usage.ru_maxrss / 1024)
            stderr.seek(0)
            text = stderr.read()
        if status is None:
            return times[-1], processor[-1], memory, text, f"stopped after {limit} s"
        if status not in (0, 1, 3):
            ended = f"exit {status}"
    return statistics.median(times), statistics.median(processor), memory, text, ended


def wait(process, limit):
    end = time.monotonic() + limit if limit else None
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if end and time.monotonic() > end:
            process.kill()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = -9
            return None, usage
        time.sleep(0.001)


class Commands:
    """How each command is called for a number of policies."""

    def __init__(self, binary, inputs):
        self.binary, self.inputs = binary, inputs
        self.known = {
            "equiv": "equiv, equal readings", "equiv-cause": "equiv, one cause in many policies", "equiv-needle": "equiv, one policy differs",
            "diff": "diff, 10 policies changed", "diff-cut": "diff, every rule cut by peer", "diff-more": "diff, and a rule more that adds nothing", "diff-closed": "diff, 10 policies changed, K/2 declared workloads", "prove": "prove, 20 invariants, any possible pod", "prove-closed": "prove, 20 invariants, K/2 declared workloads",
            "prove-matrix": "prove --matrix, 20 invariants, K/25 nodes in 6 pools, 2 K/5 workloads, K/5 Services",
            "list": "list --count, K/2 workloads of 20 pods", "list-pods": "list --count, 10 K single pods", "recheck": "equiv again, one policy changed, warm cache", "recheck-cause": "the same, one cause in many policies", "recheck-needle": "the same, another policy differs",
            "rediff": "diff, 1 policy changed, warm cache",
        }
        self.modes = {"recheck": [], "recheck-cause": ["--mode", "one-cause"], "recheck-needle": ["--mode", "needle"], "rediff": []}

    def of(self, name, policies):
        sides = ["--left", "calico@3.28", "--right", "cilium@1.16"]
        make = self.inputs.make
        if name == "equiv":
            return [self.binary, "equiv", *sides, "--no-cache", "-f", make(policies)]
        if name == "equiv-cause":
            return [self.binary, "equiv", *sides, "--no-cache", "-f", make(policies, "--mode", "one-cause")]
        if name == "equiv-needle":
            return [self.binary, "equiv", *sides, "--no-cache", "-f", make(policies, "--mode", "needle")]
        if name == "diff":
            return [self.binary, "diff", "--cni", "kubernetes", "--no-cache", make(policies), make(policies, "--mode", "changed")]
        if name in ("diff-cut", "diff-more"):
            return [self.binary, "diff", "--cni", "calico@3.28", "--no-cache", make(policies), make(policies, "--spelled", name.removeprefix("diff-"))]
        if name == "diff-closed":
            workloads = ["--workloads", str(max(10, policies // 2))]
            return [self.binary, "diff", "--universe", "declared", "--cni", "calico@3.28", "--no-cache", make(policies, *workloads), make(policies, "--mode", "changed", *workloads)]
        if name == "prove":
            return [self.binary, "prove", "-f", make(policies), "--cni", "kubernetes", self.inputs.specification(policies)]
        if name == "prove-closed":
            return [self.binary, "prove", "--universe", "declared", "-f", make(policies, "--workloads", str(max(10, policies // 2))), "--cni", "kubernetes", self.inputs.specification(policies)]
        if name == "prove-matrix":
            cluster = make(policies, "--workloads", str(max(20, 2 * policies // 5)), "--replicas", "3", "--pools", "6", "--nodes", str(max(12, policies // 25)), "--services", str(policies // 5))
            return [self.binary, "prove", "-f", cluster, "--matrix", cluster / "matrix.yaml", self.inputs.mixed_specification(policies)]
        if name == "list":
            return [self.binary, "list", "--count", "--cni", "kubernetes", "-f", make(policies, "--workloads", str(max(10, policies // 2)), "--replicas", "20", "--open", "0.2")]
        if name == "list-pods":
            return [self.binary, "list", "--count", "--cni", "kubernetes", "-f", make(policies, "--pods", str(10 * policies), "--unique-labels", "--open", "0.2")]
        return self.recheck(name, policies, self.inputs.changed(policies, *self.modes[name]))

    def recheck(self, name, policies, folder):
        cache = ["--cache", self.cache(name, policies)]
        if name == "rediff":
            return [self.binary, "diff", "--cni", "kubernetes", *cache, self.inputs.make(policies), folder]
        return [self.binary, "equiv", "--left", "calico@3.28", "--right", "cilium@1.16", *cache, "-f", folder]

    def cache(self, name, policies):
        return self.inputs.folder / f"cache-{name}-{policies}"

    def before(self, name, policies):
        """What makes the run that is measured the first after the change: the cache as it was before it, its folder under the other one's name."""
        if name not in self.modes:
            return lambda: None
        warm, cache = self.inputs.folder / f"warm-{name}-{policies}", self.cache(name, policies)

        def restore():
            shutil.rmtree(cache, ignore_errors=True)
            shutil.copytree(warm, cache)
        return restore

    def prepare(self, name, policies):
        """False where the program does not have what the command needs. A re-check is of the files in one folder, edited meanwhile."""
        if name not in self.modes:
            return True
        if "--cache" not in subprocess.run([self.binary, "equiv", "--help"], capture_output=True, text=True).stdout:
            return False
        changed, unchanged = self.inputs.changed(policies, *self.modes[name]), self.inputs.make(policies, *self.modes[name])
        edited = {file.name: file.read_bytes() for file in changed.iterdir()}
        for file in unchanged.iterdir():
            (changed / file.name).write_bytes(file.read_bytes())
        subprocess.run([str(c) for c in self.recheck(name, policies, changed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for file, data in edited.items():
            (changed / file).write_bytes(data)
        shutil.copytree(self.cache(name, policies), self.inputs.folder / f"warm-{name}-{policies}")
        return True


def phases(stderr):
    found = re.findall(r"^phase (.+?) ([0-9.]+) s, [0-9]+ %$", stderr, re.MULTILINE)
    total = sum(float(seconds) for _, seconds in found)
    return ", ".join(f"{name} {100 * float(seconds) / total:.0f} %" for name, seconds in found) if total else ""


def slope(points):
    points = [(k, t) for k, t in points if k >= SLOPE_FROM]
    if len(points) < 2:
        return None
    (k0, t0), (k1, t1) = points[0], points[-1]
    return math.log(t1 / t0) / math.log(k1 / k0)


def seconds(value):
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def table(header, rows):
    return "\n".join(["| " + " | ".join(header) + " |", "|" + "---|" * len(header)] + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def run_commands(options, commands, sizes):
    rows, slopes, times, failures = [], {}, {}, []
    for name in options.commands:
        points, cells, share = [], [], ""
        for size in sizes:
            if name == "list-pods" and size > 10000:
                cells.append("-")
                continue
            if not commands.prepare(name, size):
                cells.append("-")
                continue
            took, processor, memory, text, ended = measured([*commands.of(name, size), "--stats"], options.repeats, before=commands.before(name, size))
            if ended:  # no figure of what was asked
                failures.append(f"{name} of {size} policies: {ended}: {text.strip()[:300]}")
            else:
                points.append((size, processor))
                times[name, size] = processor
            cells.append(f"{seconds(took)}, cpu {seconds(processor)}, {memory:.0f} MB{' (' + ended + ')' if ended else ''}")
            share = phases(text) or share
            print(f"{name} {size}: {cells[-1]}", file=sys.stderr)
        slopes[name] = slope(points)
        rows.append([commands.known[name], *cells, f"{slopes[name]:.2f}" if slopes[name] is not None else "-", share or "-"])
    return rows, slopes, times, failures


WORST = {
    "2,000 policies in one namespace": ["--skew", "2000"],
    "3,000 label keys": ["--keys", "3000"],
    "one key with 10,000 values": ["--values", "10000"],
    "1,000 CIDRs with excepts": ["--cidrs", "1000"],
    "10,000 times /32": ["--addresses", "10000"],
    "3,000 namespaces, named and labelled": ["--names", "3000"],
}
WORST_LIMIT = 120  # seconds


def run_worst(options, binary, inputs):
    """The inputs that are worst for some step, each beside 20 ordinary policies: one cause of difference, the last of them edited, two invariants."""
    specification = inputs.folder / "worst-spec.yaml"
    inside = "{namespaces: {names: [ns-0]}}"
    specification.write_text("apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nmetadata: {name: worst}\nspec:\n  invariants:\n"
                             f"    - id: a\n      forbid: {{from: {{not: {inside}}}, to: {inside}, ports: [TCP/5432]}}\n    - id: b\n      defaultDeny: {{group: {inside}}}\n")
    rows = []
    for title, more in WORST.items():
        same, cause, edited = (inputs.make(20, *more, *mode) for mode in ([], ["--mode", "one-cause"], ["--edit"]))
        cells = []
        for command in (["equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "--no-cache", "-f", cause], ["diff", "--cni", "kubernetes", "--no-cache", same, edited],
                        ["prove", "--cni", "kubernetes", "-f", same, specification]):
            took, processor, memory, _, ended = measured([binary, *command], 1, WORST_LIMIT)
            cells.append(ended or f"{seconds(took)}, cpu {seconds(processor)}, {memory:.0f} MB")
        rows.append([title, *cells])
        print(" ".join(rows[-1]), file=sys.stderr)
    return rows


def peer_calls(inputs, policies):
    """Of each peer that is installed: name, question, its command, ours."""
    pods = inputs.make(policies, "--workloads", str(2 * policies), "--replicas", "1")
    other = inputs.make(policies, "--workloads", str(2 * policies), "--replicas", "1", "--mode", "changed")
    if program := os.environ.get("NETPOL_ANALYZER"):
        yield "netpol-analyzer", "list", [*shlex.split(program), "list", "--dirpath", pods, "-q"], ["list", "--cni", "kubernetes", "--format", "csv", "-f", pods]
        yield "netpol-analyzer", "diff", [*shlex.split(program), "diff", "--dir1", pods, "--dir2", other, "-q"], ["diff", "--cni", "kubernetes", "--no-cache", pods, other]
    if program := os.environ.get("NETWORK_CONFIG_ANALYZER"):
        yield "network-config-analyzer", "list", [*shlex.split(program), "--connectivity", pods, "-p", pods, "-n", pods, "-o", "txt_no_fw_rules"], ["list", "--cni", "kubernetes", "--format", "csv", "-f", pods]
        yield "network-config-analyzer", "diff", [*shlex.split(program), "--semantic_diff", other, "-p", other, "-n", other, "-b", pods, "-pb", pods, "-nb", pods], ["diff", "--cni", "kubernetes", "--no-cache", pods, other]
    if program := os.environ.get("POLICY_ASSISTANT"):
        theirs = inputs.for_policy_assistant(pods)
        yield "policy-assistant", "list, one port", [*shlex.split(program), "analyze", "--mode", "probe", "--policy-path", theirs / "policies", "--probe-path", theirs / "probe.json"], ["list", "--cni", "kubernetes", "--protocols", "TCP", "--format", "csv", "-f", pods]


def run_peers(options, binary, inputs):
    rows = []
    for size in options.peer_sizes:
        for name, question, command, ours in peer_calls(inputs, size):
            took, processor, memory, _, ended = measured(command, 1, options.peer_limit)
            own, own_processor, own_memory, _, _ = measured([binary, *ours], options.repeats)
            ratio = f"{'> ' if ended.startswith('stopped') else ''}{processor / own_processor:.0f} x"
            rows.append([name, question, f"{size} / {2 * size}", f"{ended or seconds(took)}, cpu {seconds(processor)}, {memory:.0f} MB", f"{seconds(own)}, cpu {seconds(own_processor)}, {own_memory:.0f} MB", ratio])
            print(" ".join(rows[-1]), file=sys.stderr)
    return rows


def check(slopes, times, sizes):
    problems = [f"{name} grows with slope {value:.2f}, more than {SLOPE_LIMIT}" for name, value in slopes.items() if value is not None and value > SLOPE_LIMIT]
    last = sizes[-1]
    if ("equiv", last) in times and ("list", last) in times and times["list", last] > 8 * times["equiv", last] + 0.2:
        problems.append("list --count costs more than eight times the equivalence of the same policies")
    return problems


def numbers(text):
    return [int(n) for n in text.split(",") if n]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%Y-%m-%d')}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--sizes", type=numbers, default=None)
    parser.add_argument("--commands", type=lambda text: [] if text == "none" else text.split(","), default=None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer-sizes", type=numbers, default=[100, 500, 1000])
    parser.add_argument("--peer-limit", type=int, default=600)
    parser.add_argument("--no-worst", action="store_true", help="leave the worst cases out")
    parser.add_argument("--folder", help="keep the generated clusters here")
    parser.add_argument("--markdown")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    sizes = options.sizes or ([100, 400, 1600] if options.check else [10, 100, 1000, 10000, 50000])
    if options.commands is None:
        options.commands = CHECKED if options.check else EVERY
    binary = str(pathlib.Path(options.npverify).resolve())
    head = f"Machine: {machine()}. {subprocess.run([binary, 'version'], capture_output=True, text=True).stdout.splitlines()[0]}. Medians of {options.repeats}.\n"
    with tempfile.TemporaryDirectory() as folder:
        inputs = Inputs(options.folder or folder)
        inputs.folder.mkdir(parents=True, exist_ok=True)
        rows, slopes, times, failures = run_commands(options, Commands(binary, inputs), sizes)
        worst = [] if options.check or options.no_worst else run_worst(options, binary, inputs)
        peers = [] if options.check else run_peers(options, binary, inputs)
    text = head + "\n" + table(["command", *(f"{size} policies" for size in sizes), "slope", "phases at the largest"], rows)
    if worst:
        text += "\n" + table(["worst case", "equiv, one cause", "diff, one policy edited", "prove, 2 invariants"], worst)
    if peers:
        text += "\n" + table(["peer", "question", "policies / pods", "peer", "npverify", "ratio of cpu"], peers)
    print(text)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text, encoding="utf-8")
    problems = failures + (check(slopes, times, sizes) if options.check else [])
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
