#!/usr/bin/env python3
"""Tests of the checks: each finds what it is for in a small made-up tree, and nothing in a good one."""

import contextlib
import io
import pathlib
import subprocess
import tempfile
import unittest

import compile_time
import config_keys
import includes
import instructions
import sources
import symbols
import tidy
from symbols import Symbol


class Tree(unittest.TestCase):
    """A temporary repository; `write` puts a file into it."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def write(self, path, text):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


class Includes(Tree):
    def setUp(self):
        super().setUp()
        self.write("src/base/ids.h", "#pragma once\n")
        self.write("src/env/clock.h", "#pragma once\n")
        self.write("src/env/sim/world.h", "#pragma once\n")
        self.write("src/storage/log.h", '#include "base/ids.h"\n#include "env/clock.h"\n')

    def test_what_the_table_allows_passes(self):
        self.write("src/storage/log_test.cc",
                   '#include <gtest/gtest.h>\n#include <vector>\n#include "env/sim/world.h"\n')
        self.assertEqual(includes.check(self.root), [])

    def test_a_room_above_is_refused(self):
        self.write("src/raft/quorum.cc", '#include "storage/log.h"\n')
        self.assertEqual(includes.check(self.root), [
            'src/raft/quorum.cc:1: raft may not include storage ("storage/log.h")'])

    def test_pure_rooms_do_not_include_each_other(self):
        self.write("src/metadata/image.h", "")
        self.write("src/raft/quorum.cc", '\n#include "metadata/image.h"\n')
        self.assertIn("src/raft/quorum.cc:2: raft may not include metadata",
                      includes.check(self.root)[0])

    def test_only_tests_stand_on_a_simulated_world(self):
        self.write("src/storage/log.cc", '#include "env/sim/world.h"\n')
        self.assertIn("storage may not include env/sim", includes.check(self.root)[0])

    def test_what_helps_tests_is_for_tests_only(self):
        self.write("src/storage/test_log.h", '#include <gtest/gtest.h>\n')
        self.write("src/storage/log_test.cc", '#include "storage/test_log.h"\n')
        self.assertEqual(includes.check(self.root), [])
        self.write("src/storage/log.cc", '#include "storage/test_log.h"\n')
        self.assertIn("for tests only", includes.check(self.root)[0])

    def test_only_log_commands_open_the_log(self):
        self.write("src/apps/cli/log_dump.cc", '#include "storage/log.h"\n')
        self.assertEqual(includes.check(self.root), [])
        self.write("src/apps/cli/topic.cc", '#include "storage/log.h"\n')
        self.assertIn("apps/cli may not include storage", includes.check(self.root)[0])

    def test_foreign_libraries_are_refused_by_room(self):
        self.write("src/storage/log.cc", "#include <boost/asio/awaitable.hpp>\n#include <zstd.h>\n")
        self.assertEqual(includes.check(self.root), [
            "src/storage/log.cc:2: <zstd.h> is not among the libraries of storage"])

    def test_clocks_and_threads_of_the_standard_library_are_refused_in_pure_rooms(self):
        self.write("src/base/ids.cc", "#include <vector>\n#include <thread>\n")
        self.assertEqual(includes.check(self.root), [
            "src/base/ids.cc:2: <thread> has no place in a pure room"])

    def test_a_path_that_does_not_start_at_src_is_refused(self):
        self.write("src/storage/log.cc", '#include "log.h"\n')
        self.assertIn("no such file", includes.check(self.root)[0])

    def test_a_file_outside_every_room_is_refused(self):
        self.write("src/attic/old.cc", "")
        self.assertIn("in no room", includes.check(self.root)[0])


class Symbols(unittest.TestCase):
    def judge(self, room, name, section="*UND*", mangled="_Zx"):
        return symbols.judge(room, {Symbol(mangled, name, section)})

    def test_own_and_allowed_rooms_pass(self):
        self.assertEqual(self.judge("raft", "moldau::protocol::encode(int)"), [])
        self.assertEqual(self.judge("raft", "moldau::raft::step(moldau::Offset)", ".text"), [])

    def test_a_forbidden_room_is_named_even_in_a_template_argument(self):
        problems = self.judge("raft", "std::vector<moldau::storage::Log>::clear()", ".text")
        self.assertIn("uses storage", problems[0])

    def test_a_pure_room_asks_no_clock_and_starts_no_thread(self):
        clock = "std::chrono::_V2::system_clock::now()"
        self.assertIn("no place in a pure room", self.judge("metadata", clock)[0])
        self.assertIn("not on the list",
                      self.judge("metadata", "pthread_create", mangled="pthread_create")[0])
        self.assertEqual(self.judge("storage", clock), [])

    def test_the_c_symbols_of_a_room_are_its_own(self):
        self.assertEqual(self.judge("records", "ZSTD_decompress", mangled="ZSTD_decompress"), [])
        self.assertNotEqual(self.judge("raft", "ZSTD_decompress", mangled="ZSTD_decompress"), [])
        self.assertEqual(self.judge("raft", "memcpy", mangled="memcpy"), [])

    def test_a_mutable_global_is_refused_in_a_pure_room_only(self):
        counter = "moldau::raft::counter"
        self.assertIn("mutable global", self.judge("raft", counter, ".bss")[0])
        self.assertIn("mutable global", self.judge("raft", counter, ".data.counter")[0])
        self.assertEqual(self.judge("raft", "vtable for moldau::raft::X", ".data.rel.ro"), [])
        self.assertEqual(self.judge("broker", "moldau::broker::counter", ".bss"), [])

    def test_reading_an_archive_finds_its_globals_and_its_needs(self):
        with tempfile.TemporaryDirectory() as directory:
            place = pathlib.Path(directory)
            (place / "x.cc").write_text(
                "#include <ctime>\nnamespace moldau::raft {\nint counter;\nstatic const int two = 2;\n"
                "long now() { return counter++ + two + time(nullptr); }\n}\n", encoding="utf-8")
            subprocess.run(["clang++-19", "-O1", "-c", "x.cc"], cwd=place, check=True)
            subprocess.run(["ar", "rc", "libmoldau_raft.a", "x.o"], cwd=place, check=True)
            problems = symbols.check(place)
        self.assertEqual(problems, [
            "libmoldau_raft.a: mutable global moldau::raft::counter in .bss",
            "libmoldau_raft.a: needs time, which is not on the list of a pure room"])

    def test_nothing_built_is_a_problem(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(len(symbols.check(pathlib.Path(directory))), 1)


class Tidy(Tree):
    def found(self, text, path="src/storage/log.cc"):
        return tidy.check_file(path, text)

    def test_banned_words_are_refused_with_what_to_write_instead(self):
        for text in ("co_spawn(x, y, z);", "std::format(\"x\");", "#include <iostream>",
                     "std::this_thread::sleep_for(x);", "int x = rand();", "std::thread t;",
                     "std::mutex m;", "// TODO later", "#define X 1", "assert(x);"):
            self.assertEqual(len(self.found(text)), 1, text)

    def test_comments_and_strings_are_no_code(self):
        self.assertEqual(self.found('// std::mutex is held\nauto x = "std::thread";\n'), [])
        self.assertEqual(self.found("/* std::mutex */ int a = 1'000'000;\n"), [])
        self.assertEqual(self.found('auto x = R"(std::mutex)";\n'), [])

    def test_a_word_after_a_literal_is_still_code(self):
        self.assertEqual(len(self.found("int a = 1'000; std::mutex m; int b = 2'000;")), 1)
        self.assertEqual(len(self.found("char c = '\"'; std::mutex m; auto s = \"\";")), 1)

    def test_env_may_do_what_it_is_for(self):
        self.assertEqual(self.found("co_spawn(x, y, z);", "src/env/scope.cc"), [])
        self.assertEqual(self.found("std::thread t;", "src/env/real/threads.cc"), [])

    def test_lengths(self):
        self.assertEqual(self.found("int a;\n" * 999), [])
        self.assertIn("lines", self.found("int a;\n" * 1001)[0])
        self.assertIn("columns", self.found("int " + "a" * 97 + ";")[0])

    def test_a_header_without_pragma_once_is_refused(self):
        self.assertEqual(len(self.found("int a;\n", "src/base/x.h")), 1)

    def test_a_room_needs_a_short_readme(self):
        self.write("src/raft/quorum.cc", "")
        self.assertIn("missing", tidy.check_readmes(self.root)[0])
        self.write("src/raft/README.md", "line\n" * 41)
        self.assertIn("41 lines", tidy.check_readmes(self.root)[0])
        self.write("src/raft/README.md", "line\n" * 40)
        self.assertEqual(tidy.check_readmes(self.root), [])

    def test_a_message_outside_the_registry_is_refused(self):
        self.write("src/protocol/messages/vote.h",
                   "struct VoteRequest {\n  static constexpr MessageInfo info{};\n"
                   "  struct Topic {};\n};\nstruct VoteResponse;\n")
        self.write("src/protocol/registry.cc", "// VoteRequest\n")
        self.assertEqual(len(tidy.check_messages(self.root)), 1)
        self.write("src/protocol/registry.cc", "register<VoteRequest>();\n")
        self.assertEqual(tidy.check_messages(self.root), [])


class ConfigKeys(Tree):
    TABLE = 'X = {\n    int_key("a.b", "1").honoured(),\n    int_key("c.d"),\n};\n'

    def found(self, reader):
        self.write("src/base/config_keys/log.h", self.TABLE)
        self.write("src/broker/config.cc", reader)
        return config_keys.check(self.root)

    def test_what_is_honoured_is_read_and_what_is_read_is_honoured(self):
        self.assertEqual(self.found('p.integer("a.b");'), [])
        self.assertIn("a.b is honoured, but nothing reads it", self.found("")[0])
        self.assertIn("c.d is read", self.found('p.integer("a.b"); p.integer("c.d");')[0])


class CompileTime(unittest.TestCase):
    def test_only_the_newest_compilation_counts(self):
        slow = '"clang","a.cc.o",12500000,12000000,100\n'
        fast = '"clang","a.cc.o",3000000,2900000,100\n'
        self.assertEqual(len(compile_time.judge(fast + slow)), 1)
        self.assertEqual(compile_time.judge(slow + fast), [])

    def test_what_is_not_a_compilation_is_left_out(self):
        self.assertEqual(compile_time.judge('"clang","/tmp/cpp_stdout.ii",99000000,1,1\n'), [])


class Instructions(unittest.TestCase):
    SETTING = {"architecture": "x86_64", "compiler": "clang 19.1.7"}
    BASELINE = {"setting": SETTING, "instructions": {"append": 1000.0, "read": 200.0}}

    def check(self, counts, setting=None):
        """Problems, and what was said."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            problems = instructions.check(self.BASELINE, setting or self.SETTING, counts)
        return problems, said.getvalue()

    def test_four_percent_more_pass_and_six_fail(self):
        self.assertEqual(self.check(lambda: {"append": 1040.0, "read": 200.0}), ([], ""))
        self.assertEqual(self.check(lambda: {"append": 1060.0, "read": 200.0}),
                         (["append: 1000.0 -> 1060.0 instructions, +6.0%"], ""))

    def test_what_has_become_cheaper_is_said_and_passes(self):
        problems, said = self.check(lambda: {"append": 1000.0, "read": 180.0})
        self.assertEqual(problems, [])
        self.assertIn("cheaper: read: 200.0 -> 180.0 instructions, -10.0%", said)

    def test_a_path_too_few_or_too_many_fails(self):
        self.assertIn("read: in the baseline", self.check(lambda: {"append": 1000.0})[0][0])
        counts = {"append": 1000.0, "read": 200.0, "write": 5.0}
        self.assertIn("write: not in the baseline", self.check(lambda: counts)[0][0])

    def test_another_compiler_is_not_judged(self):
        def count():
            self.fail("counted in vain")
        problems, said = self.check(count, {**self.SETTING, "compiler": "clang 20.0.0"})
        self.assertEqual(problems, [])
        self.assertIn("SKIPPED: the compiler is clang 20.0.0", said)

    def test_profiles_are_read_by_name_and_divided_by_their_operations(self):
        profile = "events: Ir\ndesc: Trigger: Client Request: {}\n\ntotals: {}\n"
        profiles = [profile.format("read", 3200), profile.format("append", 20000), "totals: 7\n"]
        self.assertEqual(instructions.per_operation("append 20\nread 16\n", profiles),
                         {"append": 1000.0, "read": 200.0})
        with self.assertRaises(SystemExit):
            instructions.per_operation("append 20\nread 16\n", profiles[:1])


class Sources(unittest.TestCase):
    def test_blanking_keeps_the_line_numbers(self):
        text = 'a /* x\ny */ b "s\\"t"\nc // d\ne'
        self.assertEqual(sources.code_only(text).count("\n"), text.count("\n"))
        self.assertNotIn("d", sources.code_only(text))


if __name__ == "__main__":
    unittest.main()
