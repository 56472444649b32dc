"""docs/clients.md: which client, in which version, has come how far. Written by a run that has
tried all of them against Moldau; the same results give the same text."""

import kafka_rig

PATH = kafka_rig.ROOT / "docs/clients.md"

INTRODUCTION = """\
# Clients

Each client below, in the newest version that its package manager had when `./dev compat` was last
changed, does on a Moldau broker what a user does all day; `tests/compat/compat_groups.py` says
how. This page is written by `./dev compat`, after it has tried them all.

- **create**, **delete**: a topic, by the client's own administration.
- **codecs**: produces with acks=all and each of these codecs; contents are equal byte for byte.
- **group of two**: two members of a consumer group share the partitions, read and commit.
- **one leaves**: the other takes its partitions over; another one joins.
- **restart**, **kill**: the broker is stopped (or killed) and started under the group; both members
  go on, and nothing that was committed is read again.
- **by time**: finds offsets by timestamp and reads from there.

"""

_passed = {}  # client: the names of the steps that it has passed, growing


def note(client, passed):
    """`passed` is a list that the test goes on filling."""
    _passed[client.name] = passed


def text(clients, steps):
    """The page."""
    rows = [["client", "language", "version", *steps], ["---"] * 3 + [":-:"] * len(steps)]
    for client in clients:
        passed = _passed[client.name]
        marks = ["yes" if step in passed else "**no**" for step in steps]
        at = steps.index("codecs")
        if marks[at] == "yes":
            marks[at] = ", ".join(client.codecs)
        rows.append([client.name, client.language, client.version(), *marks])
    return INTRODUCTION + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def write(clients, steps):
    """Writes the page if every client has been tried."""
    if all(client.name in _passed for client in clients):
        PATH.write_text(text(clients, steps), encoding="utf-8")
