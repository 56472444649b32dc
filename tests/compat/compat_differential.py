#!/usr/bin/env python3
"""The same scripted requests to Apache Kafka and to us, the answers compared field by field.

    compat_differential.py [-R REGEX] [--transcript FILE] [--against apache|moldau] [--moldau PATH]

-R chooses sections. --transcript keeps what Apache answered and uses it the next time, as long as
the scripts are the same.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile

import kafka_jars
import kafka_rig
import processes
import schema_codec
from differential import compare, group_stories, script
from differential.recording import load, record, save
from processes import expect
from registry import compat_test

ANSWERS_MIN = 300
# Sections about groups, of both protocols.
GROUP_FILES = ("commits.txt", "consumer_groups.txt", "coordinators.txt", "group_configs.txt",
               "group_stories", "groups.txt", "offsets.txt", "rebalances.txt")
GROUP_SECTIONS_MIN = 200


def all_sections():
    return script.scripts() + group_stories.sections()


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
    lines += [f"differs: {one}" for one in compare.grouped(report.found)]
    lines += [f"in other words: {one}" for one in compare.grouped(report.messages)]
    lines.append(
        f"{report.requests} requests, {report.equal} answered alike; {len(report.found)} "
        f"differences in {report.requests - report.equal} answers; {report.accepted} accepted "
        f"differences by {sum(one.uses > 0 for one in accepted)} rules; {len(report.messages)} "
        f"explanations in other words; {len(report.skipped)} sections skipped")
    return "\n".join(lines)


@compat_test(limit_s=400, against=("moldau",))
def test_scripted_requests_are_answered_as_apache_answers_them(rig):
    """All scripts against both, one broker at a time; every difference is accepted with a reason,
    and every accepted difference is there."""
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = all_sections()
    accepted = compare.read_accepted()
    unexplained = compare.unexplained(accepted, compare.DIFFERENCES.read_text(encoding="utf-8"))
    expect(not unexplained, f"docs/differences.md does not explain {unexplained}")
    apache = record(rig, "apache", sections, schemas)
    ours = record(rig, "moldau", sections, schemas, apache.ranges(schemas))
    report = compared(sections, apache, ours, accepted)
    text = text_of(report, accepted)
    print("    " + "\n    ".join(
        [line for line in text.splitlines() if line.startswith("skipped")]
        + text.splitlines()[-1:]), flush=True)
    expect(not report.found, text)
    expect(report.requests >= ANSWERS_MIN, f"only {report.requests} requests")
    of_groups = sum(section.file in GROUP_FILES for section in sections)
    expect(of_groups >= GROUP_SECTIONS_MIN, f"only {of_groups} sections about groups")
    unused = [one.name for one in accepted if one.uses == 0]
    expect(not report.skipped, "sections were skipped")
    expect(not unused, f"accepted differences that are not there: {unused}")


@compat_test(limit_s=300, against=("apache",))
def test_scripted_requests_are_answered_alike_by_two_apaches(rig):
    """Two runs of Apache Kafka differ nowhere, not even in words; one changed field is found."""
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = all_sections()
    apache = record(rig, "apache", sections, schemas)
    again = record(rig, "apache", sections, schemas, apache.ranges(schemas), "again")
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-R", "--regex", default="", help="only sections whose name matches")
    parser.add_argument("--transcript", type=pathlib.Path, help="keeps what Apache answered")
    parser.add_argument("--against", choices=["moldau", "apache"], default="moldau")
    parser.add_argument("--moldau", type=pathlib.Path,
                        default=kafka_rig.ROOT / "build/release/moldau")
    options = parser.parse_args()
    schemas = schema_codec.Schemas(kafka_jars.jars("newest"))
    sections = [one for one in all_sections()
                if re.search(options.regex, f"{one.file}: {one.title}")]
    directory = tempfile.mkdtemp(prefix="moldau-differential-")
    rig = kafka_rig.Rig(directory, options.against, options.moldau.resolve())
    try:
        apache = load(options.transcript, sections)
        if apache is None:
            apache = record(rig, "apache", sections, schemas)
            if options.transcript:
                save(options.transcript, sections, apache)
        other = record(rig, options.against, sections, schemas, apache.ranges(schemas),
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
