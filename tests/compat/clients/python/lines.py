"""The text that the programs of this folder read and write (../README.md), and their common command
line."""

import dataclasses
import signal
import sys

# What every member of a group uses.
SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 30_000
HEARTBEAT_INTERVAL_MS = 300
BACKOFF_MS = 100
POLL_MS = 100
CALL_LIMIT_S = 30


@dataclasses.dataclass(frozen=True)
class Record:
    """To be sent, or read. None is null; `headers` is a list of (name, value)."""

    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list
    offset: int = -1


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def acknowledged(number, partition, offset):
    say(f"{number} {partition} {offset}")


def assigned(partitions):
    if partitions:
        say("assigned " + ",".join(map(str, sorted(partitions))))


def revoked(partitions):
    if partitions:
        say("revoked " + ",".join(map(str, sorted(partitions))))


def committed(partition, offset):
    say(f"committed {partition} {offset}")


def at(partition, offset):
    """-1: no record is that late."""
    say(f"at {partition} {offset}")


def read(record):
    headers = ",".join(f"{_hex(name.encode())}:{_hex(value)}" for name, value in record.headers)
    say(f"record\t{record.partition}\t{record.offset}\t{record.timestamp}\t{_hex(record.key)}\t"
        f"{_hex(record.value)}\t{headers}")


def problem(what, error):
    print(f"{what}: {error!r}", file=sys.stderr, flush=True)


def _hex(data):
    return "-" if data is None else bytes(data).hex()


def _bytes(field):
    return None if field == "-" else bytes.fromhex(field)


def _record(line):
    partition, _, timestamp, key, value, headers = line.rstrip("\n").split("\t")
    pairs = [header.split(":") for header in headers.split(",") if header]
    return Record(int(partition), int(timestamp), _bytes(key), _bytes(value),
                  [(_bytes(name).decode(), _bytes(content)) for name, content in pairs])


class Ending:
    """Whether SIGTERM has come."""

    def __init__(self):
        self.yes = False
        signal.signal(signal.SIGTERM, self.on_signal)

    def on_signal(self, _signal, _frame):
        self.yes = True


def main(client):
    """Runs the verb of the command line. `client` is a module or object with create, delete,
    produce, group (until ending.yes, then it leaves) and timestamp."""
    verb, address, topic, *rest = sys.argv[1:]
    if verb == "create":
        client.create(address, topic, int(rest[0]))
    elif verb == "delete":
        client.delete(address, topic)
    elif verb == "produce":
        client.produce(address, topic, rest[0], [_record(line) for line in sys.stdin])
    elif verb == "timestamp":
        client.timestamp(address, topic, int(rest[0]))
    elif verb == "group":
        # key=value: settings of the library's own, where the client takes some
        more = [dict(setting.split("=", 1) for setting in rest[1:])] if rest[1:] else []
        client.group(address, topic, rest[0], Ending(), *more)
        say("left")
    else:
        raise SystemExit(f"no verb {verb}")
