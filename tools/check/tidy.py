#!/usr/bin/env python3
"""The tidy check: lengths, banned words with what to write instead, a README of at most 40 lines in
every room, every message registered."""

import dataclasses
import fnmatch
import re
import sys

import sources

LINES_REASONED = 600  # past this a file should have a reason: said, not failed
LINES_MAX = 1000
COLUMNS_MAX = 100
README_LINES_MAX = 40


@dataclasses.dataclass(frozen=True)
class Ban:
    pattern: str
    instead: str
    exempt: tuple = ()  # globs
    where: tuple = ("src/", "sim/")
    in_comments: bool = False


ENV = ("src/env/*",)
ENV_TESTS = ("src/env/*_test.cc", "src/env/stress_*")
BANS = [
    Ban(r"\b(co_spawn|detached|async_initiate)\b", "start tasks with env::Scope::spawn", ENV),
    Ban(r"\b(steady_timer|system_timer|deadline_timer)\b",
        "use the worker's deadlines: env::Worker::call_at, env::sleep_until", ENV),
    Ban(r"\bawaitable_operators\b", "a wait takes a deadline; never race two operations"),
    Ban(r"\bstd::(v?format|format_to|print|println)\b", "use fmt"),
    Ban(r"#[ \t]*include[ \t]*<(iostream|format|print)>", "use fmt"),
    Ban(r"\bstd::(cout|cerr|clog|endl)\b", "use fmt::print in apps, env::Log elsewhere"),
    Ban(r"\b(sleep_for|sleep_until\s*\(\s*std::chrono|usleep|nanosleep)\b",
        "wait with env::sleep_until", ("src/env/real/*",) + ENV_TESTS),
    Ban(r"(?<![\w:.>])s?rand\s*\(", "use a seeded moldau::Prng"),
    Ban(r"\b(std::random_device|std::mt19937(_64)?)\b", "use env::Entropy or a seeded Prng", ENV),
    Ban(r"\bstd::j?thread\b(?!::)", "use env::Workers or env::IoPool",
        ("src/env/real/*",) + ENV_TESTS),
    Ban(r"\bstd::(recursive_|shared_|timed_)?mutex\b", "use env::Mutex, which is annotated",
        ("src/env/mutex.h",)),
    Ban(r"\bstd::(lock_guard|scoped_lock|unique_lock|condition_variable)\b",
        "use env::Lock and env::Signal", ENV),
    Ban(r"\b(system_clock|steady_clock|high_resolution_clock)::now\b", "ask env::Clock",
        ("src/env/real/*",) + ENV_TESTS),
    Ban(r"^[ \t]*#[ \t]*define\b", "write a function or a constant", ("src/base/*",)),
    Ban(r"(?<![\w.>:])assert\s*\(|\bstd::(abort|terminate)\b", "use CHECK", ("src/base/check.cc",)),
    Ban(r"\bvolatile\b", "use std::atomic"),
    Ban(r"\busing namespace\b(?! std::(literals|chrono_literals|string_view_literals))",
        "name what you use"),
    Ban(r"\b(TODO|FIXME|XXX|HACK)\b", "finish it, or open an issue", (), ("src/", "sim/", "tests/"),
        in_comments=True),
]


def check(root):
    problems = []
    for path in sources.files(root):
        problems += check_file(str(path), (root / path).read_text(encoding="utf-8"))
    return problems + check_readmes(root) + check_messages(root)


def check_file(path, text):
    problems = []
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        problems.append(f"{path}: {len(lines)} lines; split files past {LINES_MAX}")
    elif len(lines) > LINES_REASONED:
        print(f"note: {path}: {len(lines)} lines; past {LINES_REASONED} a file needs a reason")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX and "http" not in line:
            problems.append(f"{path}:{number}: {len(line)} columns, more than {COLUMNS_MAX}")
    if path.endswith(".h") and "#pragma once" not in text:
        problems.append(f"{path}: a header begins with #pragma once")
    code = sources.code_only(text)
    for ban in BANS:
        exempt = any(fnmatch.fnmatch(path, glob) for glob in ban.exempt)
        if not path.startswith(ban.where) or exempt:
            continue
        body = text if ban.in_comments else code
        for match in re.finditer(ban.pattern, body, re.MULTILINE):
            line = body.count("\n", 0, match.start()) + 1
            problems.append(f"{path}:{line}: {match.group().strip()}: {ban.instead}")
    return problems


def check_readmes(root):
    """Every room that has sources has a README of at most 40 lines."""
    problems = []
    places = [place for place in sorted((root / "src").glob("*")) + [root / "sim"]
              if any(place.rglob("*.cc")) or any(place.rglob("*.h"))]
    for place in places:
        name = place.relative_to(root) / "README.md"
        if not (root / name).is_file():
            problems.append(f"{name}: missing; a room says in at most {README_LINES_MAX} lines "
                            "what it is for and what is where")
            continue
        length = len((root / name).read_text(encoding="utf-8").splitlines())
        if length > README_LINES_MAX:
            problems.append(f"{name}: {length} lines, more than {README_LINES_MAX}")
    return problems


def check_messages(root):
    """Every message and record is in the registry, so that the schema oracle sees it."""
    protocol = root / "src/protocol"
    registry = protocol / "registry.cc"
    headers = sorted(protocol.glob("messages/**/*.h")) + sorted(protocol.glob("records/**/*.h"))
    if headers and not registry.is_file():
        return [f"{registry.relative_to(root)}: missing"]
    registered = sources.code_only(registry.read_text(encoding="utf-8")) if headers else ""
    problems = []
    for header in headers:
        for name in message_names(sources.code_only(header.read_text(encoding="utf-8"))):
            if not re.search(rf"\b{name}\b", registered):
                problems.append(f"{header.relative_to(root)}: {name} is not in {registry.name}")
    return problems


def message_names(code):
    """The structs of a header that are messages: they begin with their MessageInfo."""
    return re.findall(r"\bstruct (\w+)[^{;]*\{\s*static constexpr MessageInfo info\b", code)


if __name__ == "__main__":
    sys.exit(sources.report("tidy", check(sources.ROOT)))
