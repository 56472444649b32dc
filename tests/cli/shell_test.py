#!/usr/bin/env python3
"""Help, manual page and completion of every command: made from one tree, so complete."""

import re
import subprocess
import unittest

import cli_rig
from cli_rig import LIMIT_S, MOLDAU, run_moldau


def commands(path=()):
    """[(path, help)] of every command, found by asking each for its help."""
    code, output, errors = run_moldau(*path, "--help")
    if code != 0:
        raise AssertionError(f"{path}: {errors}")
    text = output.decode()
    found = [(path, text)]
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.MULTILINE)
    for name in re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else []:
        found += commands((*path, name))
    return found


# Called as the shell does it: the words, the last one being completed.
COMPLETE = r"""
moldau() { "$MOLDAU" "$@"; }
source <(moldau completion bash)
compopt() { :; }
COMP_WORDS=("$@")
COMP_CWD=$(($# - 1))
COMP_LINE="$*"
_moldau
printf '%s\n' "${COMPREPLY[@]}"
"""


class Shells(cli_rig.VerbTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.commands = commands()

    def complete(self, *words):
        done = subprocess.run(["bash", "-c", COMPLETE, "bash", *words], capture_output=True, text=True,
                              timeout=LIMIT_S, check=True, env={
                                  "MOLDAU": MOLDAU, "MOLDAU_BOOTSTRAP": self.address,
                                  "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_every_command_has_a_help_that_says_how_to_call_it(self):
        paths = {" ".join(path) for path, _ in self.commands}
        for verb in ("topic create", "topic list", "topic describe", "topic alter", "topic delete",
                     "produce", "consume", "group list", "group describe", "group delete",
                     "group reset", "config describe", "config set", "config delete", "config keys",
                     "cluster describe", "api", "log dump", "server", "completion bash", "man"):
            self.assertIn(verb, paths)
        for path, text in self.commands:
            self.assertIn(f"Usage: moldau {' '.join(path)}".rstrip(), text)
            is_leaf = "\nCommands:\n" not in text
            if is_leaf and path[:1] not in (("completion",), ("protocol",)):
                self.assertIn("\nExamples:\n  ", text, path)

    def test_every_listing_is_there_as_a_table_and_as_json(self):
        for path, text in self.commands:
            if path[-1:] in (("list",), ("describe",)) or path == ("api",):
                self.assertIn("--format table|json", text, path)

    def test_the_examples_of_the_help_are_right_command_lines(self):
        # All options that an example has are in the help above it.
        for path, text in self.commands:
            body, _, examples = text.partition("\nExamples:\n")
            command = "moldau " + " ".join(path) + " "
            for line in examples.replace("\\\n", "").splitlines():
                if line.strip().startswith(command):
                    for option in re.findall(r" (--?[a-z][a-z-]*)", line.split(" | ")[0]):
                        if not re.fullmatch(r"-\d.*", option):
                            self.assertRegex(body, rf"(?m)(^|[ ,]){option}\b", line)

    def test_the_manual_has_every_command_and_option(self):
        code, output, errors = run_moldau("man")
        self.assertEqual(code, 0, errors)
        page = output.decode()
        self.assertRegex(page, r'(?m)^\.TH MOLDAU 1 "" "moldau \d+\.\d+\.\d+"')
        plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")
        for path, text in self.commands:
            if "\nCommands:\n" not in text:
                self.assertIn(f"\n.SS moldau {' '.join(path)}", plain)
            for option in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE):
                self.assertIn(option, plain)
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS"):
            self.assertIn(f"\n.SH {section}\n", page)
        self.assertIn("Exit codes", page)

    def test_bash_completes_commands_options_and_choices(self):
        self.assertEqual(self.complete("moldau", "gr"), ["group"])
        self.assertEqual(self.complete("moldau", "group", ""), ["list", "describe", "delete", "reset"])
        self.assertEqual(self.complete("moldau", "group", "reset", "--e"), ["--execute"])
        self.assertEqual(self.complete("moldau", "topic", "list", "--format", ""), ["table", "json"])
        self.assertEqual(self.complete("moldau", "topic", "list", "--format", "=", "j"), ["json"])
        self.assertEqual(self.complete("moldau", "produce", "t", "--codec", "z"), ["zstd"])
        self.assertEqual(self.complete("moldau", "topic", "create", "t", "--partitions", ""), [])
        self.assertIn("/etc/hostname", self.complete("moldau", "produce", "t", "--file", "/etc/hostn"))

    def test_bash_completes_the_names_of_topics_and_groups(self):
        topic = self.topic()
        group = self.unique("group")
        self.ask("produce", topic, stdin=b"x\n")
        self.ask("consume", topic, "--group", group, "--from", "beginning", "--exit")
        self.assertEqual(self.complete("moldau", "topic", "describe", topic[:-2]), [topic])
        self.assertEqual(self.complete("moldau", "config", "set", "--topic", topic[:-2]), [topic])
        self.assertEqual(self.complete("moldau", "group", "describe", group[:-2]), [group])

    def test_every_shell_has_a_script(self):
        for shell in ("bash", "zsh", "fish"):
            code, output, errors = run_moldau("completion", shell)
            self.assertEqual(code, 0, errors)
            for word in (b"describe", b"--execute" if shell != "fish" else b"-l execute"):
                self.assertIn(word, output)
        run_moldau_code, _, errors = run_moldau("completion", "csh")
        self.assertEqual(run_moldau_code, 2, errors)


if __name__ == "__main__":
    cli_rig.main()
