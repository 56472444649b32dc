#!/usr/bin/env python3
"""Gives a directory the contents that a power cut could have left. See README.md in this folder.

  rollback.py begin ROOT STATE                 before the program starts: what is there is durable
  rollback.py resume ROOT STATE                after SIGKILL, before another life without a cut
  rollback.py apply ROOT STATE --seed N        after SIGKILL: rewrites ROOT
                    [--keep random|none|all]   what to do with what no sync has covered

The journal is replayed on a model: a file is a durable image and the changes since its last sync, a
directory the durable names and the changes since. What survives is chosen by the seed: per page or
sector one of the states that it has had since the sync, the size apart from the data, each change of
a name or a prefix of them. Prints one line of JSON: what was unsynced and what became of it.
"""

import argparse
import json
import os
import random
import shutil
import struct
import sys
from pathlib import Path

RECORD = struct.Struct("<IBBHQQ")
(START, OPEN, WRITE, TRUNCATE, RENAME, UNLINK, MKDIR, RMDIR, SYNC_BEGIN, SYNC_END) = range(1, 11)
CREATED, TRUNCATED, EVERYTHING = 1, 2, 4


class File:
    def __init__(self, contents=b""):
        self.durable = bytearray(contents)
        self.changes = []  # (record number, position or None, data or new size)

    def write(self, number, position, data):
        self.changes.append((number, position, data))

    def truncate(self, number, size):
        self.changes.append((number, None, size))

    def seen(self):
        """As the program saw it."""
        contents = bytearray(self.durable)
        for _, position, value in self.changes:
            apply_change(contents, position, value)
        return contents

    def sync(self, number):
        """Everything recorded before record `number` is on the device."""
        covered = [change for change in self.changes if change[0] < number]
        self.changes = self.changes[len(covered):]
        for _, position, value in covered:
            apply_change(self.durable, position, value)

    def crash(self, chance, keep, stats):
        if not self.changes:
            return
        stats["unsynced_changes"] += len(self.changes)
        cache, device, size = bytearray(self.durable), bytearray(self.durable), len(self.durable)
        unit = chance.choice((512, 4096))
        lost, torn, size_kept = style(chance, keep)
        for _, position, value in self.changes:
            apply_change(cache, position, value)
            fate = pick(chance, lost, torn)
            stats[fate] += 1
            keeps_size = fate == "kept" or chance.random() < size_kept
            if position is None:
                if keeps_size:
                    size = value
                    del device[size:]
                continue
            end = position + len(value)
            for begin in range(position - position % unit, end, unit):
                if fate == "lost" or (fate == "torn" and chance.random() < 0.5):
                    continue
                stop = min(begin + unit, len(cache))
                extend(device, stop)
                device[begin:stop] = cache[begin:stop]
            if keeps_size:
                size = max(size, end)
        extend(device, size)
        del device[size:]
        self.durable, self.changes = device, []


class Directory:
    def __init__(self):
        self.entries = {}  # as the program saw it
        self.durable = {}


class NameChange:
    """A rename is one change and belongs to the target's directory."""

    def __init__(self, number, node, source=None, target=None):
        self.number, self.node = number, node
        self.source, self.target = source, target  # (directory, name) or None

    def owner(self):
        return (self.target or self.source)[0]

    def apply(self, names):
        if self.source:
            table = getattr(self.source[0], names)
            # Not if another file has the name: changes before this one may be missing.
            if table.get(self.source[1]) is self.node:
                del table[self.source[1]]
        if self.target:
            getattr(self.target[0], names)[self.target[1]] = self.node


def apply_change(contents, position, value):
    if position is None:
        extend(contents, value)
        del contents[value:]
    else:
        extend(contents, position + len(value))
        contents[position:position + len(value)] = value


def extend(contents, size):
    if len(contents) < size:
        contents.extend(bytes(size - len(contents)))


def style(chance, keep):
    """How one file fares: chances of lost and torn changes, and of sizes kept without data."""
    if keep == "none":
        return 1.0, 0.0, 0.0
    if keep == "all":
        return 0.0, 0.0, 1.0
    return chance.choice(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.4, 0.3, 0.5), (0.2, 0.8, 0.2)))


