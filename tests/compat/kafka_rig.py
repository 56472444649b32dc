"""What a compatibility test works with: servers (Moldau, or Apache Kafka in its place), Apache's
command line tools and our small Java programs, all in one temporary directory."""

import dataclasses
import hashlib
import pathlib
import shutil
import socket
import subprocess

import kafka_jars
import processes
import wire
from processes import expect

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

START_LIMIT_S = 60
STOP_LIMIT_S = 60
TOOL_LIMIT_S = 60

# Command line tools by the name of Apache's script: the classes that have implemented it.
TOOLS = {
    "kafka-broker-api-versions": ["org.apache.kafka.tools.BrokerApiVersionsCommand"],
    "kafka-configs": ["org.apache.kafka.tools.ConfigCommand", "kafka.admin.ConfigCommand"],
    "kafka-console-consumer": ["org.apache.kafka.tools.consumer.ConsoleConsumer"],
    "kafka-console-producer": ["org.apache.kafka.tools.ConsoleProducer"],
    "kafka-consumer-groups": ["org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"],
    "kafka-consumer-perf-test": ["org.apache.kafka.tools.ConsumerPerformance"],
    "kafka-delete-records": ["org.apache.kafka.tools.DeleteRecordsCommand"],
    "kafka-dump-log": ["org.apache.kafka.tools.DumpLogSegments"],
    "kafka-e2e-latency": ["org.apache.kafka.tools.EndToEndLatency"],
    "kafka-get-offsets": ["org.apache.kafka.tools.GetOffsetShell"],
    "kafka-log-dirs": ["org.apache.kafka.tools.LogDirsCommand"],
    "kafka-metadata-shell": ["org.apache.kafka.shell.MetadataShell"],
    "kafka-producer-perf-test": ["org.apache.kafka.tools.ProducerPerformance"],
    "kafka-reassign-partitions": ["org.apache.kafka.tools.reassign.ReassignPartitionsCommand"],
    "kafka-topics": ["org.apache.kafka.tools.TopicCommand"],
    "kafka-verifiable-consumer": ["org.apache.kafka.tools.VerifiableConsumer"],
    "kafka-verifiable-producer": ["org.apache.kafka.tools.VerifiableProducer"],
}


def java_command(classpath, main, arguments, heap_mb=256, level="warn", fast_start=True):
    """The command line of a Java program with our logging and a small heap."""
    flags = [f"-Xmx{heap_mb}m", "-XX:+UseSerialGC"]
    if fast_start:
        flags += ["-XX:TieredStopAtLevel=1"]
    flags += [f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
              f"-Dcompat.level={level}"]
    return ["java", *flags, "-cp", classpath, main, *map(str, arguments)]


@dataclasses.dataclass
class Settings:
    """Where a single combined node lives: stays the same across restarts and across brands."""

    data: pathlib.Path
    broker_port: int
    controller_port: int
    node_id: int = 1
    properties: dict = dataclasses.field(default_factory=dict)

    @property
    def address(self):
        return f"127.0.0.1:{self.broker_port}"

    @property
    def controller_address(self):
        return f"127.0.0.1:{self.controller_port}"

    @property
    def listeners(self):
        return f"PLAINTEXT://{self.address},CONTROLLER://{self.controller_address}"


class Server:
    """A combined node that can be started, stopped and killed any number of times."""

    brand = "?"
    clean_exit_codes = (0,)

    def __init__(self, rig, name, settings):
        self.rig, self.name, self.settings = rig, name, settings
        self.process = None

    @property
    def address(self):
        return self.settings.address

    @property
    def data(self):
        return self.settings.data

    def command(self):
        raise NotImplementedError

    def ready(self):
        """Whether it answers on both listeners."""
        try:
            wire.api_versions(self.settings.address)
            wire.api_versions(self.settings.controller_address)
            return True
        except (OSError, ValueError, socket.timeout):
            return False

    def start(self):
        """Returns when both listeners answer."""
        expect(self.process is None or not self.process.running(), f"{self.name} runs already")
        self.process = self.rig.spawn(self.name, self.command())

        def up():
            expect(self.process.running(),
                   f"{self.name} ended with {self.process.child.poll()}\n{self.process.tail()}")
            return self.ready()

        try:
            processes.wait_until(up, START_LIMIT_S, f"{self.name} is ready")
        except processes.Failure as failure:
            raise processes.Failure(f"{failure}\n{self.process.tail()}") from None
        return self

    def stop(self):
        """SIGTERM; it must end by itself and say that it ended well."""
        code = self.process.terminate(STOP_LIMIT_S)
        expect(code in self.clean_exit_codes,
               f"{self.name} ended with {code} after SIGTERM\n{self.process.tail()}")

    def kill(self):
        """SIGKILL."""
        expect(self.process.running(), f"{self.name} is not running\n{self.process.tail()}")
        self.process.kill()


class Moldau(Server):
    """Our broker, with embedded defaults and as few overrides as a user would give."""

    brand = "moldau"

    def __init__(self, rig, name, settings):
        super().__init__(rig, name, settings)
        # The embedded default may be in use, by a broker that has nothing to do with the tests.
        self.metrics_port, = processes.free_ports(1)

    def command(self):
        overrides = {"log.dirs": self.settings.data, "listeners": self.settings.listeners,
                     "metrics.listener": f"http://127.0.0.1:{self.metrics_port}",
                     **self.settings.properties}
        command = [str(self.rig.moldau), "server"]
        for key, value in overrides.items():
            command += ["--override", f"{key}={value}"]
        return command


