"""One cell of the benchmark: a topic, a load, and what it cost."""

import contextlib
import json
import os
import re
import socket
import subprocess
import time

import batch
import broker_wire
import kafka_rig
import servers

LIMIT_S = 300
LATEST = -1
PREFILL_BATCH = 100_000
PREFILL_PARTS = 10
TOUCHED_PARTS = 50
BACKLOG_PART = 25
JAVA_RECORDS = 100_000
JAVA_ROUND_TRIPS = 1_000
QUEUED_RECORDS = 40_000  # of all producers: what a full one may hold back


class Cell:
    """A workload against a broker that runs."""

    def __init__(self, options, server, workload, number):
        self.options, self.server, self.workload = options, server, workload
        self.topic = "rawtopic" if workload.generator == "raw" else f"cell-{number}"
        self.topic_id = None

    @property
    def pid(self):
        return self.server.process.child.pid

    def run(self, rate):
        """{figure: value}."""
        connection = connect(self.server)
        self.topic_id = create_topic(connection, self.topic, self.workload)
        try:
            touch(connection, self.topic_id, self.workload.partitions)
            if self.workload.prefill_mb:
                prefill(connection, self.topic_id, self.workload)
                if self.workload.readers:
                    self.evict()
            with idle_connections(self.server, self.workload.connections):
                servers.reset_peak(self.pid)
                found = self.generate(rate)
                found["peak memory, MiB"] = servers.memory_mib(self.pid, "VmHWM")
        finally:
            connection.delete_topic(self.topic)
            connection.close()
        return found

    def evict(self):
        """What was written before is not in the page cache any more."""
        for path in self.server.data.glob(f"{self.topic}-*/*"):
            file = os.open(path, os.O_RDONLY)
            os.fdatasync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)

    def generate(self, rate):
        generator = self.workload.generator
        if generator == "raw":
            return raw(self.options, self.workload, self.server.settings.broker_port, self.pid)
        if generator.startswith("java"):
            return java(self.options, self.server, self.workload, self.topic)
        return librdkafka(self.options, self.workload, self.server.address, self.topic, self.pid,
                          rate)


def connect(server):
    connection = broker_wire.Connection(server.settings.broker_port)
    connection.socket.settimeout(LIMIT_S)
    return connection


def create_topic(connection, name, workload):
    """Its id, when all its partitions have leaders."""
    end = time.monotonic() + LIMIT_S
    while True:
        error, topic_id = connection.create_topic(name, workload.partitions, dict(workload.topic))
        if error == broker_wire.NONE:
            break
        if time.monotonic() > end:  # the one of before may still be on its way out
            raise SystemExit(f"CreateTopics {name}: error {error}")
        time.sleep(0.1)
    places = [(name, partition, LATEST) for partition in range(workload.partitions)]
    while time.monotonic() < end:
        # Metadata may name a leader that does not know of it yet.
        answers = connection.offsets_for_times(places)
        if all(error == broker_wire.NONE for error, _ in answers.values()):
            return topic_id
        time.sleep(0.05)
    raise SystemExit(f"{name}: no leaders")


def touch(connection, topic_id, partitions):
    """A record in each: what the first one costs is no part of the cell."""
    data = batch.record_batch([(b"k", b"12345678")], timestamp=int(time.time() * 1000))
    for number in range(0, partitions, TOUCHED_PARTS):
        connection.send_produce([(topic_id, partition, data) for partition in
                                 range(number, min(number + TOUCHED_PARTS, partitions))])
        errors = {error for _, _, error, _ in connection.receive_produce()}
        if errors != {broker_wire.NONE}:
            raise SystemExit(f"Produce: errors {errors}")