def pick(chance, lost, torn):
    if chance.random() < lost:
        return "lost"
    return "torn" if chance.random() < torn else "kept"


class Model:
    def __init__(self, base):
        self.root = load(base)
        self.handles = {}
        self.name_changes = []
        self.syncs = {}  # number -> (record number, node or None)

    def find(self, path):
        node = self.root
        for part in filter(None, path.split("/")):
            node = node.entries[part]
        return node

    def place(self, path):
        parent, _, name = path.rpartition("/")
        return self.find(parent), name

    def change_names(self, change):
        change.apply("entries")
        self.name_changes.append(change)

    def play(self, number, op, flags, handle, value, path, payload):
        if op == START:
            self.handles.clear()
            self.syncs.clear()
        elif op == OPEN:
            if flags & CREATED:
                self.change_names(NameChange(number, File(), target=self.place(path)))
            node = self.handles[handle] = self.find(path)
            if flags & TRUNCATED:
                node.truncate(number, 0)
        elif op == WRITE:
            self.handles[handle].write(number, value, payload)
        elif op == TRUNCATE:
            self.handles[handle].truncate(number, value)
        elif op == RENAME:
            source, target = self.place(path), self.place(payload.decode())
            self.change_names(NameChange(number, source[0].entries[source[1]], source, target))
        elif op in (UNLINK, RMDIR):
            source = self.place(path)
            self.change_names(NameChange(number, source[0].entries[source[1]], source))
        elif op == MKDIR:
            self.change_names(NameChange(number, Directory(), target=self.place(path)))
        elif op == SYNC_BEGIN:
            self.syncs[value] = (number, None if flags & EVERYTHING else self.handles[handle])
        elif op == SYNC_END:
            self.sync(*self.syncs.pop(value))
        else:
            raise ValueError(f"record {number}: unknown operation {op}")

    def sync(self, number, node):
        if isinstance(node, File):
            node.sync(number)
            return
        left = []
        for change in self.name_changes:
            if change.number < number and (node is None or change.owner() is node):
                change.apply("durable")
            else:
                left.append(change)
        self.name_changes = left
        if node is None:
            for file in files(self.root, "entries"):
                file.sync(number)

    def crash(self, chance, keep, stats):
        changes = self.name_changes
        stats["unsynced_names"] = len(changes)
        # A journal keeps a prefix of the changes; a file system without one, any of them.
        end = chance.randint(0, len(changes))
        in_order = chance.random() < 0.5
        for i, change in enumerate(changes):
            kept = i < end if in_order else chance.random() < 0.5
            if keep == "none" or (keep == "random" and not kept):
                continue
            # Never one file under two names: a kept rename undoes the places it had before.
            for earlier in changes[:i]:
                if earlier.node is change.node and earlier.source:
                    NameChange(0, earlier.node, earlier.source).apply("durable")
            change.apply("durable")
            stats["names_kept"] += 1
        self.name_changes = []
        for file in files(self.root, "durable"):
            file.crash(chance, keep, stats)


def files(directory, names):
    for _, node in sorted(getattr(directory, names).items()):
        if isinstance(node, Directory):
            yield from files(node, names)
        else:
            yield node


def load(path):
    directory = Directory()
    for entry in sorted(os.scandir(path), key=lambda one: one.name):
        node = load(entry.path) if entry.is_dir() else File(Path(entry.path).read_bytes())
        directory.entries[entry.name] = directory.durable[entry.name] = node
    return directory


def store(directory, path):
    for name, node in sorted(directory.durable.items()):
        target = path / name
        if isinstance(node, Directory):
            target.mkdir()
            store(node, target)
        else:
            target.write_bytes(node.durable)


def records(journal):
    """Up to the first that is torn: its call had not returned when the program was killed."""
    offset = number = 0
    while offset + RECORD.size <= len(journal):
        length, op, flags, path_length, handle, value = RECORD.unpack_from(journal, offset)
        if offset + length > len(journal):
            return
        body = journal[offset + RECORD.size:offset + length]
        yield number, op, flags, handle, value, body[:path_length].decode(), body[path_length:]
        offset += length
        number += 1


