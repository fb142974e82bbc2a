"""Holds the source tree to its shape: includes between rooms go one way, and only over declared links; third parties stay in
their rooms; every room says in one sentence what it is. Prints each breach as file:line: message and exits 1."""
import pathlib
import re
import sys

# Which rooms a room may include from, directly. The order of this table is the order of the flow.
ROOMS = {
    "base": "",
    "cache": "base",
    "manifest": "base",
    "resource": "base manifest",
    "placement": "base resource",
    "logic": "base",
    "semantics": "base manifest logic",
    "policy": "base placement logic semantics resource",
    "matrix": "base logic semantics resource policy",
    "world": "base logic semantics resource placement policy",
    "path": "base logic resource semantics",
    "proof": "",  # linked with nothing
    "smt": "base logic proof",
    "oracle": "base logic semantics resource policy world",
    "reach": "base logic semantics resource placement policy matrix world oracle",
    "verify": "base manifest placement logic semantics resource policy matrix world path smt oracle reach",
    "explain": "base placement logic semantics resource policy matrix world smt oracle reach verify",
    "report": "base manifest placement logic semantics resource policy matrix world path smt oracle reach verify explain",
    "library": "base cache manifest placement proof logic semantics resource policy matrix world path smt oracle reach verify explain report",
    "check_proof": "proof",
    "cli": "",  # the public headers alone
}

# Third-party headers and the only rooms that may see them.
THIRD_PARTIES = {
    r"yaml\.h": "manifest",
    r"simdjson\.h": "manifest",
    r"yaml-cpp/.*": "",  # a second opinion in tests
    r"roaring/.*": "reach",
    r"re2/.*": "semantics policy",  # expressions in a CNI's configuration: the CNIs use Go's regexp, whose syntax is RE2's
    r"nettle/.*": "base cache",
    r"xxhash\.h": "cache",
    r"z3.*": "smt",
    r"c?cadical\.h(pp)?": "smt",
    r"nlohmann/.*": "report library",  # what we write; and flows that are given as JSON lines
    r"CLI/.*": "cli",
    r"spdlog/.*": "base",
    r"catch2/.*": "",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SENTENCE = re.compile(r"^# (\w+): \S.{20,}\.$")


def breach_of_include(room, quote, path):
    """Why `room` may not include `path`, or None."""
    for pattern, allowed in THIRD_PARTIES.items():
        if re.fullmatch(pattern, path) and quote == "<":
            if room not in allowed.split():
                return f"<{path}> belongs to {allowed or 'the tests'} alone"
            return None
    first = path.split("/")[0]
    if first in ROOMS and first != room and "/" in path and first not in ROOMS[room].split():
        return f"room {room} may not include {path}; it may include from: {ROOMS[room] or 'no room'}"
    return None


def breaches(root):
    """All breaches below root/src and root/include as (file, line, message)."""
    source = root / "src"
    folders = sorted(path.name for path in source.iterdir() if path.is_dir())
    for name in folders:
        if name not in ROOMS:
            yield source / name, 1, f"room {name} has no place in the order of the rooms; add it to {pathlib.Path(__file__).name}"
    for name in ROOMS:
        shell = source / name / "CMakeLists.txt"
        first = shell.read_text().split("\n", 1)[0] if shell.exists() else ""
        sentence = SENTENCE.match(first)
        if not sentence or sentence.group(1) != name:
            yield shell, 1, f"opens with one sentence: '# {name}: what it takes, gives and owns.'"
    for path in sorted(p for p in source.rglob("*") if p.suffix in {".h", ".cpp"}):
        room = path.relative_to(source).parts[0]
        lines = path.read_text().splitlines()
        if path.suffix == ".h" and "#pragma once" not in lines:
            yield path, 1, "a header has #pragma once"
        for number, line in enumerate(lines, 1):
            include = INCLUDE.match(line)
            reason = include and room in ROOMS and breach_of_include(room, *include.groups())
            if reason:
                yield path, number, reason
    for path in sorted((root / "include").rglob("*.h")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            if include and include.group(2).split("/")[0] != "npverify" and (include.group(1) == '"' or "/" in include.group(2)):
                yield path, number, f"a public header includes only public headers and the standard library, not {include.group(2)}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(breaches(root))
    for path, line, message in found:
        print(f"{path.relative_to(root)}:{line}: {message}")
    print(f"{len(found)} breaches of the structure" if found else "the structure holds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
