#!/usr/bin/env python3
"""Compares our message descriptions, field by field, with the schemas inside Apache's jars.

    schema_oracle.py [--moldau PATH | --dump FILE]

Ours come from `moldau protocol dump-schema` (JSON, format in src/protocol/README.md). What is
compared of a message: API key, valid versions, flexible versions; of a field, in wire order: name,
type, versions, nullable versions, tagged versions, tag, default, whether it is ignorable. What is
not, because it is not on the wire: documentation, the names of structs, map keys, entity types.

A version range means what it means to a reader of the wire: it is cut to the versions of the
message and of every struct around the field, so "0+" and "3+" are equal inside a message that
begins at version 3.

Both lists have to be the same: a message that only Apache has is a difference, so a newer Kafka
fails until its messages are described (src/protocol/README.md, "To add a message"). By rule left
out are schemas without a valid version: APIs that were removed, of which nothing but a name is left.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import kafka_jars

# {(type, message name, path of the difference): reason}. Empty is what we want. The path of a
# message that one side lacks is MISSING.
ACCEPTED = {}
MISSING = "."

DUMP_LIMIT_S = 30

PRIMITIVES = {"bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "string",
              "uuid", "bytes", "records"}
INTEGERS = {"int8", "int16", "uint16", "int32", "uint32", "int64"}

NONE = (0, -1)  # the empty version range
ZERO_UUID = "AAAAAAAAAAAAAAAAAAAAAA"


def strip_comments(text):
    """JSON with // comments, as Kafka writes it, to JSON."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)


def version_range(text, limit):
    """"3", "3+", "3-5" or "none" (or nothing) as (low, high), cut to `limit`."""
    if text in (None, "", "none"):
        return NONE
    found = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?", text)
    if not found:
        raise ValueError(f"not a version range: {text!r}")
    low = int(found[1])
    high = limit[1] if found[2] else int(found[3] or low)
    low, high = max(low, limit[0]), min(high, limit[1])
    return (low, high) if low <= high else NONE


def range_text(versions):
    low, high = versions
    return "none" if low > high else str(low) if low == high else f"{low}-{high}"


def wire_type(kafka_type):
    """The type without the name of a struct."""
    if kafka_type.startswith("[]"):
        return "[]" + wire_type(kafka_type[2:])
    return kafka_type if kafka_type in PRIMITIVES else "struct"


def default_value(kafka_type, default):
    """The default as a value: what Kafka means by leaving it out, and one form of each number."""
    if default == "null":
        return None
    kind = wire_type(kafka_type)
    missing = default is None or default == ""
    if kind in INTEGERS:
        return 0 if missing else int(str(default), 0)
    if kind == "float64":
        return 0.0 if missing else float(default)
    if kind == "bool":
        return False if missing else str(default).lower() == "true"
    if kind == "string":
        return "" if missing else default
    if kind == "uuid":
        return ZERO_UUID if missing else str(default)
    return "empty" if missing else default


def field_versions(spec):
    """The text of a field's versions: a tagged field may leave them out."""
    return spec.get("versions") or spec["taggedVersions"]


class Field:
    """One field as it is on the wire in the versions that are compared."""

    def __init__(self, spec, around, flexible, structs):
        self.name = spec["name"]
        self.type = wire_type(spec["type"])
        versions = version_range(field_versions(spec), around)
        tagged = version_range(spec.get("taggedVersions"), versions)
        own_flexible = spec.get("flexibleVersions")
        self.attributes = {
            "type": self.type,
            "versions": range_text(versions),
            "nullableVersions": range_text(version_range(spec.get("nullableVersions"), versions)),
            "taggedVersions": range_text(tagged),
            "tag": spec.get("tag") if tagged != NONE else None,
            "flexibleVersions": range_text(
                version_range(own_flexible, versions) if own_flexible is not None
                else intersection(flexible, versions)),
            "default": default_value(spec["type"], spec.get("default")),
            "ignorable": bool(spec.get("ignorable", False)),
        }
        self.fields = []
        self.exists = versions != NONE
        if self.type.endswith("struct"):
            inner = spec.get("fields") or structs[spec["type"].removeprefix("[]")]
            self.fields = live_fields(inner, versions, flexible, structs)


def intersection(first, second):
    low, high = max(first[0], second[0]), min(first[1], second[1])
    return (low, high) if low <= high else NONE


def live_fields(specs, around, flexible, structs):
    """The fields that exist in at least one version of the range around them."""
    fields = [Field(spec, around, flexible, structs) for spec in specs]
    return [field for field in fields if field.exists]


def all_versions(message):
    """The valid versions of a message; NONE for an API that was removed."""
    return version_range(message["validVersions"], (0, 32767))


