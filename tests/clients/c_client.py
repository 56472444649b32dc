"""A C program on librdkafka: client_program.c."""

import subprocess

import records as lines
from client import PATIENCE_S, Client, Follower, Place, Producer
from processes import expect, wait_until

SETTINGS = ("reconnect.backoff.max.ms=200", "topic.metadata.refresh.interval.ms=2000",
            f"message.timeout.ms={PATIENCE_S * 1000}")


class CProducer(Producer):
    def __init__(self, process):
        self.process = process
        self.sent = 0
        self.answered = 0
        self.flushes = 0

    def send(self, records):
        self.sent += len(records)
        self.process.stdin.write("".join(record.line() for record in records).encode())

    def flush(self):
        """An empty line asks for it; the line "flushed" follows the answers."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.flushes += 1

        def blocks():
            expect(self.process.running(), f"the C producer ended\n{self.process.tail()}")
            found = self.process.output().split("flushed\n")
            return found if len(found) > self.flushes else None

        answers = wait_until(blocks, PATIENCE_S, "the C producer has all its answers")
        places = [None] * (self.sent - self.answered)
        for line in answers[self.flushes - 1].splitlines():
            number, partition, offset, *_ = line.split()
            expect(partition != "failed", f"record {number} failed: {offset}")
            places[int(number) - self.answered] = Place(
                int(partition), int(offset) if int(offset) >= 0 else None)
        self.answered = self.sent
        return places

    def close(self):
        if not self.process.running():
            return
        self.process.stdin.close()
        code = self.process.wait(PATIENCE_S)
        expect(code == 0, f"the C producer ended with {code}\n{self.process.tail()}")


class CFollower(Follower):
    def __init__(self, process):
        self.process = process

    def read(self, count, limit_s):
        def enough():
            expect(self.process.running(), f"the C consumer ended\n{self.process.tail()}")
            whole_lines = self.process.output().rpartition("\n")[0]
            return lines.parse(whole_lines) if whole_lines.count("\n") + 1 >= count else None

        return wait_until(enough, limit_s, f"{count} records come", pause_s=0.05)

    def close(self):
        self.process.kill()


class CClient(Client):
    """The legacy consumer interface, which knows no groups; delivery reports; the admin client."""

    name = "c_program"

    def ask(self, verb, *words):
        """The rows that the program answers, each a list of fields."""
        code, out, err = self.rig.run(verb, [self.program, verb, self.address, *words])
        expect(code == 0, f"{verb} {words} ended with {code}: {out.decode()[-500:]}{err}")
        return [line.split("\t") for line in out.decode().splitlines()]

    def producer(self, topic, how):
        settings = (f"acks={how.acks}", f"compression.codec={how.codec}",
                    f"enable.idempotence={str(how.idempotent).lower()}", *SETTINGS)
        return CProducer(self.rig.spawn(
            f"c-producer-{len(self.rig.started)}",
            [self.program, "produce", self.address, topic, *settings], stdin=subprocess.PIPE))

    def consume(self, topic, partitions):
        code, out, err = self.rig.run(
            "consume", [self.program, "consume", self.address, topic, partitions,
                        "fetch.wait.max.ms=50"])
        expect(code == 0, f"consume {topic} ended with {code}: {err}")
        return lines.parse(out.decode())

    def follow(self, topic, partitions):
        return CFollower(self.rig.spawn(
            f"c-consumer-{len(self.rig.started)}",
            [self.program, "follow", self.address, topic, str(partitions),
             "reconnect.backoff.max.ms=200"]))

    def topics(self):
        counts = {}
        for kind, *fields in self.ask("metadata"):
            if kind == "partition":
                topic, partition, leader, replicas, isr, error = fields
                expect(error == "NO_ERROR" and (replicas, isr) == ("1", "1") and int(leader) >= 0,
                       f"metadata of {topic}-{partition}: {fields}")
                counts[topic] = counts.get(topic, 0) + 1
        return counts

    def brokers(self):
        return {(int(fields[0]), fields[1])
                for kind, *fields in self.ask("metadata") if kind == "broker"}

    def offsets_at(self, topic, times):
        question = ",".join(f"{partition}:{time}" for partition, time in times.items())
        answers = self.ask("offsets", topic, question)
        expect(all(error == "NO_ERROR" for _, _, error in answers), f"offsets: {answers}")
        return {int(partition): int(offset) for partition, offset, _ in answers}
