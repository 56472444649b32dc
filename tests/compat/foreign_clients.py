"""The foreign clients of the group tests, by name: where each comes from, and how its program
(clients/README.md: all have one command line) is started."""

import dataclasses
import json
import re
import sys
import tomllib
from typing import Callable

import client_builds
import kafka_jars
import kafka_rig
import processes
from processes import Failure, expect

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
VERB_LIMIT_S = 60


@dataclasses.dataclass(frozen=True)
class ForeignClient:
    """`program(rig)` builds what is not built yet and returns the beginning of a command line."""

    name: str
    language: str
    version: Callable
    program: Callable
    codecs: tuple = CODECS
    # The nearest record that it can send, and the record as it reads it.
    adapt: Callable = lambda record: record
    shown: Callable = lambda record: record

    def command(self, rig, verb, server, *arguments):
        return [*self.program(rig), verb, server.address, *map(str, arguments)]

    def run(self, rig, verb, server, *arguments, stdin_bytes=None):
        """Runs a verb to its end, which must be a good one; returns its stdout."""
        name = f"{self.name.replace('/', '-')}-{verb}"
        code, out, err = processes.run(name, self.command(rig, verb, server, *arguments),
                                       rig.directory, VERB_LIMIT_S, stdin_bytes)
        if code != 0:
            last = "\n".join((out[-2000:] + err).splitlines()[-15:])
            raise Failure(f"{name} ended with {code}:\n{last}")
        return out


def empty_as_null(record):
    """kafka-go reads nothing for an empty key, value or header, as for a null one."""
    return dataclasses.replace(
        record, key=record.key or None, value=record.value or None,
        headers=tuple((name, value or None) for name, value in record.headers))


def with_key_or_value(record):
    """aiokafka and kafka-python send nothing without key and value."""
    return record if record.value is not None else dataclasses.replace(record,
                                                                       key=record.key or b"")


def without_null_headers(record):
    """kafkajs and kafka-python send no header that is null."""
    return dataclasses.replace(
        record, headers=tuple((name, value or b"") for name, value in record.headers))


def text_of(*path):
    return client_builds.SOURCES.joinpath(*path).read_text(encoding="utf-8")


def go_version(module):
    found = re.search(rf"^\s*{re.escape(module)} v(\S+)", text_of("go", "go.mod"), re.MULTILINE)
    expect(found, f"go.mod does not name {module}")
    return found.group(1)


def node_version(package):
    return json.loads(text_of("node", "package.json"))["dependencies"][package]


def python_version(package):
    found = re.search(rf"^{re.escape(package)}==(\S+)", text_of("python", "requirements.txt"),
                      re.MULTILINE)
    expect(found, f"requirements.txt does not name {package}")
    return found.group(1)


def rust_version(crate):
    wanted = tomllib.loads(text_of("rust", "Cargo.toml"))["dependencies"][crate]
    return wanted["version"].removeprefix("=")


def java(rig):
    classpath, main = rig.program("Client")
    return kafka_rig.java_command(classpath, main, [])


def go(name):
    return lambda _rig: [str(client_builds.go_programs() / name)]


def node(script):
    return lambda _rig: [client_builds.node_command()[0],
                         str(client_builds.node_programs() / script)]


def python(script):
    # env replaces itself by the program: a signal reaches that.
    return lambda _rig: ["env", f"PYTHONPATH={client_builds.python_libraries()}", sys.executable,
                         str(client_builds.SOURCES / "python" / script)]


def rust(_rig):
    return [str(client_builds.rust_program())]


CLIENTS = (
    ForeignClient("kafka-clients", "Java", lambda: kafka_jars.jars("newest").version, java),
    ForeignClient("franz-go", "Go", lambda: go_version("github.com/twmb/franz-go"),
                  go("franz_go")),
    ForeignClient("sarama", "Go", lambda: go_version("github.com/IBM/sarama"), go("sarama")),
    ForeignClient("kafka-go", "Go", lambda: go_version("github.com/segmentio/kafka-go"),
                  go("kafka_go"), shown=empty_as_null),
    ForeignClient("kafkajs", "JavaScript", lambda: node_version("kafkajs"), node("kafkajs.mjs"),
                  adapt=without_null_headers),
    ForeignClient("@platformatic/kafka", "JavaScript",
                  lambda: node_version("@platformatic/kafka"), node("platformatic.mjs")),
    ForeignClient("confluent-kafka", "Python", lambda: python_version("confluent-kafka"),
                  python("confluent_client.py")),
    ForeignClient("aiokafka", "Python", lambda: python_version("aiokafka"),
                  python("aiokafka_client.py"), adapt=with_key_or_value),
    ForeignClient("kafka-python", "Python", lambda: python_version("kafka-python"),
                  python("kafka_python_client.py"),
                  adapt=lambda record: with_key_or_value(without_null_headers(record))),
    ForeignClient("rust-rdkafka", "Rust", lambda: rust_version("rdkafka"), rust),
)
