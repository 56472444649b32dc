"""Values in scripts: JSON with bare words, variables ($name, ${name}) and calls (name(...)).

    {Topics: [{Name: t$v, TopicId: $id, Records: batch([a, b])}]}

A word is a number, true, false, null or text; `$name` alone is the variable's value, inside a word
or a "string" it is its text.
"""

import dataclasses
import re

TOKEN = re.compile(r"""\s*(?:(?P<punctuation>[{}\[\](),:=]) | "(?P<string>(?:[^"\\]|\\.)*)" |
                       (?P<word>(?:\$\{\w+\}|[^\s{}\[\](),:="])+))""", re.VERBOSE)
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?$")
CONSTANTS = {"true": True, "false": False, "null": None}


class Malformed(Exception):
    """A script does not read as one."""


@dataclasses.dataclass(frozen=True)
class Template:
    """Text with variables in it."""

    text: str


@dataclasses.dataclass(frozen=True)
class Variable:
    name: str


@dataclasses.dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple
    options: tuple  # of (name, value)


class Parser:
    """Reads values from the front of a text."""

    def __init__(self, text):
        self.text, self.at = text, 0

    def peek(self):
        """(kind, text) of the next token; (None, "") at the end."""
        found = TOKEN.match(self.text, self.at)
        if not found:
            if self.text[self.at:].strip():
                raise Malformed(f"cannot read {self.text[self.at:].strip()[:40]!r}")
            return None, ""
        return found.lastgroup, found[found.lastgroup]

    def take(self, wanted=None):
        kind, text = self.peek()
        if kind is None or (wanted is not None and (kind, text) != ("punctuation", wanted)):
            raise Malformed(f"{wanted or 'a value'} is missing before "
                            f"{self.text[self.at:].strip()[:40]!r}")
        self.at = TOKEN.match(self.text, self.at).end()
        return kind, text

    def next_is(self, punctuation):
        return self.peek() == ("punctuation", punctuation)

    def at_end(self):
        return self.peek()[0] is None

    def value(self):
        kind, text = self.take()
        if kind == "string":
            return _template(re.sub(r"\\(.)", r"\1", text))
        if kind == "word":
            return self.call(text) if self.next_is("(") else _word(text)
        if text == "{":
            return dict(self.members("}"))
        if text == "[":
            return self.elements("]")
        raise Malformed(f"a value cannot begin with {text!r}")

    def members(self, end):
        pairs = []
        while not self.next_is(end):
            name = self.take()[1]
            self.take(":")
            pairs.append((name, self.value()))
            self.comma(end)
        self.take(end)
        return pairs

    def elements(self, end):
        values = []
        while not self.next_is(end):
            values.append(self.value())
            self.comma(end)
        self.take(end)
        return values

    def comma(self, end):
        if not self.next_is(end):
            self.take(",")

    def call(self, name):
        """name(value, ..., option: value, ...)"""
        self.take("(")
        arguments, options = [], []
        while not self.next_is(")"):
            value = self.value()
            if self.next_is(":"):
                self.take(":")
                options.append((value, self.value()))
            else:
                arguments.append(value)
            self.comma(")")
        self.take(")")
        return Call(name, tuple(arguments), tuple(options))


def parse(text):
    """The one value that is the whole text."""
    parser = Parser(text)
    value = parser.value()
    if not parser.at_end():
        raise Malformed(f"{parser.text[parser.at:].strip()[:40]!r} after the value")
    return value


def _word(text):
    if NUMBER.match(text):
        return float(text) if "." in text else int(text)
    if text in CONSTANTS:
        return CONSTANTS[text]
    found = VARIABLE.fullmatch(text)
    return Variable(found[1] or found[2]) if found else _template(text)


def _template(text):
    return Template(text) if "$" in text else text


def evaluate(value, variables, functions):
    """The value with its variables and calls replaced by what they stand for."""

    def known(name):
        if name not in variables:
            raise Malformed(f"there is no variable {name}")
        return variables[name]

    def walk(part):
        if isinstance(part, dict):
            return {name: walk(inner) for name, inner in part.items()}
        if isinstance(part, list):
            return [walk(inner) for inner in part]
        if isinstance(part, Variable):
            return known(part.name)
        if isinstance(part, Template):
            return VARIABLE.sub(lambda found: str(known(found[1] or found[2])), part.text)
        if isinstance(part, Call):
            if part.name not in functions:
                raise Malformed(f"there is no function {part.name}")
            options = {name: walk(inner) for name, inner in part.options}
            return functions[part.name](*map(walk, part.arguments), **options)
        return part

    return walk(value)


STEP = re.compile(r"\.?(\w+)|\[(\d+)\]|\[(\w+)=([^\]]*)\]")


def follow(body, path):
    """What a path such as Topics[Name=t].Partitions[0].Offset leads to; LookupError if nothing."""
    at = 0
    while at < len(path):
        step = STEP.match(path, at)
        if not step:
            raise Malformed(f"not a path: {path!r}")
        at = step.end()
        name, index, key, wanted = step.groups()
        if name is not None:
            if not isinstance(body, dict) or name not in body:
                raise LookupError(f"no {name} of {path}")
            body = body[name]
        elif index is not None:
            if not isinstance(body, list) or int(index) >= len(body):
                raise LookupError(f"no [{index}] of {path}")
            body = body[int(index)]
        else:
            body = next((one for one in body or () if str(one.get(key)) == wanted), None)
            if body is None:
                raise LookupError(f"no [{key}={wanted}] of {path}")
    return body
