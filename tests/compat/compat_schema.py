"""Our message structs are Apache's schemas, and the comparison that says so can say no."""

import copy
import random

import kafka_jars
import schema_oracle
from processes import expect
from registry import compat_test

# Of every n-th field of Apache's schemas, each attribute is changed in turn; every n-th message is
# taken away.
PLANT_EVERY = 7


@compat_test(limit_s=120, against=("moldau",))
def test_schema_oracle(rig):
    """Every message that Apache has is ours, and equal."""
    kafka = kafka_jars.jars("newest")
    ours = schema_oracle.our_messages(rig.moldau)
    comparison = schema_oracle.compare(ours, schema_oracle.apache_messages(kafka))
    text = schema_oracle.report(comparison, kafka)
    expect(comparison.messages > 0 and not schema_oracle.unexpected(comparison), text)
    accepted = {one[:3] for one in comparison.differences}
    stale = set(schema_oracle.ACCEPTED) - accepted
    expect(not stale, f"accepted, but no difference any more: {sorted(stale)}")
    print("    " + "\n    ".join(text.splitlines()[:1] + comparison.notes))


def fields_of(message):
    """Every field of a message, inner ones too."""
    waiting = list(message["fields"])
    for struct in message.get("commonStructs", []):
        waiting += struct["fields"]
    while waiting:
        field = waiting.pop()
        yield field
        waiting += field.get("fields", [])


def plant(field, how, rng):
    """Changes one attribute of a field in a way that the wire would show."""
    if how == "name":
        field["name"] += "X"
    elif how == "type":
        field["type"] = "int8" if field["type"] != "int8" else "int16"
        field.pop("fields", None)
        field.pop("default", None)
    elif how == "nullableVersions":
        field["nullableVersions"] = "none" if field.get("nullableVersions") else "0+"
    elif how == "ignorable":
        field["ignorable"] = not field.get("ignorable", False)
    elif how == "default":
        if field["type"] not in schema_oracle.INTEGERS | {"bool", "string"}:
            return False
        now = schema_oracle.default_value(field["type"], field.get("default"))
        other = {"bool": str(not now).lower(), "string": f"{now}x"}
        field["default"] = other.get(field["type"], "77" if now != 77 else "78")
    elif how == "tag":
        if "tag" not in field:
            return False
        field["tag"] += rng.randrange(1, 5)
    return True


def exists(field, theirs):
    """Whether the field is in a live version, so that a change to it must be seen."""
    valid = schema_oracle.all_versions(theirs)
    versions = schema_oracle.field_versions(field)
    return schema_oracle.version_range(versions, valid) != schema_oracle.NONE


@compat_test(limit_s=60)
def test_schema_oracle_finds_missing_and_invented_messages(rig):
    """A message that only one side has is a difference, whichever it is."""
    del rig
    theirs = schema_oracle.apache_messages(kafka_jars.jars("newest"))
    for key, message in list(theirs.items())[::PLANT_EVERY]:
        without = [other for other in theirs.values() if other is not message]
        found = schema_oracle.unexpected(schema_oracle.compare(without, theirs))
        expect([one[:3] for one in found] == [(*key, schema_oracle.MISSING)],
               f"without {key[1]}: {found}")
        older = {other: schema for other, schema in theirs.items() if other != key}
        found = schema_oracle.unexpected(schema_oracle.compare([message], older))
        expect((*key, schema_oracle.MISSING) in [one[:3] for one in found],
               f"{key[1]} invented: {found[:3]}")


@compat_test(limit_s=120)
def test_schema_oracle_finds_planted_differences(rig):
    """Apache's own schemas compare equal; with one attribute changed they do not."""
    del rig
    theirs = schema_oracle.apache_messages(kafka_jars.jars("newest"))
    clean = schema_oracle.compare(list(theirs.values()), theirs)
    expect(not clean.differences, f"Apache differs from itself: {clean.differences[:3]}")
    rng = random.Random(1)
    planted = 0
    for key, message in theirs.items():
        for index in range(0, len(list(fields_of(message))), PLANT_EVERY):
            for how in ("name", "type", "nullableVersions", "ignorable", "default", "tag"):
                changed = copy.deepcopy(message)
                field = list(fields_of(changed))[index]
                if not exists(field, message) or not plant(field, how, rng):
                    continue
                planted += 1
                found = schema_oracle.compare([changed], {key: message}).differences
                expect(found, f"not found: {how} of {message['name']}.{field['name']}")
    expect(planted > 500, f"only {planted} differences were planted")
    print(f"    {len(theirs)} messages equal themselves; {planted} planted differences were found")
