#!/usr/bin/env python3
"""Help, manual page and completion of every command: made from one tree, so complete. The
completion is asked for in the shells themselves."""

import re
import unittest

import cli_rig
import completion_shells
from cli_rig import run_moldau


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


class Shells(cli_rig.VerbTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.commands = commands()

    def expect_completion(self, *words, wanted):
        """Each shell offers just that for the last word, whatever its order."""
        for shell in completion_shells.SHELLS:
            with self.subTest(shell=shell.__name__, line=" ".join(words)):
                self.assertEqual(sorted(shell(self.address, *words)), sorted(wanted))

    def test_every_command_has_a_help_that_says_how_to_call_it(self):
        paths = {" ".join(path) for path, _ in self.commands}
        for verb in ("topic create", "topic list", "topic describe", "topic alter", "topic delete",
                     "produce", "consume", "group list", "group describe", "group delete",
                     "group reset", "group remove-member", "group explain",
                     "config describe", "config set", "config delete", "config keys",
                     "cluster describe", "cluster upgrade", "api", "log dump", "log verify", "server",
                     "completion bash", "man"):
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

    def test_shells_complete_commands_options_and_choices(self):
        complete = self.expect_completion
        complete("moldau", "gr", wanted=["group"])
        complete("moldau", "group", "", wanted=["list", "describe", "delete", "reset", "remove-member", "explain"])
        complete("moldau", "group", "reset", "--exe", wanted=["--execute"])
        complete("moldau", "topic", "list", "--format", "", wanted=["table", "json"])
        complete("moldau", "produce", "t", "--codec", "z", wanted=["zstd"])
        complete("moldau", "topic", "create", "t", "--partitions", "", wanted=[])

    def test_shells_complete_a_choice_behind_an_equals_sign(self):
        line = ("moldau", "topic", "list", "--format=j")
        self.assertEqual(completion_shells.bash(self.address, *line), ["json"])
        self.assertEqual(completion_shells.zsh(self.address, *line), ["json"])
        self.assertEqual(completion_shells.fish(self.address, *line), ["--format=json"])

    def test_shells_complete_the_names_of_files(self):
        line = ("moldau", "produce", "t", "--file", "/etc/hostn")
        self.assertEqual(completion_shells.bash(self.address, *line), ["/etc/hostname"])
        self.assertEqual(completion_shells.zsh(self.address, *line), ["hostname"])
        self.assertEqual(completion_shells.fish(self.address, *line), ["/etc/hostname"])

    def test_shells_complete_the_names_of_topics_and_groups(self):
        topic = self.topic()
        group = self.unique("group")
        self.ask("produce", topic, stdin=b"x\n")
        self.ask("consume", topic, "--group", group, "--from", "beginning", "--exit")
        complete = self.expect_completion
        complete("moldau", "topic", "describe", topic[:-2], wanted=[topic])
        complete("moldau", "config", "set", "--topic", topic[:-2], wanted=[topic])
        complete("moldau", "group", "describe", group[:-2], wanted=[group])

    def test_the_brokers_may_be_named_as_with_apaches_tools(self):
        topic = self.topic()
        nobody = "127.0.0.1:1"
        for option in ("--bootstrap", "--bootstrap-server"):
            code, output, errors = run_moldau("topic", "list", option, self.address)
            self.assertEqual(code, 0, errors)
            self.assertIn(topic, output.decode())
            line = ("moldau", "topic", "describe", option, self.address, topic[:-2])
            for shell in (completion_shells.bash, completion_shells.zsh, completion_shells.fish):
                self.assertEqual(shell(nobody, *line), [topic], f"{shell.__name__} {option}")

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
