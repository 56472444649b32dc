"""Plays all scripts to a broker that is started for it: the transcript of one brand."""

import dataclasses
import hashlib
import pickle
import time

import kafka_jars
import kafka_rig
import wire
from processes import Failure, expect

from . import compare, play

# What both brokers get, beside addresses and directories.
PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": 1,
    # No waiting for members that do not come.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 100,
    "offsets.topic.num.partitions": 1,
    # Members are told what they get with the heartbeat that asks, not with a later one.
    "group.consumer.assignor.offload.enable": "false",
}
# Apache gets the features that a directory of ours has, so that it follows the same rules.
FEATURES = {"metadata.version": kafka_jars.METADATA_VERSION, "group.version": 1,
            "transaction.version": 0, "eligible.leader.replicas.version": 0, "share.version": 0,
            "streams.version": 0}
SLOW_S = 5


@dataclasses.dataclass
class Transcript:
    """What one broker answered to all scripts."""

    brand: str
    apis: dict  # {listener: {key: (low, high)}}
    side: compare.Side
    sections: dict  # {(file, title): [Exchange]}
    seconds: float = 0.0
    scripts: str = ""  # their hash

    def ranges(self, schemas):
        """{name of an API: its versions} on the broker's own listener."""
        served = self.apis["broker"]
        return {api: served[message.key] for api, message in schemas.requests.items()
                if message.key in served}


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
    # Some records are of long ago: retention must not come by, however slow the machine is.
    settings = rig.settings(name, log_initial_task_delay_ms=3_600_000)
    settings.properties.update(PROPERTIES | {
        "advertised.listeners": settings.listeners,
        "controller.quorum.bootstrap.servers": settings.controller_address})
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
    side = compare.Side(server.address.rsplit(":", 1)[0],
                        {server.settings.broker_port: "broker",
                         server.settings.controller_port: "controller"},
                        str(server.data), int(time.time() * 1000))
    apis = {listener: wire.api_versions(address)["apis"]
            for listener, address in addresses.items()}
    transcript = Transcript(brand, apis, side, {})
    own = transcript.ranges(schemas)
    player = play.Player(addresses, schemas, ranges or own)
    started = time.monotonic()
    for section in sections:
        if not all(api in own for api in section.apis):
            continue
        began = time.monotonic()
        exchanges = player.play(section)
        transcript.sections[section.file, section.title] = exchanges
        expect(server.process.running(),
               f"{brand} ended during {section.title}\n{server.process.tail()}")
        if time.monotonic() - began > SLOW_S:
            print(f"slow: {section.file}: {section.title}: {time.monotonic() - began:.1f} s of "
                  f"{brand}", flush=True)
        if ranges is None:
            _check_script(exchanges)
    transcript.seconds = time.monotonic() - started
    server.stop()
    return transcript


def _check_script(exchanges):
    """Apache decides whether a script is right: what it waits for has to come."""
    for index, one in enumerate(exchanges):
        wrong = [key for key in ("not sent", "never") if key in one.outcome]
        if wrong:
            before = "\n".join(str(each) for each in exchanges[max(0, index - 3):index + 1])
            raise Failure(f"line {one.line}: {wrong[0]}:\n{before}")


def digest(sections):
    return hashlib.sha256(repr(sections).encode()).hexdigest()


def load(path, sections):
    """The transcript in a file; None if there is none of these sections."""
    if path is None or not path.exists():
        return None
    transcript = pickle.loads(path.read_bytes())
    return transcript if transcript.scripts == digest(sections) else None


def save(path, sections, transcript):
    transcript.scripts = digest(sections)
    path.write_bytes(pickle.dumps(transcript))