def prefill(connection, topic_id, workload):
    data = batch.record_batch([(b"k", os.urandom(PREFILL_BATCH))],
                              timestamp=int(time.time() * 1000))  # retention leaves it
    under_way = 0
    for number in range(workload.prefill_mb * 1_000_000 // PREFILL_BATCH // PREFILL_PARTS):
        connection.send_produce([(topic_id, (number * PREFILL_PARTS + part) % workload.partitions,
                                  data) for part in range(min(PREFILL_PARTS, workload.partitions))])
        under_way += 1
        if under_way == 5:
            connection.receive_produce()
            under_way -= 1
    for _ in range(under_way):
        connection.receive_produce()


@contextlib.contextmanager
def idle_connections(server, count):
    """Not faster than a broker accepts them: what its backlog (Apache's: 50) has no room for is
    tried again after a second only."""
    held = []
    try:
        for number in range(count):
            if number % BACKLOG_PART:
                held.append(socket.create_connection(("127.0.0.1", server.settings.broker_port)))
            else:  # connections are accepted in order: when this one is answered, those before are
                held.append(connect(server))
                held[-1].metadata()
        yield
    finally:
        for one in held:
            one.close()


def pinned(options, command):
    """Runs it on the processors that are not the broker's; its stdout."""
    done = subprocess.run(["taskset", "-c", options.load_cpus, *map(str, command)], check=False,
                          capture_output=True, text=True, timeout=LIMIT_S)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: "
                         f"{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def librdkafka(options, workload, address, topic, pid, rate):
    words = {"bootstrap": address, "topic": topic, "partitions": workload.partitions,
             "producers": workload.producers, "rate": f"{rate:.3f}", "warm": options.warm_s,
             "seconds": options.seconds, "size": workload.size, "keys": workload.keys,
             "linger": workload.linger_ms, "acks": workload.acks, "codec": workload.codec,
             "idempotence": str(workload.idempotence).lower(), "consumers": workload.consumers,
             "readers": workload.readers, "reader_mb_s": workload.reader_mb_s, "pid": pid,
             "disk": options.disk,
             "queue": max(QUEUED_RECORDS // workload.producers, 200)}
    return figures(measured(options, [options.load, *as_words(words)], pid), workload)


def raw(options, workload, port, pid):
    words = {"port": port, "partitions": workload.partitions, "connections": workload.producers,
             "depth": workload.depth, "records": workload.batch_records, "size": workload.size,
             "warm": options.warm_s, "seconds": options.seconds, "pid": pid, "disk": options.disk}
    return figures(measured(options, [options.raw_load, *as_words(words)], pid), workload)


def as_words(values):
    return [f"{name}={value}" for name, value in values.items()]


def measured(options, command, pid):
    """The load's own JSON object, with what the rest of the machine took while it ran."""
    begun, busy = time.monotonic(), servers.all_cpu_s()
    broker, own = ours(options, pid), os.times()
    found = json.loads(pinned(options, command))
    took, now = time.monotonic() - begun, os.times()
    known = (ours(options, pid) - broker + now.children_user - own.children_user
             + now.children_system - own.children_system)
    found["foreign_cpus"] = max(servers.all_cpu_s() - busy - known, 0) / took
    return found


def ours(options, pid):
    """CPU seconds of the broker, and of what keeps memory warm."""
    memory = options.memory.cpu_seconds() if options.memory else 0
    return servers.cpu_seconds(pid) + memory


def figures(found, workload):
    """{figure: value} of what the load has measured; refuses what is not whole."""
    if found["errors"] or found.get("missing"):
        raise SystemExit(f"{workload.name}: {found['errors']} errors ({found.get('last_error')}), "
                         f"{found.get('missing', 0)} records were not consumed")
    if not found["records"]:
        raise SystemExit(f"{workload.name}: nothing was acknowledged")
    seconds, size = found["seconds"], found["payload_bytes"]
    result = {
        "records/s": found["records"] / seconds,
        "MB/s": size / 1e6 / seconds,
        "CPU s/GB": found["broker_cpu_s"] / (size / 1e9),
        "CPU s/GB, user": found["broker_user_cpu_s"] / (size / 1e9),
        "CPU s/million records": found["broker_cpu_s"] / (found["records"] / 1e6),
        "broker CPU, % of a core": 100 * found["broker_cpu_s"] / seconds,
        "load CPU, % of a core": 100 * found["load_cpu_s"] / seconds,
        "disk flushes/s": found["disk_flushes"] / seconds,
        "write calls/s": found["write_calls"] / seconds,
        "foreign CPUs": found["foreign_cpus"],
    }
    for name, what in (("acked", "ack"), ("end_to_end", "end to end")):
        spread = found.get(name, {"count": 0})
        if spread["count"]:
            for point in ("p50", "p99", "p99.9", "max"):
                result[f"{what} {point}, ms"] = spread[point] / 1000
            result[f"{what} curve, us"] = spread["curve"]
    if workload.readers:
        result["cold reads, MB/s"] = found["cold_bytes"] / 1e6 / seconds
    if found.get("consumed"):
        result["consumed MB/s"] = found["consumed_bytes"] / 1e6 / seconds
    if workload.load:
        result["late sends, %"] = 100 * found["late"] / max(found["acked"]["count"], 1)
    return result


# ---- Apache's own tools


def java(options, server, workload, topic):
    kind, pid = workload.generator, server.process.child.pid
    name, arguments, read = {
        "java-producer": ("kafka-producer-perf-test", producer_words(server, workload, topic),
                          read_producer),
        "java-consumer": ("kafka-consumer-perf-test", consumer_words(server, workload, topic),
                          read_consumer),
        "java-latency": ("kafka-e2e-latency", [server.address, topic, JAVA_ROUND_TRIPS, "all",
                                               workload.size], read_latency),
    }[kind]
    classpath, main = server.rig.tool_class(name)
    before = servers.cpu_seconds(pid)
    command = kafka_rig.java_command(classpath, main, arguments, heap_mb=512, fast_start=False)
    output = pinned(options, command)
    found = read(output)
    cpu, size = servers.cpu_seconds(pid) - before, found.pop("bytes", 0)
    if size:
        found["CPU s/GB"] = cpu / (size / 1e9)
    return {**found, "broker CPU, s": cpu}


def producer_words(server, workload, topic):
    return ["--bootstrap-server", server.address, "--topic", topic, "--num-records", JAVA_RECORDS,
            "--record-size", workload.size, "--throughput", -1]


def read_producer(output):
    line = output.strip().splitlines()[-1]
    rate, mib, p50, p99, p999 = map(float, re.search(
        r", ([\d.]+) records/sec \(([\d.]+) MB/sec\).* (\d+) ms 50th.* (\d+) ms 99th, "
        r"(\d+) ms 99\.9th", line).groups())
    return {"records/s": rate, "MB/s": mib * 1.048576, "ack p50, ms": p50, "ack p99, ms": p99,
            "ack p99.9, ms": p999, "bytes": JAVA_RECORDS * mib * (1 << 20) / rate}


def consumer_words(server, workload, topic):
    records = workload.prefill_mb * 1_000_000 // PREFILL_BATCH
    return ["--bootstrap-server", server.address, "--topic", topic, "--num-records", records,
            "--hide-header", "--timeout", 30_000]


def read_consumer(output):
    """start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, ..."""
    fields = [field.strip() for field in output.strip().splitlines()[-1].split(",")]
    return {"MB/s": float(fields[8]) * 1.048576, "bytes": float(fields[2]) * (1 << 20)}


def read_latency(output):
    average = float(re.search(r"Avg latency: ([\d.]+)", output).group(1))
    points = re.search(r"50th = ([\d.]+), 99th = ([\d.]+), 99.9th = ([\d.]+)", output).groups()
    p50, p99, p999 = map(float, points)
    return {"end to end mean, ms": average, "end to end p50, ms": p50, "end to end p99, ms": p99,
            "end to end p99.9, ms": p999}
