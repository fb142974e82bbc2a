"""npverify's command line, as the tests use it."""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import worlds as W

ROOT = pathlib.Path(__file__).resolve().parents[3]
WORDS = {"allow": "allow", "deny": "deny", "unpoliced": "-", "unknown": "?"}
GOOD = (0, 1, 3)                       # proved or the like; violated or the like; something unknown


class Failed(Exception):
    """npverify ended in a way that no answer ends: bad input, an internal error, a signal."""

    def __init__(self, command, code, stderr):
        super().__init__(f"exit {code}: {' '.join(map(str, command))}\n{stderr.strip()[-1500:]}")
        self.code, self.stderr = code, stderr


class Verifier:
    def __init__(self, binary=None):
        self.binary = str(binary or os.environ.get("NPVERIFY") or ROOT / "build/release/bin/npverify")
        if not shutil.which(self.binary):
            raise SystemExit(f"no npverify at {self.binary}: build it (scripts/check), or name it with --npverify or $NPVERIFY")

    def run(self, *arguments, stdin=None, accept=GOOD, timeout=600):
        """Standard output and exit code; raises Failed where the code is not among those accepted."""
        command = [self.binary, *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout)
        if accept is not None and done.returncode not in accept:
            raise Failed(command, done.returncode, done.stderr or done.stdout)
        return done

    def json(self, *arguments, **how):
        done = self.run(*arguments, "--format", "json", **how)
        try:
            return json.loads(done.stdout), done.returncode
        except json.JSONDecodeError:
            raise Failed([self.binary, *map(str, arguments)], done.returncode, "no JSON on stdout: " + done.stdout[:200] + done.stderr) from None

    # ------------------------------------------------------------------------------------------------------------------- concrete flows
    def eval_lines(self, worlds_path, profile, options=(), reasons=False):
        """The answers to a file of worlds, one after the other as they come."""
        command = [self.binary, "eval", "--worlds", str(worlds_path), "--cni", profile, *flags(options), *(["--reasons"] if reasons else [])]
        with tempfile.TemporaryFile("w+") as notes, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=notes, text=True) as process:
            for line in process.stdout:
                yield json.loads(line)
            if process.wait() not in (0, 3):
                notes.seek(0)
                raise Failed(command, process.returncode, notes.read())

    def eval_worlds(self, worlds, profile, options=(), reasons=False, lines=None):
        """The same for worlds in hand; `lines`: as they are written, if the caller has them. Answers of worlds that npverify did not get to are missing."""
        command = ["eval", "--worlds", "-", "--cni", profile, *flags(options), *(["--reasons"] if reasons else [])]
        done = self.run(*command, stdin=lines or W.dump_lines(worlds), accept=(0, 3))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def eval_csv(self, manifests, flows, profile, options=()):
        """One row a flow, as dicts by column: files on the command line, flows as CSV."""
        done = self.run("eval", "--cni", profile, *flags(options), "-f", manifests, "--flows", flows, "--format", "csv", accept=(0, 3))
        return list(csv.DictReader(io.StringIO(done.stdout)))

    # ------------------------------------------------------------------------------------------------------------------------ questions
    def equiv(self, left, right, *arguments, **how):
        return self.json("equiv", "--left", left, "--right", right, *arguments, **how)


def flags(options):
    """`--option NAME=VALUE` for each option of an installation."""
    items = options.items() if isinstance(options, dict) else options
    return [part for name, value in items for part in ("--option", f"{name}={value}")]
