#!/usr/bin/env python3
"""npverify watch: the answer again after every way in which editors and scripts save, errors told and waiting gone on with, and the last
exit code at Ctrl-C.

  watch.py --npverify BINARY
"""
import argparse
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading

SAME = """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]
"""
DIFFERENT = SAME.replace("podSelector: {matchLabels: {app: db}}", "ipBlock: {cidr: 10.0.0.0/8}")
BROKEN = SAME.replace("podSelector: {matchLabels: {app: web}}", "podSelectr: {}")
ANSWERED = re.compile(r"-- answered in \d+ ms with exit code (\d)")


class Watch:
    """A running watch; its answers one by one."""

    def __init__(self, command):
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.codes, self.lines = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)
            if found := ANSWERED.search(line):
                self.codes.put(int(found.group(1)))

    def next(self):
        return self.codes.get(timeout=60)

    def until(self, code):
        """Answers until one has this exit code: a save can be seen in two steps."""
        seen = []
        while not seen or seen[-1] != code:
            seen.append(self.next())
            if len(seen) > 4:
                raise AssertionError(f"expected exit code {code}, saw {seen}; {''.join(self.lines[-20:])}")

    def quiet(self):
        try:
            code = self.codes.get(timeout=1.0)
        except queue.Empty:
            return
        raise AssertionError(f"an answer ({code}) though nothing changed: {self.lines[-3:]}")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


def saves(folder):
    """Ways to save `text` as web.yaml: what vim, VS Code, sed -i, git and redirections do."""
    file = folder / "web.yaml"

    def write_over(text):
        file.write_text(text)

    def rename_over(text):
        temporary = folder / ".web.yaml.swp~"
        temporary.write_text(text)
        os.replace(temporary, file)

    def move_away_and_write(text):
        os.replace(file, folder / "web.yaml~")
        file.write_text(text)
        (folder / "web.yaml~").unlink()

    def from_elsewhere(text):
        with tempfile.NamedTemporaryFile("w", dir=folder.parent, delete=False) as other:
            other.write(text)
        os.replace(other.name, file)

    def delete_and_write(text):
        file.unlink()
        file.write_text(text)

    return [write_over, rename_over, move_away_and_write, from_elsewhere, delete_and_write]


def check_folder(binary, scratch):
    folder = scratch / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(SAME)
    watch = Watch([binary, "watch", "equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "--cache", scratch / "cache", folder])
    watch.until(0)
    for save in saves(folder):
        save(DIFFERENT)
        watch.until(1)
        save(SAME)
        watch.until(0)
    (folder / "web.yaml").write_text(BROKEN)
    watch.until(2)
    assert any("podSelectr" in line for line in watch.lines), "the error is not told"
    (folder / "web.yaml").write_text(SAME)
    watch.until(0)
    watch.quiet()
    (folder / "notes.txt").write_text("no manifest")
    (folder / ".web.yaml.swp").write_text("no manifest")
    watch.quiet()
    deep = folder / "new" / "deep"
    deep.mkdir(parents=True)
    (deep / "more.yaml").write_text(DIFFERENT.replace("name: web", "name: more"))
    watch.until(1)
    (deep / "more.yaml").write_text(SAME.replace("name: web", "name: more"))
    watch.until(0)
    (folder / "new").rename(folder / "newer")
    (folder / "newer" / "deep" / "more.yaml").write_text(DIFFERENT.replace("name: web", "name: more"))
    watch.until(1)
    code = watch.end()
    assert code == 1, f"Ctrl-C ended with {code}, not with the last answer's 1"


def check_one_file(binary, scratch):
    """A file by its name, and the invariants beside it; what else lies in their folders does not count."""
    folder = scratch / "single"
    folder.mkdir()
    file, spec = folder / "web.yaml", folder / "spec.yaml"
    file.write_text(SAME)
    spec.write_text("apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nmetadata: {name: t}\nspec:\n  invariants:\n"
                    "    - {id: a, title: none but db, severity: high, forbid: {from: {namespaces: {names: [shop]}, pods: {matchLabels: {app: other}}}, to: {namespaces: {names: [shop]}, pods: {matchLabels: {app: web}}}}}\n")
    watch = Watch([binary, "watch", "prove", "--cni", "kubernetes", "-f", file, spec])
    first = watch.next()
    assert first in (0, 1), f"{first}: {''.join(watch.lines)}"
    (folder / "other.yaml").write_text("a: [")
    watch.quiet()
    for save in saves(folder):
        save(SAME + "# saved again\n")
        watch.until(first)
    spec.write_text(spec.read_text().replace("severity: high", "severity: hihg"))
    watch.until(2)
    assert watch.end() == 2


def check_words(binary, scratch):
    """What cannot be watched ends at once."""
    for words, code in ((["watch"], 2), (["watch", "watch"], 2), (["watch", "equiv", "--nonsense"], 2), (["watch", "equiv", "--left", "kubernetes", "--right", "calico@3.28", "-"], 2)):
        done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.returncode == code, f"{words}: {done.returncode} {done.stdout} {done.stderr}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--npverify", required=True)
    binary = parser.parse_args().npverify
    for check in (check_words, check_folder, check_one_file):
        with tempfile.TemporaryDirectory() as scratch:
            check(binary, pathlib.Path(scratch))
        print(f"{check.__name__[6:]} ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
