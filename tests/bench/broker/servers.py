"""Brokers for a benchmark: pinned to their processors, configured as a careful operator would."""

import os
import pathlib
import re
import resource
import sys
import time

import footprint
import kafka_rig
import processes

MAX_LONG = (1 << 63) - 1
PF_KTHREAD = 0x00200000
BRANDS = ("moldau", "apache")
HEAP = "1g"
HERE = pathlib.Path(__file__).resolve().parent
WARM_LIMIT_S = 300  # 20 GB that the host had taken back take 80
APACHE_JVM = (f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
              "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent")
# Deleted files leave the disk soon, so that the cells do not differ by what is still there; from the
# beginning, too: Apache deletes nothing in its first half minute otherwise.
BOTH = {"log.segment.delete.delay.ms": 200, "log.initial.task.delay.ms": 500, "num.partitions": 1}
APACHE = {"num.io.threads": 8, "num.replica.fetchers": 1,
          "socket.send.buffer.bytes": 1 << 20, "socket.receive.buffer.bytes": 1 << 20,
          # What a rig for kills has set low.
          "broker.session.timeout.ms": 9000, "broker.heartbeat.interval.ms": 2000}
DURABILITY = {
    # Before a record is acknowledged, it is on the disk; or it is in the page cache.
    "fsync": {"moldau": {}, "apache": {"log.flush.interval.messages": 1}},
    "cache": {"moldau": {"log.flush.interval.messages": MAX_LONG}, "apache": {}},
}


def configuration(brand, setting, world, network_threads):
    """What differs from the defaults."""
    own = {**APACHE, "num.network.threads": network_threads} if brand == "apache" else {}
    return {**BOTH, **own, **DURABILITY[setting][brand], **world}


class Pinned:
    """A server whose process runs on some processors only."""

    cpus = ""

    def command(self):
        return ["taskset", "-c", self.cpus, *super().command()]


class Moldau(Pinned, kafka_rig.Moldau):
    """Ours."""


class Apache(Pinned, kafka_rig.Apache):
    """Theirs, with a server's JVM instead of a test's."""

    def command(self):
        words = [word for word in super().command()
                 if not word.startswith("-Xmx") and word != "-XX:+UseSerialGC"]
        java = words.index("java") + 1
        return [*words[:java], *APACHE_JVM, *words[java:]]


def make(rig, brand, name, properties, cpus):
    """A formatted server that was not started."""
    settings = rig.settings(name)
    settings.properties.update(properties)
    server = (Moldau if brand == "moldau" else Apache)(rig, name, settings)
    server.cpus = cpus
    if brand == "apache":
        server.format()
    return server


class BareLoop:
    """Stands where a broker does: it takes frames, writes them and answers."""

    def __init__(self, rig, program, name, files, setting, cpus):
        self.data = rig.directory / name
        self.data.mkdir()
        # It lives as long as its stdin is open.
        self.process = rig.spawn(name, ["taskset", "-c", cpus, program, f"directory={self.data}",
                                        f"files={files}", f"sync={int(setting == 'fsync')}"],
                                 stdin=-1)
        processes.wait_until(lambda: self.process.output().endswith("\n") or self._ended(), 10,
                             "the bare loop is ready")
        self.port = int(self.process.output())

    def _ended(self):
        if not self.process.running():
            raise SystemExit(self.process.tail())

    @property
    def pid(self):
        return self.process.child.pid

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class WarmMemory:
    """See warm_memory.py; beside the brokers, on the load's processors."""

    def __init__(self, rig, cpus):
        self.process = rig.spawn("warm-memory", ["taskset", "-c", cpus, sys.executable,
                                                 HERE / "warm_memory.py"], stdin=-1)
        self.taken = 0

    def take(self):
        """All that is free; returns when it is held."""
        self.taken += 1
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        processes.wait_until(lambda: self._said_warm() == self.taken or self._ended(),
                             WARM_LIMIT_S, "all free memory is held")

    def stop(self):
        """It gives all back, also the limits that it has set; without effect if it has ended."""
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except processes.Failure as failure:  # what was measured is not lost by it
            print(failure, file=sys.stderr)
        sys.stderr.write(self.process.errors())

    def _said_warm(self):
        return self.process.output().splitlines().count("warm")

    def _ended(self):
        if not self.process.running():
            raise SystemExit(f"warm_memory.py has ended:\n{self.process.tail()}")

    def cpu_seconds(self):
        return cpu_seconds(self.process.child.pid)


def may_lose_memory():
    """Whether this is a virtual machine, whose host may want to have free memory back."""
    cpus = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return re.search(r"^flags\s*:.* hypervisor( |$)", cpus, re.MULTILINE) is not None


def split_cpus(wanted):
    """(processors of the broker, of its load) as lists for taskset."""
    cpus = sorted(os.sched_getaffinity(0))
    if wanted:
        mine = [int(one) for one in wanted.split(",")]
        rest = [one for one in cpus if one not in mine] or mine
    else:
        half = max(len(cpus) // 2, 1)
        mine, rest = cpus[:half], cpus[half:] or cpus[:half]
    return ",".join(map(str, mine)), ",".join(map(str, rest))


def cpu_seconds(pid):
    """User and system time of all threads, also of those that have ended; in nanoseconds' steps."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of another process


def memory_mib(pid, field="VmRSS"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines()
                    if line.startswith(field))) / 1024


def reset_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def all_cpu_s():
    """Of all processes and the children that they have waited for; without the kernel's threads,
    which work for whom we measure."""
    ticks = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if not int(fields[6]) & PF_KTHREAD:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def disk_of(directory):
    """The block device as /proc/diskstats names it, or "" if there is none."""
    number = os.stat(directory).st_dev
    path = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if not path.exists():
        return ""
    return path.parent.name if (path / "partition").exists() else path.name


def allow_many_files():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def start(server, idle_s):
    """Starts it; {figure: value} of a broker that has nothing to do."""
    figures = {"start to first ack, ms":
               1000 * footprint.first_acknowledgement(server, "first", 1)}
    pid = server.process.child.pid
    time.sleep(idle_s)
    before = cpu_seconds(pid)
    time.sleep(idle_s)
    figures["idle CPU, % of a core"] = 100 * (cpu_seconds(pid) - before) / idle_s
    figures["idle memory, MiB"] = memory_mib(pid)
    return figures
