"""Manifests as text: a writer for people to read, and a reader of the YAML that kubectl, this writer and npverify write.

The reader knows block and flow collections, quoted and plain scalars, comments and several documents; not anchors, tags or block scalars,
which it refuses. It is for the tests' own files: npverify's reader is what the product reads with.
"""
import json
import re

WIDTH = 130
PLAIN = re.compile(r"[A-Za-z0-9_./$][A-Za-z0-9_./@+=~ -]*(?:[:][A-Za-z0-9_./-]+)*")
TYPED = re.compile(r"(?i:true|false|null|yes|no|on|off|y|n|~)|(?![0-9]+(\.[0-9]+){3}$)[-+]?[0-9][0-9_.:eExXoa-fA-FTZ+-]*|\.inf|\.nan")


# ------------------------------------------------------------------------------------------------------------------------------- writing
def scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    return text if PLAIN.fullmatch(text) and not TYPED.fullmatch(text) and text == text.strip() else json.dumps(text)


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def block(value, indent):
    """Lines of a non-empty collection; what is short and deep goes on one line."""
    pad = " " * indent
    if isinstance(value, dict):
        for k, v in value.items():
            line = f"{pad}{scalar(k)}: {flow(v)}"
            if not isinstance(v, (dict, list)) or not v or len(line) <= WIDTH and k not in ("spec", "status", "ingress", "egress", "specs"):
                yield line
            else:
                yield f"{pad}{scalar(k)}:"
                yield from block(v, indent + 2)
    else:
        for v in value:
            line = f"{pad}- {flow(v)}"
            if not isinstance(v, (dict, list)) or not v or len(line) <= WIDTH:
                yield line
            else:
                first, *rest = block(v, indent + 2)
                yield f"{pad}- {first.lstrip()}"
                yield from rest


def dump(value):
    return "\n".join(block(value, 0)) + "\n"


def dump_all(objects):
    return "---\n".join(map(dump, objects))


# ------------------------------------------------------------------------------------------------------------------------------- reading
class Unreadable(Exception):
    pass


class Flow:
    """One flow collection or scalar out of a text."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def skip(self):
        while self.at < len(self.text) and self.text[self.at] in " \t\n":
            self.at += 1

    def take(self, char):
        self.skip()
        if self.text[self.at:self.at + 1] != char:
            raise Unreadable(f"expected {char!r} at {self.text[self.at:self.at + 30]!r}")
        self.at += 1

    def peek(self):
        self.skip()
        return self.text[self.at:self.at + 1]

    def value(self):
        char = self.peek()
        if char == "{":
            return self.mapping()
        if char == "[":
            return self.sequence()
        if char in ('"', "'"):
            return self.quoted(char)
        match = re.compile(r"(?:[^,\[\]{}:]|:(?![\s,\]}]|$))*").match(self.text, self.at)
        self.at = match.end()
        return typed(match.group().strip())

    def mapping(self):
        out = {}
        self.take("{")
        while self.peek() != "}":
            key = self.value()
            value = None
            if self.peek() == ":":
                self.take(":")
                value = None if self.peek() in (",", "}") else self.value()
            out[as_key(key)] = value
            if self.peek() != "}":
                self.take(",")
        self.take("}")
        return out

    def sequence(self):
        out = []
        self.take("[")
        while self.peek() != "]":
            out.append(self.value())
            if self.peek() != "]":
                self.take(",")
        self.take("]")
        return out

    def quoted(self, quote):
        if quote == '"':
            value, self.at = json.JSONDecoder(strict=False).raw_decode(self.text, self.at)
            return value
        match = re.compile(r"'((?:[^']|'')*)'").match(self.text, self.at)
        if not match:
            raise Unreadable(f"open quote: {self.text[self.at:self.at + 30]!r}")
        self.at = match.end()
        return match.group(1).replace("''", "'")


def as_key(key):
    return key if isinstance(key, str) else "null" if key is None else str(key).lower() if isinstance(key, bool) else str(key)


def typed(text):
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "false", "False"):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", text):
        return int(text)
    if re.fullmatch(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?", text):
        return float(text)
    if text[0] in "&*!|>%@`":
        raise Unreadable(f"not read here: {text!r}")
    return text


def balance(text):
    """Open brackets outside quotes."""
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", "", text)
    return sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")


def logical_lines(text):
    """[indent, text] of each line that says something; lines of an open flow collection joined."""
    out, open_brackets = [], 0
    for line in text.splitlines():
        bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", lambda m: "x" * len(m.group()), line)
        comment = re.search(r"(^|\s)#", bare)
        line = (line[:comment.start()] if comment else line).rstrip()
        if not line.strip():
            continue
        if open_brackets > 0:
            out[-1][1] += " " + line.strip()
        else:
            out.append([len(line) - len(line.lstrip(" ")), line.strip()])
        content = out[-1][1]
        open_brackets = balance(content) if re.search(r"(^|: +|- +)[\[{]", content) else 0
    return out


KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\[\]{}#"'][^#"']*?)\s*:(?:\s+(.*))?$""")