class Apache(Server):
    """Apache Kafka's combined broker and controller."""

    brand = "apache"
    clean_exit_codes = (0, 143)  # 143: the JVM's own exit code for SIGTERM

    def __init__(self, rig, name, settings, role="newest"):
        super().__init__(rig, name, settings)
        self.kafka = kafka_jars.jars(role)
        self.properties_path = rig.directory / f"{name}.properties"

    def write_properties(self):
        properties = {
            "process.roles": "broker,controller",
            "node.id": self.settings.node_id,
            "controller.quorum.bootstrap.servers": self.settings.controller_address,
            "listeners": self.settings.listeners,
            "advertised.listeners": self.settings.listeners,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self.settings.data,
            # After a kill a broker may register again when its old session is over.
            "broker.session.timeout.ms": 4000,
            "broker.heartbeat.interval.ms": 500,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            **self.settings.properties,
        }
        lines = [f"{key}={value}\n" for key, value in properties.items()]
        self.properties_path.write_text("".join(lines))

    def format(self, **features):
        """kafka-storage format --standalone, at the metadata.version that Moldau writes, with those
        features at other levels than that one's."""
        self.write_properties()
        levels = [word for name, level in features.items()
                  for word in ("--feature", f"{name.replace('_', '.')}={level}")]
        self.rig.java("storage-tool", self.kafka.classpath, "kafka.tools.StorageTool",
                      ["format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qg",
                       "--release-version", kafka_jars.METADATA_VERSION_NAME, *levels,
                       "-c", self.properties_path])

    def command(self):
        self.write_properties()
        return java_command(self.kafka.classpath, "kafka.Kafka", [self.properties_path],
                            heap_mb=640, level="info", fast_start=False)


class Rig:
    """One test's directory and everything that runs in it."""

    def __init__(self, directory, against, moldau):
        self.directory = pathlib.Path(directory)
        self.against = against
        self.moldau = pathlib.Path(moldau)
        self.started = []

    def close(self):
        """Ends whatever still runs."""
        for process in reversed(self.started):
            process.kill()

    def spawn(self, name, command, stdin=subprocess.DEVNULL):
        """Starts a process that ends with the test at the latest."""
        process = processes.Process(name, command, self.directory, stdin=stdin)
        self.started.append(process)
        return process

    def settings(self, name="data", **properties):
        """A new place for a server. Properties are written with _ for the dots."""
        broker_port, controller_port = processes.free_ports(2)
        return Settings(self.directory / name, broker_port, controller_port,
                        properties={key.replace("_", "."): v for key, v in properties.items()})

    def server(self, settings=None, name="broker"):
        """The broker under test, not started: Moldau, or Apache Kafka with --against apache."""
        settings = settings or self.settings()
        if self.against == "moldau":
            return Moldau(self, name, settings)
        server = Apache(self, name, settings)
        server.format()
        return server

    def java(self, name, classpath, main, arguments, limit_s=TOOL_LIMIT_S, stdin_bytes=None,
             may_fail=False):
        """Runs a Java program to its end and returns (exit code, stdout, stderr)."""
        code, out, err = processes.run(name, java_command(classpath, main, arguments),
                                       self.directory, limit_s, stdin_bytes)
        if code != 0 and not may_fail:
            last = "\n".join((out + err).splitlines()[-15:])
            raise processes.Failure(f"{name} ended with {code}:\n{last}")
        return code, out, err

    def tool(self, name, *arguments, limit_s=TOOL_LIMIT_S, stdin_bytes=None):
        """Runs one of Apache's command line tools, which must succeed; returns its stdout."""
        classpath, main = self.tool_class(name)
        return self.java(name, classpath, main, arguments, limit_s, stdin_bytes)[1]

    def spawn_tool(self, name, *arguments):
        """Starts a tool that runs until it is told to end."""
        classpath, main = self.tool_class(name)
        return self.spawn(name, java_command(classpath, main, arguments))

    def tool_class(self, name):
        """(class path, main class)."""
        tools = kafka_jars.jars("shell" if name == "kafka-metadata-shell" else "tools")
        return tools.classpath, next(main for main in TOOLS[name] if tools.has_class(main))

    def program(self, name):
        """(class path, main class) of one of our programs in java/, compiled against the newest
        clients."""
        kafka = kafka_jars.jars("newest")
        sources = sorted((HERE / "java").glob("*.java"))
        digest = hashlib.sha256(kafka.version.encode())
        for source in sources:
            digest.update(source.read_bytes())
        classes = kafka_jars.cache_directory() / f"classes-{digest.hexdigest()[:16]}"
        if not classes.exists():
            building = self.directory / "classes"
            result = subprocess.run(
                ["javac", "--release", "17", "-Xlint:all", "-Werror", "-proc:none",
                 "-cp", kafka.classpath, "-d", str(building), *map(str, sources)],
                capture_output=True, text=True, timeout=120)
            expect(result.returncode == 0, f"javac:\n{result.stdout}{result.stderr}")
            shutil.rmtree(classes, ignore_errors=True)
            shutil.move(building, classes)
        return f"{classes}:{kafka.classpath}", name
