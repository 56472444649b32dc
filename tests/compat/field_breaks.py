"""The fields that our message headers describe, and random changes to the text of one."""

import dataclasses
import pathlib
import re

FOLDERS = ("src/protocol/messages", "src/protocol/records")

INFO = re.compile(r'MessageInfo info\{\s*\.name = "(\w+)".*?\.versions = \{(\d+), (\d+)\}', re.S)
STATEMENT = re.compile(r'field\(&(\w+)::(\w+),\s*"(\w+)"(?:,\s*([^;]*?))?\);', re.S)
BOUND = re.compile(r"\b(since|until|between|nullable_since)\(([\d, ]+)\)")
NEWEST = 0x7fff

WIDER = {"std::int8_t": "std::int16_t", "std::int16_t": "std::int32_t",
         "std::int32_t": "std::int64_t", "std::int64_t": "std::int32_t", "bool": "std::int16_t",
         "std::uint16_t": "std::int32_t", "Text": "SharedBytes", "SharedBytes": "Text",
         "Uuid": "Text", "PartitionId": "Offset", "NodeId": "Offset", "Offset": "PartitionId",
         "ErrorCode": "std::int32_t", "LeaderEpoch": "Offset", "double": "std::int32_t"}
NUMBERS = {"std::int8_t", "std::int16_t", "std::int32_t", "std::int64_t", "std::uint16_t",
           "std::uint32_t", "PartitionId", "NodeId", "Offset", "LeaderEpoch", "ErrorCode",
           "ProducerId", "ProducerEpoch", "BrokerEpoch", "double"}


@dataclasses.dataclass(frozen=True)
class Field:
    """One call of field() in a header."""

    path: str
    message: str
    versions: tuple  # of the struct around it
    struct: str
    member: str
    name: str
    spec: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Change:
    """A header with one field broken."""

    path: str
    message: str
    what: str
    text: str


def all_fields(root):
    fields = []
    for folder in FOLDERS:
        for path in sorted((pathlib.Path(root) / folder).glob("*.h")):
            text = path.read_text()
            found = list(_fields_of(str(path.relative_to(root)), text))
            fields += [_within_its_struct(field, found, text) for field in found]
    return fields


def _fields_of(path, text):
    infos = [(found.start(), found[1], (int(found[2]), int(found[3])))
             for found in INFO.finditer(text)]
    for found in STATEMENT.finditer(text):
        around = [one for one in infos if one[0] < found.start()]
        if around:
            yield Field(path, around[-1][1], around[-1][2], found[1], found[2], found[3],
                        found[4] or "", found.start(), found.end())


def _within_its_struct(field, fields, text):
    """The same field, its versions cut to those in which its message has the struct around it."""
    return dataclasses.replace(field, versions=_versions_of_struct(field, fields, text))


def _versions_of_struct(field, fields, text):
    """The message's versions if no field of the message is known to have the struct as its type."""
    users = [one for one in fields if one.message == field.message
             and _mentions(_declaration(one, text), field.struct)]
    ranges = [_live(one.spec, _versions_of_struct(one, fields, text))[0] for one in users]
    ranges = [one for one in ranges if one]
    if not ranges:
        return field.versions
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _mentions(declaration, struct):
    return declaration is not None and re.search(rf"\b{struct}\b", declaration[1]) is not None


def _live(spec, around):
    """What its bounds mean inside `around`: the versions that have the field, and those of them in
    which it may be null where that is bounded; None for no version at all."""
    low, high, nullable = 0, NEWEST, 0
    for found in BOUND.finditer(spec):
        numbers = [int(one) for one in found[2].split(",")]
        if found[1] == "nullable_since":
            nullable = numbers[0]
        else:
            low = 0 if found[1] == "until" else numbers[0]
            high = NEWEST if found[1] == "since" else numbers[-1]
    versions = _cut((low, high), around)
    return versions, versions and _cut((nullable, NEWEST), versions)


def _cut(versions, around):
    low, high = max(versions[0], around[0]), min(versions[1], around[1])
    return (low, high) if low <= high else None