class Block:
    def __init__(self, lines):
        self.lines, self.at = lines, 0

    def value(self, indent):
        text = self.lines[self.at][1]
        if text == "-" or text.startswith("- "):
            return self.sequence(indent)
        if text[0] not in "[{" and KEY.match(text):
            return self.mapping(indent)
        self.at += 1
        return Flow(text).value()

    def here(self, indent):
        return self.at < len(self.lines) and self.lines[self.at][0] == indent

    def nested(self, indent, rest, sequences_at_same):
        """The value behind a key or a dash."""
        if rest:
            if rest[0] in "&*!|>":
                raise Unreadable(f"not read here: {rest!r}")
            return Flow(rest).value() if rest[0] in "[{\"'" else typed(rest)
        if self.at < len(self.lines):
            deeper, text = self.lines[self.at]
            if deeper > indent or sequences_at_same and deeper == indent and (text == "-" or text.startswith("- ")):
                return self.value(deeper)
        return None

    def mapping(self, indent):
        out = {}
        while self.here(indent):
            text = self.lines[self.at][1]
            match = KEY.match(text)
            if not match or text.startswith("- "):
                break
            self.at += 1
            key = Flow(match.group(1)).value() if match.group(1)[0] in "\"'" else match.group(1)
            out[key] = self.nested(indent, match.group(2) or "", True)
        return out

    def sequence(self, indent):
        out = []
        while self.here(indent) and (self.lines[self.at][1] == "-" or self.lines[self.at][1].startswith("- ")):
            rest = self.lines[self.at][1][1:]
            if rest.strip() and rest.strip()[0] not in "[{" and (KEY.match(rest.strip()) or rest.strip().startswith("- ")):
                self.lines[self.at] = [indent + 1 + len(rest) - len(rest.lstrip()), rest.strip()]
                out.append(self.value(self.lines[self.at][0]))
            else:
                self.at += 1
                out.append(self.nested(indent, rest.strip(), False))
        return out


def load_all(text):
    """Every object of a stream, lists opened."""
    for document in re.split(r"(?m)^---(?:[ \t].*)?$|^\.\.\.[ \t]*$", text):
        if document.lstrip().startswith(("{", "[")):
            yield from objects_of(Flow(document).value())
            continue
        lines = logical_lines(document)
        if lines:
            reader = Block(lines)
            value = reader.value(lines[0][0])
            if reader.at != len(lines):
                raise Unreadable(f"not read: {lines[reader.at][1]!r}")
            yield from objects_of(value)


def objects_of(value):
    if isinstance(value, dict) and str(value.get("kind", "")).endswith("List") and isinstance(value.get("items"), list):
        for item in value["items"]:
            yield from objects_of(item)
    elif value is not None:
        yield value
