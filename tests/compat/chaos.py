#!/usr/bin/env python3
"""Consumer groups of real clients, both protocols, under a load of records, while their members are
killed, paused for longer than their session, added and sent away, and the broker is killed:

    chaos.py [--minutes N] [-R REGEX] [--seed N] [--every S] [--against moldau|apache] [--keep]

Nothing may be lost: every acknowledged record is read by every group; committed offsets never go
back; no partition has two owners (by what members say, and by the order in which the coordinator
accepted commits, chaos_log.py); a group is settled again within its bound after each event. The last
line is "N passed, N failed", one for each group.
"""

import argparse
import pathlib
import random
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time

import chaos_groups
import chaos_log
import client_builds
import kafka_jars
import kafka_rig
import offsets_log
import schema_codec
from chaos_groups import TOPIC
from foreign_clients import CLIENTS
from processes import Failure, expect, wait_until

PARTITIONS = 6
MEMBERS = 2  # of a group at the start
RECORDS_A_SECOND = 40
BROKER_KILLS = 3
BROKER_AWAY_S = 2
TURN_S = 0.05
CALM_S = 2  # after a group has settled it works for so long
EVENTS = ("kill", "kill", "pause", "add", "leave")


class Producer(threading.Thread):
    """Sends records until it is told to end; knows which were acknowledged where."""

    def __init__(self, address):
        super().__init__(daemon=True)
        sys.path.append(str(client_builds.python_libraries()))
        import confluent_kafka  # pylint: disable=import-outside-toplevel; fetched just now
        self.client = confluent_kafka.Producer({
            "bootstrap.servers": address, "acks": "all", "enable.idempotence": True,
            "linger.ms": 5, "delivery.timeout.ms": 300_000, "reconnect.backoff.max.ms": 200,
            "log_level": 0})
        self.acknowledged = {}  # (partition, offset): value as members write it
        self.failed = []
        self.ending = threading.Event()

    def on_delivery(self, error, message):
        if error is None:
            self.acknowledged[message.partition(), message.offset()] = message.value().hex()
        else:
            self.failed.append(str(error))

    def run(self):
        sent = 0
        while not self.ending.wait(0.1):
            for _ in range(RECORDS_A_SECOND // 10):
                self.client.produce(TOPIC, key=b"k", value=b"%d" % sent,
                                    partition=sent % PARTITIONS, on_delivery=self.on_delivery)
                sent += 1
            self.client.poll(0)
        self.client.flush(60)

    def end(self):
        """All that was sent is acknowledged, or an error."""
        self.ending.set()
        self.join()
        expect(not self.failed, f"records were not acknowledged: {self.failed[:3]}")


class Chaos:
    """One run."""

    def __init__(self, rig, options):
        self.rig, self.options = rig, options
        self.random = random.Random(options.seed)
        session_ms = chaos_groups.SESSION_S * 1000
        self.server = rig.server(rig.settings(
            log_retention_ms=-1, group_initial_rebalance_delay_ms=500,
            group_consumer_session_timeout_ms=session_ms,
            group_consumer_min_session_timeout_ms=session_ms,
            group_consumer_min_heartbeat_interval_ms=1000,
            group_consumer_heartbeat_interval_ms=1000))
        kinds = [kind for kind in chaos_groups.KINDS if re.search(options.regex, kind.name)]
        self.groups = [chaos_groups.Group(rig, self.server, kind, PARTITIONS) for kind in kinds]
        self.broker_away = []  # seconds until it answered again

    def run(self):
        self.server.start()
        CLIENTS[0].run(self.rig, "create", self.server, TOPIC, PARTITIONS)
        producer = Producer(self.server.address)
        producer.start()
        begun = time.monotonic()
        for group in self.groups:
            for _ in range(MEMBERS):
                group.add()
        # The time begins when all groups have been settled once.
        self.turn_until(lambda: all(group.settled_after for group in self.groups),
                        chaos_groups.SETTLE_LIMIT_S * 3, "all groups have settled")
        print(f"all {len(self.groups)} groups settled after {time.monotonic() - begun:.0f} s",
              flush=True)
        self.disturb(60 * self.options.minutes)
        producer.end()
        self.finish(producer)
        self.server.stop()
        self.judge()

    def turn(self):
        for group in self.groups:
            group.turn()

    def turn_until(self, condition, limit_s, what):
        def met():
            self.turn()
            return condition()

        try:
            wait_until(met, limit_s, what, pause_s=TURN_S)
        except Failure as failure:
            states = "\n".join(f"  {group.kind.name}: {group.state()}" for group in self.groups)
            raise Failure(f"{failure}\n{states}") from None

    # ------------------------------------------------------------------------------ events

    def disturb(self, seconds):
        begun = time.monotonic()
        kills = [begun + seconds * (number + 1) / (BROKER_KILLS + 1)
                 for number in range(BROKER_KILLS)]
        next_event = begun
        while time.monotonic() < begun + seconds:
            self.turn()
            if kills and time.monotonic() > kills[0]:
                kills.pop(0)
                self.kill_broker()
            if time.monotonic() > next_event:
                self.event()
                next_event = time.monotonic() + self.options.every
            time.sleep(TURN_S)

    def kill_broker(self):
        self.server.kill()
        away = time.monotonic()
        for group in self.groups:
            group.broker_killed_at = away
        while time.monotonic() < away + BROKER_AWAY_S:
            self.turn()
            time.sleep(TURN_S)
        self.server.start()
        self.broker_away.append(time.monotonic() - away)
        for group in self.groups:
            group.disturbed("broker killed")

    def event(self):
        """One that is possible, in a group that has come to rest; the least disturbed first."""
        calm = [group for group in self.groups if group.unsettled_since is None
                and all(member.counts for member in group.members)]
        if not calm:
            return
        least = min(sum(group.events.values()) for group in calm)
        group = self.random.choice([one for one in calm if sum(one.events.values()) <= least + 1])
        what = self.random.choice(EVENTS)
        count = len(group.members)
        if what == "add" and count >= group.members_max or count < MEMBERS:
            what = "leave" if count > 1 else "add"
        member = self.random.choice(group.members) if group.members else None
        if what == "leave" and count <= 1:
            what = "add"
        if what == "kill":
            group.kill(member)
            group.add()
        elif what == "pause":
            group.pause(member)
        elif what == "leave":
            group.leave(member)
        else:
            group.add()
        group.disturbed(what)

    # -------------------------------------------------------------------------------- the end

    def finish(self, producer):
        """Everything is read by all groups, then all members leave."""
        for group in self.groups:
            if not any(member.counts for member in group.members):
                group.add()
        sent = producer.acknowledged
        self.turn_until(lambda: all(len(group.values) >= len(sent) for group in self.groups),
                        2 * chaos_groups.SETTLE_LIMIT_S, f"all {len(sent)} records are read")
        self.turn_until(lambda: not any(member.paused_at for group in self.groups
                                        for member in group.members), 60, "nobody is paused")
        self.turn_until(lambda: all(group.unsettled_since is None for group in self.groups),
                        2 * chaos_groups.SETTLE_LIMIT_S, "all groups have settled")
        for group in self.groups:
            group.findings += [f"{group.kind.name}: record {place} was read as "
                               f"{group.values.get(place)}, sent {value}"
                               for place, value in sent.items()
                               if group.values.get(place) != value][:5]
            for member in group.members:
                group.leave(member)
        self.turn_until(lambda: not any(group.members for group in self.groups), 60, "all leave")
        print(f"{len(sent)} records, each read by all groups; the broker was away for "
              f"{', '.join(f'{one:.1f} s' for one in self.broker_away)}", flush=True)

    def judge(self):
        entries = offsets_log.Log(schema_codec.Schemas(kafka_jars.jars("newest"))).entries(
            self.server.data)
        said = {key: names for group in self.groups for key, names in group.said.items()}
        judge = chaos_log.Judge((TOPIC, topic_id(self.server.data)), said).read(entries)
        for group in self.groups:
            name = group.kind.name
            group.findings += [line for line in judge.findings if line.startswith(f"{name}: ")]
            self.report(group, judge.commits[name], judge.judged[name])
        elsewhere = set(judge.commits) - {group.kind.name for group in self.groups}
        expect(not elsewhere, f"commits of other groups: {elsewhere}")

    @staticmethod
    def report(group, commits, judged):
        if judged * 2 < commits:
            group.findings.append(f"of {commits} commits the sender is known of {judged} only")
        times = [took for took, _ in group.settled_after]
        worst = max(group.settled_after)
        events = ", ".join(f"{count} {what}" for what, count in sorted(group.events.items()))
        print(f"{'FAIL' if group.findings else 'PASS'} {group.kind.name}: {group.started} members; "
              f"{events}; settled {len(times)} times, median {statistics.median(times):.1f} s, at "
              f"most {worst[0]:.1f} s ({worst[1]}); {len(group.values)} records, "
              f"{group.read_again} read again; {commits} commits", flush=True)
        for line in group.findings[:10]:
            print("    " + line.replace("\n", "\n    "), flush=True)


def topic_id(data):
    """As the schemas' uuids are written, from partition.metadata."""
    text = (data / f"{TOPIC}-0/partition.metadata").read_text(encoding="ascii")
    return re.search(r"topic_id: (\S+)", text).group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("-R", "--regex", default="", help="only groups whose name matches")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=3, help="seconds between two events")
    parser.add_argument("--against", choices=("moldau", "apache"), default="moldau")
    parser.add_argument("--moldau", type=pathlib.Path,
                        default=kafka_rig.ROOT / "build/release/moldau")
    parser.add_argument("--keep", action="store_true", help="keep the directory if it failed")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="moldau-chaos-")
    rig = kafka_rig.Rig(directory, options.against, options.moldau.resolve())
    for client in CLIENTS:
        if any(client.name == kind.client for kind in chaos_groups.KINDS):
            client.program(rig)
    chaos = Chaos(rig, options)
    problem = None
    try:
        chaos.run()
    except Failure as failure:
        problem = str(failure)
        print(problem, flush=True)
    finally:
        for group in chaos.groups:
            if problem and group.findings:
                print("\n".join(group.findings[:10]))
        rig.close()
    failed = sum(bool(group.findings) for group in chaos.groups) + bool(problem)
    if failed and options.keep:
        print(f"kept: {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{len(chaos.groups) + bool(problem) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
