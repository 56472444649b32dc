#!/usr/bin/env python3
"""The same scripted requests to Apache Kafka and to us, the answers compared field by field.

    compat_differential.py [-R REGEX] [--transcript FILE] [--against apache|moldau] [--moldau PATH]

-R chooses sections. --transcript keeps what Apache answered and uses it the next time, as long as
the scripts are the same.
"""

import argparse
import dataclasses
import hashlib
import os
import pathlib
import pickle
import re
import shutil
import sys
import tempfile
import time

import kafka_jars
import kafka_rig
import processes
import schema_codec
import wire
from differential import compare, play, script
from processes import expect
from registry import compat_test

# What both brokers get beside the rig's own properties: no waiting for members that do not come.
PROPERTIES = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 100,
}
# Apache gets the features that a directory of ours has, so that it follows the same rules.
FEATURES = {"metadata.version": kafka_jars.METADATA_VERSION, "group.version": 0,
            "transaction.version": 0, "eligible.leader.replicas.version": 0, "share.version": 0,
            "streams.version": 0}
ANSWERS_MIN = 300
FINDINGS_SHOWN = 60


@dataclasses.dataclass
class Transcript:
    """What one broker answered to all scripts."""

    brand: str
    apis: dict  # {listener: {key: (low, high)}}
    side: compare.Side
    sections: dict  # {(file, title): [Exchange]}
    seconds: float
    scripts: str = ""  # their hash


class PlainApache(kafka_rig.Apache):
    """Apache Kafka without the features that we do not have."""

    def format(self):
        self.write_properties()
        features = [word for name, level in FEATURES.items()
                    for word in ("--feature", f"{name}={level}")]
        self.rig.java("storage-tool", self.kafka.classpath, "kafka.tools.StorageTool",
                      ["format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg", *features,
                       "-c", self.properties_path])


def make_server(rig, brand, name):
    settings = rig.settings(name)
    settings.properties.update(PROPERTIES)
    if brand == "moldau":
        return kafka_rig.Moldau(rig, name, settings)
    server = PlainApache(rig, name, settings)
    server.format()
    return server


def record(rig, brand, sections, schemas, ranges=None, name=None):
    """Starts a broker of that brand on a fresh directory, plays the sections and stops it. Sections
    with an API that it does not announce are left out. `ranges`: Apache's, which decide what "all
    versions" means; its own if there are none."""
    server = make_server(rig, brand, name or brand).start()
    addresses = {"broker": server.address, "controller": server.settings.controller_address}
    started = time.monotonic()
    apis = {listener: wire.api_versions(address)["apis"]
            for listener, address in addresses.items()}
    keys = {api: message.key for api, message in schemas.requests.items()}
    own = {api: apis["broker"][key] for api, key in keys.items() if key in apis["broker"]}
    player = play.Player(addresses, schemas, ranges or own)
    host = server.address.rsplit(":", 1)[0]
    side = compare.Side(host, {server.settings.broker_port: "broker",
                               server.settings.controller_port: "controller"},
                        str(server.data), int(time.time() * 1000))
    transcript = Transcript(brand, apis, side, {}, 0.0)
    for section in sections:
        if all(api in own for api in section.apis):
            transcript.sections[section.file, section.title] = player.play(section)
        expect(server.process.running(),
               f"{brand} ended during {section.title}\n{server.process.tail()}")
    transcript.seconds = time.monotonic() - started
    server.stop()
    return transcript


def own_ranges(transcript, schemas):
    """{name of the API: its versions} on the broker's listener."""
    return {api: transcript.apis["broker"][message.key]
            for api, message in schemas.requests.items()
            if message.key in transcript.apis["broker"]}


def compared(sections, apache, other, accepted):
    report = compare.Report()
    for section in sections:
        place = section.file, section.title
        if place in apache.sections and place in other.sections:
            compare.compare_sections(apache.sections[place], other.sections[place],
                                     (apache.side, other.side), accepted, report)
        else:
            missing = [name for name in (apache, other) if place not in name.sections]
            report.skipped.append(f"{section.file}: {section.title}: not announced by "
                                  f"{missing[0].brand}: one of {', '.join(sorted(section.apis))}")
    return report


