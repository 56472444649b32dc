#!/usr/bin/env python3
"""The symbol check, on the release objects of each room (symbols.py BUILD_DIRECTORY):

1. a `moldau::room::` symbol appears only where the table allows the room;
2. a pure room needs only C symbols of a short list, and no clock, thread, file, locale or random
   symbol of C++;
3. a pure room has no mutable globals.

It proves at link level what the include check reads from the text."""

import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys

import rooms
import sources

# Undefined symbols without C++ mangling that a pure room may have.
C_SYMBOLS = re.compile(r"""
    (mem|str)\w+ | bcmp | abort | free | malloc | realloc
  | (abs|ceil|exp|floor|fm[aio]|fmod|ldexp|log|log2|log10|l?l?round|pow|sqrt|trunc)[fl2]?\d*
  | __cxa_\w+ | __gxx_personality_v0 | _Unwind_Resume | __stack_chk_fail | __dso_handle
  | __(u?div|u?mod)ti3 | __\w*_chk | _GLOBAL_OFFSET_TABLE_
  | __libc_single_threaded | __pthread_key_create | __errno_location  # shared_ptr; errno values
""", re.VERBOSE)

# And what some rooms need besides, with the reason.
C_SYMBOLS_OF = {
    "base": re.compile(r"crc32_iscsi\w*|stderr|f(puts|printf|write|flush)"),  # ISA-L; CHECK
    "records": re.compile(r"ZSTD_\w+|LZ4F?_\w+|snappy_\w+|(in|de)flate\w*|crc32\w*|isal_\w+"),
}

IMPURE_CXX = re.compile(r"""
    std::chrono::_V2::\w+_clock::now | std::(this_thread::|thread::|jthread)
  | std::(condition_variable|mutex|shared_mutex|future|promise|random_device)\b
  | std::(filesystem::|__basic_file|basic_filebuf|basic_[io]?fstream)
  | std::(locale\b|c(in|out|err|log)$|ios_base::Init)
  | boost::asio::
""", re.VERBOSE)

# Mutable globals that a pure room may have, each with its reason. Symbol -> reason.
ALLOWED_GLOBALS = {}

# The archive of apps holds three rooms of the table.
ARCHIVE_ROOMS = {"env": ("env", "env/sim", "env/real"),
                 "apps": ("apps/moldau", "apps/metrics", "apps/cli")}


@dataclasses.dataclass(frozen=True)
class Symbol:
    mangled: str
    name: str  # demangled
    section: str  # "*UND*", ".text", ".bss", ...


def check(build):
    problems = []
    archives = sorted(build.glob("libmoldau_*.a"))
    if not archives:
        return [f"{build}: no libmoldau_*.a; build first"]
    for archive in archives:
        room = archive.stem.removeprefix("libmoldau_")
        problems += [f"{archive.name}: {problem}" for problem in judge(room, read(archive))]
    return problems


def judge(room, symbols):
    """The problems of one room's symbols."""
    members = ARCHIVE_ROOMS.get(room, (room,))
    pure = room in rooms.ROOMS and rooms.ROOMS[room].pure
    problems = set()
    for symbol in symbols:
        problems |= foreign_rooms(members, symbol)
        if pure and symbol.section == "*UND*":
            problems |= impure(room, symbol)
        if pure and is_mutable(symbol.section) and symbol.name not in ALLOWED_GLOBALS:
            problems.add(f"mutable global {symbol.name} in {symbol.section}")
    return sorted(problems)


def foreign_rooms(members, symbol):
    """Rooms are namespaces; the three of env are one namespace, and so are those of apps."""
    allowed = set(members)
    for member in members:
        if member in rooms.ROOMS:
            allowed |= rooms.ROOMS[member].may_use
    if "apps/cli" in members:
        allowed |= rooms.LOG_COMMAND_ROOMS
    top = {name.split("/")[0] for name in allowed}
    known = {name.split("/")[0] for name in rooms.ROOMS}
    used = set(re.findall(r"\bmoldau::(\w+)::", symbol.name)) & known
    return {f"uses {room}: {symbol.name}" for room in used - top}


def impure(room, symbol):
    if not symbol.mangled.startswith("_Z"):
        extra = C_SYMBOLS_OF.get(room)
        if C_SYMBOLS.fullmatch(symbol.mangled) or (extra and extra.fullmatch(symbol.mangled)):
            return set()
        return {f"needs {symbol.mangled}, which is not on the list of a pure room"}
    if IMPURE_CXX.search(symbol.name):
        return {f"needs {symbol.name}, which has no place in a pure room"}
    return set()


def is_mutable(section):
    """Sections that can be written once the program runs (.data.rel.ro is read-only by then)."""
    return section.startswith((".data", ".bss", ".tdata", ".tbss", "*COM*")) and \
        not section.startswith((".data.rel.ro", ".data.DW.ref."))


def read(archive):
    """All symbols of the archive's objects that have a name of their own."""
    objdump = shutil.which("llvm-objdump-19") or shutil.which("objdump")
    lines = subprocess.run([objdump, "-t", archive], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    # "0000000000000000 g     O .data.rel.ro  0000000000000028 .hidden _ZTV..."
    row = re.compile(r"^[0-9a-f]{16} (.{7}) (\S+)\t[0-9a-f]+ (?:\.hidden |\.internal )?(\S+)$")
    rows = [match.groups() for match in map(row.match, lines) if match]
    rows = [(section, name) for flags, section, name in rows
            if "f" not in flags and "d" not in flags and not name.startswith((".L", "__start_"))]
    names = demangle([name for _, name in rows])
    return {Symbol(mangled, name, section) for (section, mangled), name in zip(rows, names)}


def demangle(mangled):
    tool = shutil.which("llvm-cxxfilt-19") or shutil.which("c++filt")
    return subprocess.run([tool], input="\n".join(mangled) + "\n", check=True, capture_output=True,
                          text=True).stdout.splitlines()


if __name__ == "__main__":
    sys.exit(sources.report("symbols", check(pathlib.Path(sys.argv[1]))))
