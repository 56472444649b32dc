"""What the checks share: finding our sources, and reading them without comments and strings."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("src", "sim", "tests")

_TOKENS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def files(root, suffixes=(".h", ".cc", ".c")):
    """Paths of our sources relative to the root, sorted."""
    found = []
    for folder in FOLDERS:
        found += [path.relative_to(root) for path in (root / folder).rglob("*")
                  if path.suffix in suffixes and path.is_file()]
    return sorted(found)


def code_only(text):
    """The text with comments and the contents of literals blanked; lines stay where they are."""
    def blank(match):
        newlines = "\n" * match.group().count("\n")
        return f'""{newlines}' if match.group().startswith(('"', "R")) else f" {newlines}"
    return _TOKENS.sub(blank, text)


def report(name, problems):
    """Prints the problems, one a line, and returns the exit code."""
    for problem in problems:
        print(problem)
    print(f"{name}: {'ok' if not problems else f'{len(problems)} problems'}", file=sys.stderr)
    return 1 if problems else 0
