"""kcat. It sends what its command line can say: one partition and one set of headers per call, no
timestamps, and either empty keys and values or null ones."""

import dataclasses
import json
import re

from client import PATIENCE_S, Client, Follower, Producer
from processes import expect, wait_until
from records import Record

RECORD_END = b"--end-of-record--"
KEY_END = b"--end-of-key--"
# Lengths come before what may contain anything; the headers are text, up to the end mark.
FORMAT = f"%p %o %T %K %S %k%s%h{RECORD_END.decode()}"
START = re.compile(rb"(\d+) (\d+) (\d+) (-?\d+) (-?\d+) ")

HEADER_SETS = ((), (("trace", b"abc"), ("schéma", b"1")), (("trace", b"a"), ("trace", None)))


def parse(output):
    """What kcat printed with FORMAT, as far as it is whole: [(offset, Record)]."""
    found, at = [], 0
    while start := START.match(output, at):
        partition, offset, timestamp, key_length, value_length = map(int, start.groups())
        at = start.end()
        parts = []
        for length in (key_length, value_length):
            parts.append(None if length < 0 else output[at:at + length])
            at += max(length, 0)
        end = output.find(RECORD_END, at)
        if end < 0:
            break
        headers = (("as kcat shows them", output[at:end]),) if end > at else ()
        found.append((offset, Record(partition, timestamp, *parts, headers)))
        at = end + len(RECORD_END)
    return found


def in_runs(records):
    """Neighbours that one call of kcat can send: same partition, same headers, null or empty."""
    run = []
    for record in records:
        if run and kind(run[-1]) != kind(record):
            yield run
            run = []
        run.append(record)
    if run:
        yield run


def kind(record):
    return record.partition, record.headers, nulls_in(record)


def nulls_in(record):
    """Whether the record belongs to a call with -Z, which makes null of what is empty."""
    return record.headers == HEADER_SETS[0]


class KcatProducer(Producer):
    """kcat reads its input in large pieces, so a flush is the end of the input."""

    def __init__(self, client, command):
        self.client, self.command = client, command
        self.waiting = []

    def send(self, records):
        self.waiting += records

    def flush(self):
        for run in in_runs(self.waiting):
            self.call(run)
        self.waiting = []

    def call(self, run):
        partition, headers, nulls = kind(run[0])
        words = ["-p", partition, *(["-Z"] if nulls else [])]
        for name, value in headers:
            words += ["-H", name if value is None else f"{name}={value.decode()}"]
        given = b"".join(line(record) for record in run)
        code, _, err = self.client.rig.run("kcat", [*self.command, *words], given)
        expect(code == 0 and "delivery failed" not in err.lower(),
               f"kcat -P ended with {code}: {err}")


def line(record):
    key = b"" if record.key is None and not nulls_in(record) else (record.key or b"") + KEY_END
    return key + (record.value or b"") + RECORD_END


class KcatFollower(Follower):
    def __init__(self, process):
        self.process = process

    def read(self, count, limit_s):
        def enough():
            expect(self.process.running(), f"kcat -C ended\n{self.process.tail()}")
            found = parse(self.process.stdout_path.read_bytes())
            return found if len(found) >= count else None

        return wait_until(enough, limit_s, f"{count} records come", pause_s=0.05)

    def close(self):
        self.process.kill()


class KcatClient(Client):
    name = "kcat"

    def adapt(self, records):
        """Six runs over the partitions; the timestamp is what the clock says."""
        adapted = []
        partitions = 1 + max(record.partition for record in records)
        for number, record in enumerate(records):
            run = number * 6 // len(records)
            record = dataclasses.replace(record, partition=run % partitions, timestamp=None,
                                         headers=HEADER_SETS[run % len(HEADER_SETS)])
            key, value = record.key, record.value
            if nulls_in(record):
                key, value = key or None, value or None
            else:
                value = value or b""
                # An empty line is no record to kcat.
                key = b"" if key is None and value == b"" else key
            adapted.append(dataclasses.replace(record, key=key, value=value))
        return adapted

    def shown(self, record):
        """kcat prints headers as text: name=value,... and a value only up to a zero byte."""
        text = b",".join(name.encode() + b"=" + (b"NULL" if value is None else
                                                 value.partition(b"\0")[0])
                         for name, value in record.headers)
        headers = (("as kcat shows them", text),) if text else ()
        return dataclasses.replace(record, headers=headers)

    def call(self, *words):
        code, out, err = self.rig.run("kcat", ["kcat", "-b", self.address, *words])
        expect(code == 0, f"kcat {words} ended with {code}: {err}")
        return out

    def producer(self, topic, how):
        return KcatProducer(self, [
            "kcat", "-P", "-b", self.address, "-t", topic, "-z", how.codec,
            "-D", RECORD_END.decode(), "-K", KEY_END.decode(), "-X", f"acks={how.acks}",
            "-X", f"enable.idempotence={str(how.idempotent).lower()}",
            "-X", f"message.timeout.ms={PATIENCE_S * 1000}"])

    def consume(self, topic, partitions):
        found = []
        for partition in range(partitions):
            found += parse(self.call("-C", "-q", "-e", "-t", topic, "-p", str(partition),
                                     "-o", "beginning", "-f", FORMAT,
                                     "-X", "fetch.wait.max.ms=50"))
        return found

    def follow(self, topic, partitions):
        """All partitions at once; `partitions` is what the topic has. -E: a broker that is away
        is not a reason to end."""
        return KcatFollower(self.rig.spawn(
            f"kcat-consumer-{len(self.rig.started)}",
            ["kcat", "-C", "-q", "-u", "-E", "-b", self.address, "-t", topic, "-o", "beginning",
             "-f", FORMAT, "-X", "reconnect.backoff.max.ms=200"]))

    def metadata(self):
        return json.loads(self.call("-L", "-J"))

    def topics(self):
        found = {}
        for topic in self.metadata()["topics"]:
            for partition in topic["partitions"]:
                expect(partition["leader"] >= 0 and len(partition["replicas"]) == 1 and
                       partition["replicas"] == partition["isrs"], f"kcat -L: {topic}")
            found[topic["topic"]] = len(topic["partitions"])
        return found

    def brokers(self):
        return {(broker["id"], broker["name"]) for broker in self.metadata()["brokers"]}

    def offsets_at(self, topic, times):
        words = [word for partition, time in times.items()
                 for word in ("-t", f"{topic}:{partition}:{time}")]
        answers = re.findall(r"\[(\d+)\] offset (-?\d+)", self.call("-Q", *words).decode())
        return {int(partition): int(offset) for partition, offset in answers}
