"""Compares two transcripts field by field, after taking out what may differ: ids, times, addresses,
and the order of what has none."""

import configparser
import dataclasses
import json
import pathlib
import re

from . import batches

HERE = pathlib.Path(__file__).resolve().parent
ACCEPTED = HERE / "accepted.ini"
DIFFERENCES = HERE.parent.parent.parent / "docs" / "differences.md"

ABSENT = "absent"
PLACES_SHOWN = 4
REQUEST_SHOWN = 200
NEAR_MS = 3600 * 1000  # a time this near to the run is "now"
ZERO_UUIDS = ("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ")
TIME = re.compile(r"(?<!\d)\d{13}(?!\d)")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# Fields that hold ids: each new one is numbered, so that the same one must come back.
IDS = {"ProducerId", "SessionId", "TopicId", "TopicIds", "IncarnationId", "ReplicaDirectoryId",
       "DirectoryId", "ClientInstanceId"}
# Fields whose value is this node's own, if it is not negative.
OWN = {"ClusterId", "BrokerEpoch", "FinalizedFeaturesEpoch", "TotalBytes", "UsableBytes",
       "ThrottleTimeMs"}
OWN_OF_API = {"DescribeQuorum": {"HighWatermark", "LogEndOffset", "LeaderEpoch",
                                 "LastFetchTimestamp", "LastCaughtUpTimestamp"}}
# Arrays without an order, by the API and their place: the fields that tell their elements apart.
# Apache answers many of them in the order of a hash table.
BY_TOPIC = ("Name", "Topic", "TopicId")  # the first that is there
BY_RESOURCE = ("ResourceType", "ResourceName")
UNORDERED = {
    "Produce": {"Responses": BY_TOPIC, "Responses[].PartitionResponses": ("Index",)},
    "Fetch": {"Responses": BY_TOPIC, "Responses[].Partitions": ("PartitionIndex",)},
    "ListOffsets": {"Topics": BY_TOPIC, "Topics[].Partitions": ("PartitionIndex",)},
    "Metadata": {"Topics": BY_TOPIC},
    "OffsetFetch": {"Topics": BY_TOPIC, "Topics[].Partitions": ("PartitionIndex",),
                    "Groups": ("GroupId",), "Groups[].Topics": BY_TOPIC,
                    "Groups[].Topics[].Partitions": ("PartitionIndex",)},
    "JoinGroup": {"Members": ("GroupInstanceId", "Metadata")},
    "DescribeGroups": {"Groups[].Members": ("GroupInstanceId", "MemberMetadata",
                                            "MemberAssignment")},
    "ConsumerGroupDescribe": {"Groups[].Members": ("MemberId",)},
    "ListGroups": {"Groups": ("GroupId",)},
    "ApiVersions": {"ApiKeys": ("ApiKey",), "SupportedFeatures": ("Name",),
                    "FinalizedFeatures": ("Name",)},
    "CreateTopics": {"Topics": ("Name",), "Topics[].Configs": ("Name",)},
    "DeleteTopics": {"Responses": BY_TOPIC},
    "DeleteRecords": {"Topics": BY_TOPIC, "Topics[].Partitions": ("PartitionIndex",)},
    "OffsetForLeaderEpoch": {"Topics": BY_TOPIC, "Topics[].Partitions": ("Partition",)},
    "DescribeConfigs": {"Results": BY_RESOURCE, "Results[].Configs": ("Name",)},
    "AlterConfigs": {"Responses": BY_RESOURCE},
    "IncrementalAlterConfigs": {"Responses": BY_RESOURCE},
    "DescribeLogDirs": {"Results[].Topics": BY_TOPIC,
                        "Results[].Topics[].Partitions": ("PartitionIndex",)},
    "CreatePartitions": {"Results": ("Name",)},
    "DeleteGroups": {"Results": ("GroupId",)},
    "OffsetDelete": {"Topics": BY_TOPIC},
    "ListConfigResources": {"ConfigResources": BY_RESOURCE},
}


@dataclasses.dataclass(frozen=True)
class Difference:
    """One field of one answer that is not what Apache answered."""

    exchange: object
    path: str  # without indices
    place: str  # with them
    apache: object
    other: object

    @property
    def is_message(self):
        """Whether only the words of an explanation differ: less grave."""
        return (self.path.endswith(("ErrorMessage", "Documentation"))
                and isinstance(self.apache, str) == isinstance(self.other, str))

    @property
    def kind(self):
        """What it has in common with its like in other versions and requests."""
        apache, other = shown(self.apache), shown(self.other)
        if self.path.endswith("[]") and ABSENT in (apache, other):
            apache, other = ("absent" if one == ABSENT else "has more" for one in (apache, other))
        return self.exchange.api, self.path, apache, other


