#!/usr/bin/env python3
"""The configuration check: what the table of keys calls honoured is read somewhere, and what is read
is not called ignored. So the documentation, and the warning about properties without effect, are
true."""

import re
import sys

import sources

TABLES = "src/base/config_keys"
ROW = re.compile(r'^    \w+_key\("([^"]+)"(.*?),\n(?=    \w+_key\(|\};)', re.DOTALL | re.MULTILINE)
# Who reads properties: base for what depends on one another, broker and apps for their rooms.
READERS = ("src/base/config.cc", "src/broker", "src/metadata", "src/apps/moldau")
LITERAL = re.compile(r'"([a-z][a-z0-9.]+[a-z0-9])"')

# Read without having an effect of their own, with the reason.
EXCUSED = {
    "config.providers": "set at all, it is refused",
    "metadata.log.dir": "refused unless it is the first of log.dirs",
    "security.inter.broker.protocol": "refused unless it is plaintext",
}
# Settings of internal topics that do not exist yet: accepted, as Apache's file sets them.
EXCUSED_PREFIXES = ("offsets.topic.", "transaction.state.log.", "share.coordinator.state.topic.")


def check(root):
    rows = {}
    for path in sorted((root / TABLES).glob("*.h")):
        for name, chain in ROW.findall(path.read_text(encoding="utf-8")):
            rows.setdefault(name, []).append((path.relative_to(root), chain))
    read = literals(root)
    return judge(rows, read)


def judge(rows, read):
    """`rows`: name -> places and the calls behind the name; `read`: names that code mentions."""
    through_topics = set()
    for name, places in rows.items():
        for path, chain in places:
            if path.name == "topic.h" and name in read:
                through_topics |= set(re.findall(r'\.synonym\("([^"]+)"', chain))
    problems = []
    for name, places in sorted(rows.items()):
        used = name in read or name in through_topics
        excused = name in EXCUSED or name.startswith(EXCUSED_PREFIXES)
        for path, chain in places:
            takes_effect = ".honoured()" in chain or ".own()" in chain
            if takes_effect and not used:
                problems.append(f"{path}: {name} is honoured, but nothing reads it")
            # A broker key is also mentioned where only the topic key of that name is read.
            if used and not takes_effect and not excused and name not in through_topics:
                problems.append(f"{path}: {name} is read; say what it does and that it is honoured")
    return problems


def literals(root):
    """Property names in the code that reads them."""
    found = set()
    for path in sources.files(root, (".cc", ".h")):
        if str(path).startswith(READERS) and not path.stem.endswith("_test"):
            text = (root / path).read_text(encoding="utf-8")
            text = re.sub(r"Properties embedded_properties.*?\n}\n", "", text, flags=re.DOTALL)
            found |= set(LITERAL.findall(text))
    return found


if __name__ == "__main__":
    sys.exit(sources.report("configuration", check(sources.ROOT)))