def text_of(report, accepted):
    """The report in words; differences of explanations last."""
    lines = [f"skipped: {line}" for line in report.skipped]
    lines += [f"differs: {one}" for one in report.found]
    lines += [f"in other words: {one}" for one in report.messages]
    lines.append(
        f"{report.requests} requests, {report.equal} answered alike; {len(report.found)} "
        f"differences in {report.requests - report.equal} answers; {report.accepted} accepted "
        f"differences by {sum(one.uses > 0 for one in accepted)} rules; {len(report.messages)} "
        f"explanations in other words; {len(report.skipped)} sections skipped")
    return "\n".join(lines)


@compat_test(limit_s=180, against=("moldau",))
def test_scripted_requests_are_answered_as_apache_answers_them(rig):
    """All scripts against both, one broker at a time; every difference is accepted with a reason,
    and every accepted difference is there."""
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = script.scripts()
    accepted = compare.read_accepted()
    unexplained = compare.unexplained(accepted, compare.DIFFERENCES.read_text(encoding="utf-8"))
    expect(not unexplained, f"docs/differences.md does not explain {unexplained}")
    apache = record(rig, "apache", sections, schemas)
    ours = record(rig, "moldau", sections, schemas, own_ranges(apache, schemas))
    report = compared(sections, apache, ours, accepted)
    text = text_of(report, accepted)
    print("    " + "\n    ".join(
        [line for line in text.splitlines() if line.startswith("skipped")]
        + text.splitlines()[-1:]), flush=True)
    expect(not report.found, text)
    expect(report.requests >= ANSWERS_MIN, f"only {report.requests} requests")
    unused = [one.name for one in accepted if one.uses == 0]
    expect(report.skipped or not unused, f"accepted differences that are not there: {unused}")


@compat_test(limit_s=180, against=("apache",))
def test_scripted_requests_are_answered_alike_by_two_apaches(rig):
    """Two runs of Apache Kafka differ nowhere, not even in words; one changed field is found."""
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = script.scripts()
    apache = record(rig, "apache", sections, schemas)
    again = record(rig, "apache", sections, schemas, own_ranges(apache, schemas), "again")
    report = compared(sections, apache, again, [])
    expect(not report.found and not report.messages, text_of(report, []))
    planted = plant(again)
    report = compared(sections, apache, again, [])
    expect(len(report.found) == len(planted),
           f"{len(planted)} answers were changed, {len(report.found)} differences found")


def plant(transcript):
    """Changes the first error code of one answer in each section; returns what was changed."""
    changed = []

    def change(body):
        for name, value in body.items():
            inner = value if isinstance(value, list) else [value]
            if name == "ErrorCode":
                body[name] = value + 1
                return True
            if any(isinstance(one, dict) and change(one) for one in inner):
                return True
        return False

    for place, exchanges in transcript.sections.items():
        for exchange in reversed(exchanges):
            if exchange.compared and change(exchange.outcome.get("body", {})):
                changed.append(place)
                break
    return changed


def digest(sections):
    return hashlib.sha256(repr(sections).encode()).hexdigest()


def kept(path, sections):
    """The transcript in a file, if it is of these sections."""
    if path is None or not path.exists():
        return None
    transcript = pickle.loads(path.read_bytes())
    return transcript if transcript.scripts == digest(sections) else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-R", "--regex", default="", help="only sections whose name matches")
    parser.add_argument("--transcript", type=pathlib.Path, help="keeps what Apache answered")
    parser.add_argument("--against", choices=["moldau", "apache"], default="moldau")
    parser.add_argument("--moldau", type=pathlib.Path,
                        default=kafka_rig.ROOT / "build/release/moldau")
    options = parser.parse_args()
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = [one for one in script.scripts()
                if re.search(options.regex, f"{one.file}: {one.title}")]
    directory = tempfile.mkdtemp(prefix="moldau-differential-")
    rig = kafka_rig.Rig(directory, options.against, options.moldau.resolve())
    try:
        apache = kept(options.transcript, sections)
        if apache is None:
            apache = record(rig, "apache", sections, schemas)
            apache.scripts = digest(sections)
            if options.transcript:
                options.transcript.write_bytes(pickle.dumps(apache))
        other = record(rig, options.against, sections, schemas, own_ranges(apache, schemas),
                       "other")
    except processes.Failure as failure:
        print(failure)
        return 1
    finally:
        rig.close()
        shutil.rmtree(directory, ignore_errors=True)
    accepted = compare.read_accepted() if options.against == "moldau" else []
    report = compared(sections, apache, other, accepted)
    print(text_of(report, accepted))
    print(f"Apache took {apache.seconds:.1f} s, {options.against} {other.seconds:.1f} s")
    return 1 if report.found else 0


if __name__ == "__main__":
    os.nice(10)
    sys.exit(main())
