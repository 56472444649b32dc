"""The table of docs/ARCHITECTURE.md, section 1: which rooms there are, what each may include, and
what from outside. The include check and the symbol check read it; CMake links the same way."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Room:
    """A folder of the house with its rules. `name` is a path below src/, or `sim` or `tests`."""

    name: str
    may_use: frozenset  # other rooms
    libraries: tuple = ()  # prefixes of the headers of libraries
    pure: bool = False


FMT = ("fmt/",)
AWAITABLE = ("boost/asio/awaitable.hpp", "boost/asio/any_io_executor.hpp")
ASIO = ("boost/asio", "boost/system/")
COMPRESSION = ("zlib.h", "zstd.h", "zstd_errors.h", "lz4.h", "lz4frame.h", "lz4hc.h",
               "snappy.h", "snappy-c.h", "snappy-sinksource.h", "isa-l/")
OS = ("sys/", "linux/", "netinet/", "arpa/", "dirent.h", "fcntl.h", "malloc.h", "netdb.h",
      "poll.h", "pthread.h", "sched.h", "signal.h", "unistd.h")
FOR_TESTS = ("gtest/", "gmock/", "benchmark/") + OS


def _room(name, may_use="", libraries=(), pure=False):
    return Room(name, frozenset(may_use.split()), FMT + tuple(libraries), pure)


_CORES = "raft metadata replication coordinator"
_INSIDE = f"base records protocol {_CORES} env storage net"

ROOMS = {room.name: room for room in [
    _room("base", libraries=("isa-l", "crc.h"), pure=True),
    _room("records", "base", COMPRESSION, pure=True),
    _room("protocol", "base records", ("boost/pfr",), pure=True),
    _room("raft", "base records protocol", pure=True),
    _room("metadata", "base records protocol", pure=True),
    _room("replication", "base records protocol", pure=True),
    _room("coordinator", "base records protocol", ("re2/",), pure=True),
    _room("env", "base", ASIO),
    _room("env/sim", "base env", ASIO),
    _room("env/real", "base env", ASIO + OS + ("spdlog/",)),
    _room("storage", "base records env", AWAITABLE),
    _room("net", "base protocol env", AWAITABLE + ("openssl/",)),
    _room("broker", _INSIDE, AWAITABLE),
    # The server's half of apps: the composition root and the metrics listener.
    _room("apps/moldau", _INSIDE + " env/real broker apps/cli apps/metrics", OS + ("CLI/",)),
    _room("apps/metrics", _INSIDE + " broker", AWAITABLE + ("boost/beast", "prometheus/")),
    # The command line is a client of the wire protocol. Only `log` opens files (LOG_COMMANDS).
    _room("apps/cli", "base protocol env net", OS + ("CLI/", "librdkafka/", "boost/json")),
    _room("sim", _INSIDE + " env/sim broker sim/command", AWAITABLE),
    _room("sim/command", _INSIDE + " env/sim broker sim", AWAITABLE + OS),  # runs many processes
]}

# Files of apps/cli whose name begins so may also read a log directory.
LOG_COMMAND_PREFIX = "log_"
LOG_COMMAND_ROOMS = frozenset({"records", "storage", "env/real", "metadata", "raft"})

# Files of apps/cli whose name begins so look into records that a broker has sent.
FETCHED_PREFIX = "fetched_"
FETCHED_ROOMS = frozenset({"records"})

# Tests stand on simulated or real worlds whatever their room; those of the rooms above env.
TEST_ROOMS = frozenset({"env/sim", "env/real"})


def room_of(path):
    """The room of a path relative to the repository ("src/env/real/disk.cc" -> "env/real"), or
    None for what is not in the house."""
    parts = pathlib.PurePath(path).parts
    if parts[:1] == ("src",):
        parts = parts[1:]
    elif parts[:1] != ("sim",):
        return None
    for depth in (2, 1):
        name = "/".join(parts[:depth])
        if len(parts) > depth and name in ROOMS:
            return name
    return None


def allowed_rooms(path):
    """Rooms that the file may include, its own among them."""
    room = ROOMS[room_of(path)]
    allowed = set(room.may_use) | {room.name}
    name = pathlib.PurePath(path).name
    if room.name == "apps/cli" and name.startswith(LOG_COMMAND_PREFIX):
        allowed |= LOG_COMMAND_ROOMS
    if room.name == "apps/cli" and name.startswith(FETCHED_PREFIX):
        allowed |= FETCHED_ROOMS
    if is_test(path) and not room.pure:
        allowed |= TEST_ROOMS
    return allowed


def is_test(path):
    """Tests, and test_*.h and .cc, which help several of them."""
    stem = pathlib.PurePath(path).stem
    return stem.endswith(("_test", "_fuzz", "_bench")) or stem.startswith("test_")
