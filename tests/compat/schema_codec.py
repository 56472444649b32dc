"""Encodes and decodes any version of any Kafka message by the JSON schemas inside Apache's jars: an
opinion about the wire that shares nothing with ours.

A message is a dict with the schemas' own field names. Bytes and records are bytes, uuids the 22
characters of URL-safe base64. A field that is left out has its default; one that does not exist in
the version is ignored, one that exists in none is an error. "_tags" holds unknown tagged fields:
{tag: bytes}.
"""

import base64
import dataclasses
import json
import struct

import kafka_jars
import wire
from schema_oracle import (NONE, ZERO_UUID, all_versions, default_value, field_versions,
                           strip_comments, version_range)

NUMBERS = {"bool": "?", "int8": "b", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
           "int64": "q", "float64": "d"}
UNKNOWN_TAGS = "_tags"


def contains(versions, version):
    return versions[0] <= version <= versions[1]


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a schema, with its ranges cut to the message's versions."""

    name: str
    type: str  # of an element, if it is an array
    is_array: bool
    versions: tuple
    nullable: tuple
    tagged: tuple
    tag: int
    flexible: tuple
    default: object
    fields: tuple  # of a struct

    def is_tagged(self, version):
        return contains(self.tagged, version)

    def default_in(self, version):
        """What a reader assumes when the field is not there."""
        if self.default is None and contains(self.nullable, version):
            return None
        if self.is_array:
            return []
        if self.fields:
            return {field.name: field.default_in(version) for field in self.fields
                    if contains(field.versions, version)}
        if self.type in ("bytes", "records"):
            return b""
        return self.default


def _field(spec, valid, flexible, structs):
    versions = version_range(field_versions(spec), valid)
    own = spec.get("flexibleVersions")
    kind = spec["type"].removeprefix("[]")
    inner = spec.get("fields") or structs.get(kind, [])
    return Field(
        name=spec["name"], type="struct" if inner else kind,
        is_array=spec["type"].startswith("[]"), versions=versions,
        nullable=version_range(spec.get("nullableVersions"), versions),
        tagged=version_range(spec.get("taggedVersions"), versions), tag=spec.get("tag"),
        flexible=flexible if own is None else version_range(own, versions),
        default=default_value(spec["type"], spec.get("default")),
        fields=tuple(_field(one, valid, flexible, structs) for one in inner))


class Message:
    """A request, a response, a header or any other message that the jars describe."""

    def __init__(self, schema):
        self.name, self.key = schema["name"], schema.get("apiKey")
        self.versions = all_versions(schema)
        self.flexible = version_range(schema.get("flexibleVersions"), self.versions)
        structs = {one["name"]: one["fields"] for one in schema.get("commonStructs", [])}
        self.fields = tuple(_field(spec, self.versions, self.flexible, structs)
                            for spec in schema["fields"])

    def is_flexible(self, version):
        return contains(self.flexible, version)

    def encode(self, version, body):
        if not contains(self.versions, version):
            raise ValueError(f"{self.name} has no version {version}")
        writer = Writer(version)
        writer.struct(self.fields, body, self.is_flexible(version), self.name)
        return bytes(writer.out)

    def decode(self, version, data):
        """The body; raises ValueError unless the bytes are exactly that."""
        reader = Reader(version, data)
        body = reader.struct(self.fields, self.is_flexible(version))
        if not reader.bytes.at_end():
            raise ValueError(f"{self.name}: {len(data) - reader.bytes.at} bytes after its end")
        return body

    def decode_from(self, version, reader):
        """The body at the place of a wire.Reader, which may have more behind it."""
        return Reader(version, reader=reader).struct(self.fields, self.is_flexible(version))