def grouped(differences):
    """Differences as text: those of one kind together, with the places where they were found."""
    by_kind = {}
    for one in differences:
        by_kind.setdefault(one.kind, []).append(one)
    for (api, path, apache, other), group in by_kind.items():
        lines = [f"{api} {path or 'the answer'}: Apache {apache}, we {other}"]
        places = {}
        for one in group:
            exchange = one.exchange
            key = exchange.section, exchange.line, exchange.request[:REQUEST_SHOWN], one.place
            places.setdefault(key, []).append(exchange.version)
        for (section, line, request, place), versions in list(places.items())[:PLACES_SHOWN]:
            listed = ",".join(map(str, dict.fromkeys(versions)))
            lines.append(f"    {section} (line {line}) v{listed} {request}  at {place}")
        if len(places) > PLACES_SHOWN:
            lines.append(f"    and in {len(places) - PLACES_SHOWN} other places")
        yield "\n".join(lines)


def shown(value):
    text = value if value == ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 400 else text[:400] + "..."


@dataclasses.dataclass
class Side:
    """What is particular to the broker that a transcript is of."""

    host: str
    ports: dict  # {port: name}
    data: str
    now_ms: int


class Normaliser:
    """Makes the answers of one section comparable. Ids are numbered as they come."""

    def __init__(self, side):
        self.side, self.numbers = side, {}

    def outcome(self, api, outcome):
        if "bytes" in outcome:  # an answer to what was no request of ours
            ports = {port.to_bytes(4, "big").hex(): what for port, what in self.side.ports.items()}
            text = outcome["bytes"]
            for port, what in ports.items():
                text = text.replace(port, f"<port of {what}>")
            return {**outcome, "bytes": text}
        if "body" not in outcome:
            return outcome
        body = self.value(api, "", "", outcome["body"])
        return {**outcome, "body": body}

    def value(self, api, path, name, value):
        if isinstance(value, dict):
            return {key: self.value(api, f"{path}.{key}" if path else key, key, inner)
                    for key, inner in value.items()}
        if isinstance(value, list):
            keys = UNORDERED.get(api, {}).get(path)
            ordered = value if keys is None else sorted(value, key=lambda one: sort_key(one, keys))
            return [self.value(api, path + "[]", name, inner) for inner in ordered]
        if isinstance(value, bytes):
            if name == "Records":
                return self.value(api, path, "", batches.describe(value))
            return value.hex()
        if isinstance(value, str):
            return self.text(name, value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(api, name, value)
        return value

    def numbered(self, kind, value):
        known = self.numbers.setdefault(kind, {})
        return f"{kind} {known.setdefault(value, len(known) + 1)}"

    def text(self, name, value):
        if name in OWN:
            return value and f"<{name}>"
        if name in IDS:
            return value if value in ZERO_UUIDS else self.numbered("id", value)
        value = UUID.sub(lambda found: f"<{self.numbered('uuid', found[0])}>", value)
        value = value.replace(self.side.data, "<data>")
        value = TIME.sub(lambda found: str(self.time(int(found[0]))), value)
        for port, what in self.side.ports.items():
            value = value.replace(f"{self.side.host}:{port}", f"<{what}>")
        return value

    def number(self, api, name, value):
        if name == "Port" and value in self.side.ports:
            return f"<port of {self.side.ports[value]}>"
        if name in OWN or name in OWN_OF_API.get(api, ()):
            return f"<{name}>" if value >= 0 else value
        if name in IDS:
            return self.numbered(name, value) if value > 0 or (
                value == 0 and name == "ProducerId") else value
        return self.time(value)

    def time(self, value):
        return "<now>" if abs(value - self.side.now_ms) < NEAR_MS else value


def sort_key(element, keys):
    """What the keys say about an element."""
    if keys == BY_TOPIC:
        return [next((element[key] for key in keys if element.get(key)), "")]
    return [str(element.get(key)) for key in keys]


def identity(api, path):
    return UNORDERED.get(api, {}).get(path)


def differences(exchange, apache, other):
    """Every difference between two normalised outcomes."""
    found = []

    def differ(path, place, mine, theirs):
        found.append(Difference(exchange, path, place, mine, theirs))

    def walk(path, place, mine, theirs):
        if isinstance(mine, dict) and isinstance(theirs, dict):
            for key in {**mine, **theirs}:
                inner = f"{path}.{key}" if path else key
                walk(inner, f"{place}.{key}" if place else key,
                     mine.get(key, ABSENT), theirs.get(key, ABSENT))
        elif isinstance(mine, list) and isinstance(theirs, list):
            keys = identity(exchange.api, path)
            if keys is None:
                pairs = {index: (pick(mine, index), pick(theirs, index))
                         for index in range(max(len(mine), len(theirs)))}
            else:
                pairs = paired(mine, theirs, keys)
            for key, (one, two) in pairs.items():
                walk(path + "[]", f"{place}[{key}]", one, two)
        elif mine != theirs or isinstance(mine, bool) != isinstance(theirs, bool):
            differ(path, place, mine, theirs)

    if "body" in apache and "body" in other:
        walk("", "", {**apache.pop("body"), **{f"({k})": v for k, v in apache.items()}},
             {**other.pop("body"), **{f"({k})": v for k, v in other.items()}})
    elif apache != other:
        differ("", "the answer", apache, other)
    return found


def pick(values, index):
    return values[index] if index < len(values) else ABSENT


def paired(mine, theirs, keys):
    """{name: (mine, theirs)} of the elements of two arrays without an order."""
    pairs = {}
    for side, values in enumerate((mine, theirs)):
        for one in values:
            name, again = ",".join(sort_key(one, keys)), 0
            while pairs.get((name, again), [ABSENT] * 2)[side] != ABSENT:
                again += 1
            pairs.setdefault((name, again), [ABSENT, ABSENT])[side] = one
    return {name if again == 0 else f"{name} again": tuple(both)
            for (name, again), both in pairs.items()}


@dataclasses.dataclass
class Accepted:
    """A difference that is meant, as accepted.ini describes it."""

    name: str
    rules: dict
    uses: int = 0

    def covers(self, difference):
        one = difference.exchange
        facts = {"section": one.section, "api": one.api, "version": str(one.version),
                 "path": difference.path, "place": difference.place, "request": one.request,
                 "apache": shown(difference.apache), "moldau": shown(difference.other)}
        return all(matches(facts[key], pattern) for key, pattern in self.rules.items()
                   if key in facts)


def matches(text, pattern):
    """Whether one of the pattern's lines matches; * stands for anything, the rest for itself."""
    return any(re.fullmatch(re.escape(line.strip()).replace(r"\*", ".*"), text, re.DOTALL)
               for line in pattern.strip().splitlines())


def read_accepted(path=ACCEPTED):
    """The accepted differences; each quotes a text of docs/differences.md that explains it."""
    parser = configparser.RawConfigParser(delimiters=(":",), strict=True)
    parser.read(path, encoding="utf-8")
    return [Accepted(name, dict(parser[name])) for name in parser.sections()]


def unexplained(accepted, text):
    """The names of entries that do not quote `text`, the page of differences."""
    flat = " ".join(text.split())
    return [one.name for one in accepted
            if not one.rules.get("explained") or one.rules["explained"] not in flat]


@dataclasses.dataclass
class Report:
    requests: int = 0
    equal: int = 0
    found: list = dataclasses.field(default_factory=list)
    messages: list = dataclasses.field(default_factory=list)
    accepted: int = 0
    skipped: list = dataclasses.field(default_factory=list)


def compare_sections(apache, other, sides, accepted, report):
    """Adds the comparison of one section, two lists of exchanges, to the report."""
    normalisers = [Normaliser(side) for side in sides]
    for mine, theirs in zip(apache, other, strict=True):
        if (mine.section, mine.line, mine.api, mine.version) != (
                theirs.section, theirs.line, theirs.api, theirs.version):
            raise ValueError(f"the transcripts are of different scripts: {mine}, {theirs}")
        pair = [normaliser.outcome(one.api, one.outcome)
                for normaliser, one in zip(normalisers, (mine, theirs))]
        if not mine.compared:
            continue
        report.requests += 1
        graver = 0
        for difference in differences(mine, *pair):
            entry = next((one for one in accepted if one.covers(difference)), None)
            if entry:
                entry.uses += 1
                report.accepted += 1
            elif difference.is_message:
                report.messages.append(difference)
            else:
                graver += 1
                report.found.append(difference)
        report.equal += graver == 0