class Comparison:
    """Adds up what was compared, and every difference."""

    def __init__(self):
        self.messages = self.versions = self.fields = 0  # compared
        self.theirs = 0  # messages that Apache has
        self.differences = []  # (type, message, path, text)
        self.notes = []

    def differ(self, message, path, text):
        self.differences.append((message["type"], message["name"], path, text))

    def compare_message(self, ours, theirs):
        """Compares two descriptions of the message of the same type and name."""
        self.messages += 1
        our_versions, their_versions = all_versions(ours), all_versions(theirs)
        if our_versions != their_versions and not self._unstable(ours, theirs):
            self.differ(ours, "validVersions",
                        f"{range_text(our_versions)}, Apache {range_text(their_versions)}")
        if ours.get("apiKey") != theirs.get("apiKey"):
            self.differ(ours, "apiKey", f"{ours.get('apiKey')}, Apache {theirs.get('apiKey')}")
        common = intersection(our_versions, their_versions)
        self.versions += common[1] - common[0] + 1
        flexible = [version_range(one.get("flexibleVersions"), common) for one in (ours, theirs)]
        if flexible[0] != flexible[1]:
            self.differ(ours, "flexibleVersions",
                        f"{range_text(flexible[0])}, Apache {range_text(flexible[1])}")
        fields = []
        for message, its_flexible in zip((ours, theirs), flexible):
            structs = {one["name"]: one["fields"] for one in message.get("commonStructs", [])}
            fields.append(live_fields(message["fields"], common, its_flexible, structs))
        self.compare_fields(ours, "", *fields)

    def _unstable(self, ours, theirs):
        """Whether ours only lacks the newest version, which Apache itself does not serve yet."""
        low, high = all_versions(theirs)
        if not theirs.get("latestVersionUnstable") or all_versions(ours) != (low, high - 1):
            return False
        self.notes.append(f"{ours['name']}: version {high} is unstable and not ours yet")
        return True

    def compare_fields(self, message, path, ours, theirs):
        our_names = [field.name for field in ours]
        their_names = [field.name for field in theirs]
        if our_names != their_names:
            self.differ(message, path or ".", f"fields {our_names}, Apache {their_names}")
        by_name = {field.name: field for field in theirs}
        for mine in ours:
            other = by_name.get(mine.name)
            if other is None:
                continue
            self.fields += 1
            here = f"{path}.{mine.name}" if path else mine.name
            for key, value in mine.attributes.items():
                if value != other.attributes[key]:
                    self.differ(message, f"{here}:{key}",
                                f"{value!r}, Apache {other.attributes[key]!r}")
            self.compare_fields(message, here, mine.fields, other.fields)


def apache_messages(kafka):
    """{(type, name): schema} of every message in the jars that still has a version."""
    messages = {}
    for (jar, _), text in kafka_jars.schemas(kafka).items():
        message = json.loads(strip_comments(text))
        if "validVersions" in message and all_versions(message) != NONE:
            message["jar"] = jar
            messages[(message["type"], message["name"])] = message
    return messages


def compare(ours, theirs):
    """Compares a list of our messages with Apache's; returns the Comparison."""
    comparison = Comparison()
    comparison.theirs = len(theirs)
    missing = dict(theirs)
    for message in ours:
        key = (message["type"], message["name"])
        missing.pop(key, None)
        if key in theirs:
            comparison.compare_message(message, theirs[key])
        else:
            comparison.differ(message, MISSING, "a message that Apache does not have")
    for message in missing.values():
        comparison.differ(message, MISSING,
                          f"no such message; Apache has versions {message['validVersions']} of it "
                          f"in {message['jar']}")
    return comparison


def unexpected(comparison):
    """The differences that are not in ACCEPTED."""
    return [one for one in comparison.differences if one[:3] not in ACCEPTED]


def report(comparison, kafka):
    """The text of a comparison, one line per thing."""
    lines = [f"compared with Apache Kafka {kafka.version}: {comparison.messages} messages of its "
             f"{comparison.theirs}, {comparison.versions} versions, {comparison.fields} fields"]
    lines += comparison.notes
    for difference in comparison.differences:
        kind, name, path, text = difference
        reason = ACCEPTED.get(difference[:3])
        accepted = f" (accepted: {reason})" if reason else ""
        lines.append(f"differs: {kind} {name} {path}: ours {text}{accepted}")
    lines.append(f"{len(unexpected(comparison))} differences")
    return "\n".join(lines)


def our_messages(moldau):
    """What the binary says about itself."""
    result = subprocess.run([str(moldau), "protocol", "dump-schema"], capture_output=True,
                            text=True, timeout=DUMP_LIMIT_S, check=True)
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    parser.add_argument("--moldau", default=root / "build/release/moldau")
    parser.add_argument("--dump", type=pathlib.Path, help="a file instead of the binary's answer")
    options = parser.parse_args()
    ours = json.loads(options.dump.read_text()) if options.dump else our_messages(options.moldau)
    kafka = kafka_jars.jars("newest")
    comparison = compare(ours, apache_messages(kafka))
    print(report(comparison, kafka))
    return 1 if unexpected(comparison) or not comparison.messages else 0


if __name__ == "__main__":
    sys.exit(main())