class Writer:
    """Appends values in one version."""

    def __init__(self, version):
        self.version, self.out = version, bytearray()

    def struct(self, fields, body, flexible, path):
        unknown = set(body) - {field.name for field in fields} - {UNKNOWN_TAGS}
        if unknown:
            raise ValueError(f"{path} has no field {', '.join(sorted(unknown))}")
        tagged = {int(tag): data for tag, data in body.get(UNKNOWN_TAGS, {}).items()}
        for field in fields:
            if not contains(field.versions, self.version):
                continue
            here = f"{path}.{field.name}"
            if not field.is_tagged(self.version):
                value = body.get(field.name, field.default_in(self.version))
                self.value(field, value, flexible, here)
            elif field.name in body:
                inner = Writer(self.version)
                inner.value(field, body[field.name], flexible, here)
                tagged[field.tag] = bytes(inner.out)
        if flexible:
            self.out += wire.uvarint(len(tagged))
            for tag in sorted(tagged):
                self.out += wire.uvarint(tag) + wire.uvarint(len(tagged[tag])) + tagged[tag]

    def value(self, field, value, flexible, path):
        compact = flexible and field.flexible != NONE
        try:
            if not field.is_array:
                self.single(field, value, compact, path)
                return
            self.length(None if value is None else len(value), compact, "i")
            for index, element in enumerate(value or ()):
                self.single(field, element, compact, f"{path}[{index}]")
        except (struct.error, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: {value!r} is not a {field.type}: {error}") from None

    def single(self, field, value, compact, path):
        if field.fields:
            if not field.is_array and field.nullable != NONE:
                # What the generated classes write for null is 0 in a tagged field.
                null = 0 if field.is_tagged(self.version) else -1
                self.out += struct.pack(">b", null if value is None else 1)
            if value is not None:
                self.struct(field.fields, value, compact, path)
        elif field.type in NUMBERS:
            self.out += struct.pack(">" + NUMBERS[field.type], value)
        elif field.type == "uuid":
            self.out += base64.urlsafe_b64decode(value + "==")
        else:
            if field.type == "string" and value is not None:
                value = str(value)
            data = value.encode() if isinstance(value, str) else value
            form = "h" if field.type == "string" else "i"
            self.length(None if data is None else len(data), compact, form)
            self.out += data or b""

    def length(self, count, compact, form):
        if compact:
            self.out += wire.uvarint(0 if count is None else count + 1)
        else:
            self.out += struct.pack(">" + form, -1 if count is None else count)


class Reader:
    """Takes values in one version."""

    def __init__(self, version, data=b"", reader=None):
        self.version, self.bytes = version, reader or wire.Reader(data)

    def struct(self, fields, flexible):
        live = [field for field in fields if contains(field.versions, self.version)]
        body = {field.name: field.default_in(self.version) if field.is_tagged(self.version)
                else self.value(field, flexible) for field in live}
        if not flexible:
            return body
        by_tag = {field.tag: field for field in live if field.is_tagged(self.version)}
        for tag, data in self.bytes.tags().items():
            if tag in by_tag:
                inner = Reader(self.version, data)
                body[by_tag[tag].name] = inner.value(by_tag[tag], flexible)
                if not inner.bytes.at_end():
                    raise ValueError(f"tagged field {by_tag[tag].name} has bytes after its end")
            else:
                body.setdefault(UNKNOWN_TAGS, {})[tag] = data
        return body

    def value(self, field, flexible):
        compact = flexible and field.flexible != NONE
        if not field.is_array:
            return self.single(field, compact)
        count = self.length(compact, "i")
        return None if count is None else [self.single(field, compact) for _ in range(count)]

    def single(self, field, compact):
        if field.fields:
            null = 0 if field.is_tagged(self.version) else -1
            absent = (not field.is_array and field.nullable != NONE
                      and self.bytes.fixed("b")[0] <= null)
            return None if absent else self.struct(field.fields, compact)
        if field.type in NUMBERS:
            return self.bytes.fixed(NUMBERS[field.type])[0]
        if field.type == "uuid":
            return base64.urlsafe_b64encode(self.bytes.take(16)).decode().rstrip("=")
        count = self.length(compact, "h" if field.type == "string" else "i")
        if count is None:
            return None
        data = bytes(self.bytes.take(count))
        return data.decode() if field.type == "string" else data

    def length(self, compact, form):
        count = self.bytes.uvarint() - 1 if compact else self.bytes.fixed(form)[0]
        if count < -1 or count > len(self.bytes.data):
            raise ValueError(f"a length of {count} in {len(self.bytes.data)} bytes")
        return None if count == -1 else count


class Schemas:
    """The messages of a set of jars: requests and responses by the API's name, others by their
    own."""

    def __init__(self, kafka):
        self.requests, self.responses, self.others = {}, {}, {}
        for text in kafka_jars.schemas(kafka).values():
            schema = json.loads(strip_comments(text))
            if "validVersions" not in schema or all_versions(schema) == NONE:
                continue
            message = Message(schema)
            by_type = {"request": self.requests, "response": self.responses}
            name = message.name.removesuffix("Request").removesuffix("Response")
            by_type.get(schema["type"], self.others)[name] = message

    def request_frame(self, api, version, correlation_id, body, body_version=None, client_id=""):
        """A request without its size. `body_version`: the form of header and body, where the
        version in the header is one that does not exist."""
        message = self.requests[api]
        form = version if body_version is None else body_version
        header = self.others["RequestHeader"].encode(2 if message.is_flexible(form) else 1, {
            "RequestApiKey": message.key, "RequestApiVersion": version,
            "CorrelationId": correlation_id, "ClientId": client_id})
        return header + message.encode(form, body)

    def response(self, api, version, data):
        """(correlation id, body) of a response without its size."""
        message = self.responses[api]
        reader = wire.Reader(data)
        # The response header of ApiVersions never has tagged fields (KIP-511).
        flexible = message.is_flexible(version) and api != "ApiVersions"
        header = self.others["ResponseHeader"].decode_from(1 if flexible else 0, reader)
        return header["CorrelationId"], message.decode(version, data[reader.at:])


__all__ = ["Message", "Schemas", "ZERO_UUID"]