def encode(op, handle=0, value=0, path="", payload=b"", flags=0):
    name = path.encode()
    length = RECORD.size + len(name) + len(payload)
    return RECORD.pack(length, op, flags, len(name), handle, value) + name + payload


def clear(root):
    for entry in Path(root).iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def begin(root, state):
    state = Path(state)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    shutil.copytree(root, state / "base")


def resume(root, state):
    """Another life of the program begins on what SIGKILL has left. What the killed calls had done
    and not recorded yet goes into the journal, as unsynced changes: the next life will see it."""
    journal = Path(state) / "journal"
    if not journal.exists():
        return
    os.truncate(journal, sum(RECORD.size + len(path.encode()) + len(payload)
                             for *_, path, payload in records(journal.read_bytes())))
    with open(journal, "ab") as out:
        # The name first: it decides which file has which contents.
        for missing in (missing_name, missing_contents):
            out.write(b"".join(missing(played(state), Path(root))))
            out.flush()


def missing_name(model, root):
    """The change of a name that is not recorded. At most one: they are made under a lock."""
    seen, there = dict(nodes(model.root)), dict(paths(root))
    gone = next((path for path in seen if path not in there), None)
    come = next((path for path in there if path not in seen), None)
    if gone is None and come is not None:
        yield encode(MKDIR if there[come] is None else OPEN, path=come, flags=CREATED)
    elif gone is not None:
        node = seen[gone]
        if come is None and isinstance(node, File):
            # Renamed onto another file: that one has the contents now.
            come = next((path for path, other in seen.items() if isinstance(other, File) and
                         other.seen() != there.get(path) == node.seen()), None)
        if come is not None:
            yield encode(RENAME, path=gone, payload=come.encode())
        else:
            yield encode(UNLINK if isinstance(node, File) else RMDIR, path=gone)


def missing_contents(model, root):
    handle = 1 << 63
    for path, node in nodes(model.root):
        if isinstance(node, Directory):
            continue
        seen, there = node.seen(), (root / path).read_bytes()
        if seen == there:
            continue
        handle += 1
        yield encode(OPEN, handle, path=path)
        same = next((at for at, (a, b) in enumerate(zip(seen, there)) if a != b),
                    min(len(seen), len(there)))
        if len(there) < len(seen):
            yield encode(TRUNCATE, handle, len(there))
        if same < len(there):
            yield encode(WRITE, handle, same, payload=there[same:])


def nodes(directory, prefix=""):
    """(path, node) as the program saw them, parents first."""
    for name, node in sorted(directory.entries.items()):
        yield prefix + name, node
        if isinstance(node, Directory):
            yield from nodes(node, f"{prefix}{name}/")


def paths(root, prefix=""):
    """(path, contents or None of a directory), parents first."""
    for entry in sorted(os.scandir(root / prefix), key=lambda one: one.name):
        if entry.is_dir():
            yield prefix + entry.name, None
            yield from paths(root, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, Path(entry.path).read_bytes()


def played(state):
    model = Model(Path(state) / "base")
    journal = Path(state) / "journal"
    for record in records(journal.read_bytes() if journal.exists() else b""):
        model.play(*record)
    return model


def apply(root, state, seed, keep="random"):
    """Rewrites `root`; returns what was unsynced and what became of it."""
    model = played(state)
    stats = {"unsynced_changes": 0, "kept": 0, "lost": 0, "torn": 0, "unsynced_names": 0,
             "names_kept": 0}
    model.crash(random.Random(seed), keep, stats)
    clear(root)
    store(model.root, Path(root))
    return stats


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("begin", "resume", "apply"):
        command = verbs.add_parser(verb)
        command.add_argument("root")
        command.add_argument("state")
    command.add_argument("--seed", type=int, required=True)
    command.add_argument("--keep", choices=("random", "none", "all"), default="random")
    arguments = parser.parse_args()
    if arguments.verb == "begin":
        begin(arguments.root, arguments.state)
    elif arguments.verb == "resume":
        resume(arguments.root, arguments.state)
    else:
        json.dump(apply(arguments.root, arguments.state, arguments.seed, arguments.keep),
                  sys.stdout)
        print()


if __name__ == "__main__":
    main()
