#!/usr/bin/env python3
"""The include check: every #include of src/ and sim/ against the table in rooms.py."""

import pathlib
import re
import sys

import rooms
import sources

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# What the standard library offers and pure rooms must not touch (no clock, file, thread or chance).
IMPURE_STANDARD = {
    "condition_variable", "ctime", "filesystem", "fstream", "future", "iostream", "latch", "locale",
    "mutex", "random", "semaphore", "shared_mutex", "stop_token", "syncstream", "thread", "coroutine",
}


def check(root):
    problems = []
    for path in sources.files(root):
        if rooms.room_of(path) is None:
            if path.parts[0] != "tests":
                problems.append(f"{path}: in no room; see the table in tools/check/rooms.py")
            continue
        text = (root / path).read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            problem = judge(root, path, match.group(1), match.group(2))
            if problem:
                problems.append(f"{path}:{line}: {problem}")
    return problems


def judge(root, path, quote, name):
    """What is wrong with including `name` in the file, or None."""
    room = rooms.ROOMS[rooms.room_of(path)]
    if quote == '"':
        return judge_own(root, path, name)
    if "/" not in name and not name.endswith((".h", ".hpp")):
        if room.pure and name in IMPURE_STANDARD and not rooms.is_test(path):
            return f"<{name}> has no place in a pure room"
        return None
    if name.startswith(room.libraries):
        return None
    if rooms.is_test(path) and name.startswith(rooms.FOR_TESTS):
        return None
    return f"<{name}> is not among the libraries of {room.name}"


def judge_own(root, path, name):
    place = pathlib.PurePath(name)
    if place.parts[0] != "sim":
        place = pathlib.PurePath("src") / place
    if not (root / place).is_file():
        return f'"{name}": no such file; include paths start at src/'
    if rooms.is_test(place) and not rooms.is_test(path):
        return f'"{name}" is for tests only'
    target = rooms.room_of(place)
    if target not in rooms.allowed_rooms(path):
        return f"{rooms.room_of(path)} may not include {target} (\"{name}\")"
    return None


if __name__ == "__main__":
    sys.exit(sources.report("includes", check(sources.ROOT)))