def draw(root, fields, rng):
    """A Change of a random sort to a random field that lends itself to it."""
    sort = rng.choice([_bound, _tag, _default, _ignorable, _type, _order])
    while True:
        field = rng.choice(fields)
        text = (pathlib.Path(root) / field.path).read_text()
        made = sort(field, text, rng)
        if made is not None and made[1] != text:
            what = f"{field.struct}.{field.name}: {made[0]}"
            return Change(field.path, field.message, what, made[1])


def _with_spec(field, text, spec):
    arguments = f'&{field.struct}::{field.member}, "{field.name}"' + (f", {spec}" if spec else "")
    return text[:field.start] + f"field({arguments});" + text[field.end:]


def _respecified(field, text, spec):
    return f"{field.spec or 'no spec'} -> {spec or 'no spec'}", _with_spec(field, text, spec)


def _bound(field, text, rng):
    """None if the bound that was drawn means the same in every version that there is."""
    spec = _other_bound(field, rng)
    if spec is None or _live(spec, field.versions) == _live(field.spec, field.versions):
        return None
    return _respecified(field, text, spec)


def _other_bound(field, rng):
    found = rng.choice(list(BOUND.finditer(field.spec)) or [None])
    if found is None:
        if field.versions[0] == field.versions[1]:
            return None
        return f"since({field.versions[0] + 1})" + (f".{field.spec}" if field.spec else "")
    numbers = [int(one) for one in found[2].split(",")]
    at = rng.randrange(len(numbers))
    numbers[at] = max(0, numbers[at] + rng.choice([-1, 1]))
    bound = f"{found[1]}({', '.join(map(str, numbers))})"
    return field.spec[:found.start()] + bound + field.spec[found.end():]


def _tag(field, text, _rng):
    if "tag(" not in field.spec:
        return None
    spec = re.sub(r"\btag\((\d+)\)", lambda found: f"tag({int(found[1]) + 20})", field.spec)
    return _respecified(field, text, spec)


def _ignorable(field, text, _rng):
    if "ignorable()" in field.spec:
        return _respecified(field, text, re.sub(r"\.?ignorable\(\)", "", field.spec).strip("."))
    return _respecified(field, text, (field.spec + "." if field.spec else "") + "ignorable()")


def _declaration(field, text):
    """The member's declaration: its struct opens before the statement and is the nearest such.
    Structs inside that one may have a member of the same name, further in."""
    opened = list(re.compile(rf"\n( *)struct {field.struct} {{").finditer(text, 0, field.start))
    if not opened:
        return None
    return re.compile(rf"\n{opened[-1][1]}  ([\w:<>]+) {field.member}(\{{[^;]*\}});").search(
        text, opened[-1].end(), field.start)


def _default(field, text, _rng):
    found = _declaration(field, text)
    if not found:
        return None
    kind, now = found[1], found[2]
    if kind in NUMBERS:
        other = "{7}"
    elif kind == "bool":
        other = "{true}" if now == "{false}" else "{false}"
    elif kind == "Text":
        other = '{"x"}'
    elif kind.startswith("std::optional<"):
        other = "{std::in_place}" if now == "{}" else "{}"
    else:
        return None
    return (f"default {now} -> {other}", text[:found.start(2)] + other + text[found.end(2):])


def _type(field, text, _rng):
    found = _declaration(field, text)
    kind = found and re.search(r"[\w:]+(?=>*$)", found[1])
    other = kind and WIDER.get(kind[0])
    if not other:
        return None
    start = found.start(1) + kind.start()
    changed = text[:start] + other + text[found.start(1) + kind.end():]
    return f"type {kind[0]} -> {other}", changed


def _order(field, text, _rng):
    """The field changes places with the one behind it."""
    following = re.compile(r"\s*").match(text, field.end)
    other = STATEMENT.match(text, following.end())
    if not other or other[1] != field.struct:
        return None
    changed = (text[:field.start] + other[0] + following[0] + text[field.start:field.end]
               + text[other.end():])
    return f"order: behind {other[3]}", changed
