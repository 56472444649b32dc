"""Reads the scripts (*.txt in this directory; the language is in README.md) into statements."""

import dataclasses
import pathlib
import re

from . import values
from .values import Malformed

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Line:
    """One logical line (brackets closed) with the deeper indented lines under it."""

    number: int
    indent: int
    text: str
    children: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Request:
    """`[send] API VERSIONS {body}` with its clauses."""

    line: int
    api: str
    versions: object  # text such as *, 3, 2..5, 4.., or a Variable
    body: object
    waits: bool = True  # for the answer
    answered: bool = True
    compared: bool = True
    form: object = None  # the version that the body is written in
    damage: tuple = ()  # of (how, value)
    binds: tuple = ()  # of (name, path)
    until: tuple = ()  # of (path, value)
    limit_s: float = None  # for the answer, where it may not come


@dataclasses.dataclass(frozen=True)
class Receive:
    """`receive`: the oldest answer that is still due on this connection."""

    line: int
    binds: tuple = ()
    compared: bool = True


@dataclasses.dataclass(frozen=True)
class Parked:
    """`parked`: notes whether the answer that is due is still held back."""

    line: int


@dataclasses.dataclass(frozen=True)
class Raw:
    """`frame BYTES` or `bytes BYTES`: sends that, with or without its size in front, and notes the
    answer or the end of the connection."""

    line: int
    data: object
    framed: bool


@dataclasses.dataclass(frozen=True)
class Let:
    line: int
    name: str
    value: object


@dataclasses.dataclass(frozen=True)
class On:
    """`on NAME [at controller]`: what follows goes over that connection, made if it is new."""

    line: int
    name: str
    listener: str


@dataclasses.dataclass(frozen=True)
class Close:
    """`close`: this connection is closed by us."""

    line: int


@dataclasses.dataclass(frozen=True)
class For:
    line: int
    name: str
    values: object  # a list, or text: LOW..HIGH or the name of an API for all its versions
    block: tuple


@dataclasses.dataclass(frozen=True)
class Section:
    """A story that stands for itself: its own topics and groups, its own connections."""

    file: str
    line: int
    title: str
    block: tuple
    apis: frozenset


def scripts(directory=HERE):
    """The sections of all scripts, in order of their files' names."""
    return [section for path in sorted(directory.glob("*.txt"))
            for section in read(path.name, path.read_text(encoding="utf-8"))]


def read(file, text):
    try:
        return _sections(file, _lines(text))
    except Malformed as error:
        raise Malformed(f"{file}:{error}") from None


def _code(line):
    """The line without its comment, which begins after a blank or at the beginning."""
    return re.match(r'(?:"(?:[^"\\]|\\.)*"|[^"#]|(?<=\S)#)*', line)[0].rstrip()


def _lines(text):
    """Logical lines, each with its line number and indentation."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        code = _code(raw)
        if not code.strip():
            continue
        if lines and _open(lines[-1].text):
            lines[-1].text += " " + code.strip()
        else:
            lines.append(Line(number, len(code) - len(code.lstrip()), code.strip()))
    return lines


def _open(text):
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\$\{\w+\}', "", text)
    return sum(bare.count(one) for one in "{[(") > sum(bare.count(one) for one in "}])")


def _tree(lines):
    """Nests lines under the less indented line before them."""
    roots, path = [], []
    for line in lines:
        while path and path[-1].indent >= line.indent:
            path.pop()
        (path[-1].children if path else roots).append(line)
        path.append(line)
    return roots


def _sections(file, lines):
    sections, title, block = [], None, []

    def end():
        if title is not None:
            statements = tuple(_statement(line) for line in _tree(block))
            sections.append(Section(file, title.number, title.text.removeprefix("section "),
                                    statements, frozenset(_apis(statements))))

    for line in lines:
        if line.text.startswith("section "):
            end()
            title, block = line, []
        elif title is None:
            raise Malformed(f"{line.number}: a script begins with a section")
        else:
            block.append(line)
    end()
    return sections


def _apis(statements):
    for statement in statements:
        if isinstance(statement, Request):
            yield statement.api
        elif isinstance(statement, For):
            yield from _apis(statement.block)


def _statement(line):
    try:
        return _read_statement(line)
    except Malformed as error:
        text = str(error)
        raise Malformed(text if re.match(r"\d+: ", text) else f"{line.number}: {text}") from None


def _read_statement(line):
    word, _, rest = line.text.partition(" ")
    if word == "for":
        return _loop(line, rest)
    if word == "let":
        name, _, value = rest.partition("=")
        return Let(line.number, name.strip(), values.parse(value))
    if word == "on":
        name, _, listener = rest.partition(" at ")
        return On(line.number, name.strip(), listener.strip() or "broker")
    if word in ("frame", "bytes"):
        return Raw(line.number, values.parse(rest), word == "frame")
    if word == "parked":
        return Parked(line.number)
    if word == "close":
        return Close(line.number)
    if word == "receive":
        return Receive(line.number, **_clauses(line))
    if word == "send":
        return _request(line, rest, waits=False)
    return _request(line, line.text, waits=True)


def _loop(line, rest):
    found = re.fullmatch(r"(\w+) in (.+):", rest)
    if not found:
        raise Malformed("a loop is: for NAME in VALUES:")
    listed = found[2].startswith("[")
    return For(line.number, found[1], values.parse(found[2]) if listed else found[2],
               tuple(_statement(child) for child in line.children))


def _request(line, text, waits):
    found = re.fullmatch(r"([A-Z]\w+) (\S+)(?: (\{.*\}))?", text)
    if not found:
        raise Malformed(f"not a statement: {text[:60]!r}")
    versions = values.parse(found[2]) if found[2].startswith("$") else found[2]
    return Request(line.number, found[1], versions, values.parse(found[3] or "{}"), waits=waits,
                   **_clauses(line))


def _clauses(line):
    """The lines under a request: what is done with it or with its answer."""
    clauses = {"binds": (), "until": (), "damage": ()}
    for child in line.children:
        word, _, rest = child.text.partition(" ")
        name, _, value = (part.strip() for part in rest.partition("="))
        if word == "bind":
            clauses["binds"] += ((name, value),)
        elif word == "until":
            path, _, value = rest.rpartition("=")
            clauses["until"] += ((path.strip(), values.parse(value)),)
        elif word in ("append", "cut"):
            clauses["damage"] += ((word, values.parse(rest)),)
        elif word == "form":
            clauses["form"] = values.parse(rest)
        elif word == "within":
            clauses["limit_s"] = values.parse(rest)
        elif word == "unanswered":
            clauses["answered"] = False
        elif word == "unseen":
            clauses["compared"] = False
        else:
            raise Malformed(f"{child.number}: not a clause: {child.text[:60]!r}")
    return {name: value for name, value in clauses.items() if value != ()}
