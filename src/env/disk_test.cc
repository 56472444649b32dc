#include "env/disk.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "env/test_world.h"

namespace moldau::env {
namespace {

class DiskTest : public testing::TestWithParam<WorldKind> {
 protected:
  std::string path(const std::string& name) { return world_->directory() + "/" + name; }
  std::unique_ptr<File> create(const std::string& name) {
    return disk_.open(path(name), OpenMode::create_new).value();
  }
  static void write(File& file, std::string_view text, std::uint64_t position) {
    const std::array pieces{as_bytes(text)};
    ASSERT_TRUE(file.pwritev(pieces, position));
  }
  static std::string read(File& file, std::size_t size, std::uint64_t position) {
    std::string text(size, '?');
    const auto got =
        file.pread({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, position);
    text.resize(got.value());
    return text;
  }
  static Errc code(const auto& result) { return result ? Errc{255} : result.error().code; }

  std::unique_ptr<TestWorld> world_ = make_world(GetParam());
  Disk& disk_ = world_->env().disk();
};

TEST_P(DiskTest, pieces_are_written_one_after_another_at_the_position) {
  const auto file = create("f");
  const std::array pieces{as_bytes("ab"), Bytes{}, as_bytes("cde"), as_bytes("f")};
  ASSERT_TRUE(file->pwritev(pieces, 3));
  EXPECT_EQ(file->size().value(), 9U);
  EXPECT_EQ(read(*file, 100, 0), std::string("\0\0\0", 3) + "abcdef");
  EXPECT_EQ(read(*file, 2, 4), "bc");
  EXPECT_EQ(read(*file, 5, 9), "");
}

TEST_P(DiskTest, more_pieces_than_one_system_call_takes) {
  const auto file = create("f");
  std::vector<std::string> texts;
  texts.reserve(3'000);
  for (int i = 0; i < 3'000; ++i) texts.push_back(std::to_string(i) + ",");
  std::vector<Bytes> pieces;
  std::string all;
  for (const auto& text : texts) {
    pieces.push_back(as_bytes(text));
    all += text;
  }
  ASSERT_TRUE(file->pwritev(pieces, 0));
  EXPECT_EQ(read(*file, all.size() + 1, 0), all);
}

TEST_P(DiskTest, cached_read_gives_all_that_pread_gives_or_says_that_it_would_wait) {
  const auto file = create("f");
  write(*file, "0123456789", 0);
  std::array<std::uint8_t, 16> buffer{};
  const auto got = file->pread_cached(buffer, 4);
  ASSERT_TRUE(got);
  if (*got) EXPECT_EQ(as_text(Bytes(buffer).first(**got)), "456789");
}

TEST_P(DiskTest, what_is_loaded_is_in_the_page_cache) {
  const auto file = create("f");
  const std::string contents(300'000, 'x');
  write(*file, contents, 0);
  ASSERT_TRUE(file->datasync());
  ASSERT_TRUE(file->drop_cached(0, contents.size()));
  // A disk in memory drops nothing, an old kernel cannot tell.
  if (GetParam() == WorldKind::real) {
    const auto after_drop = file->cached(5'000, 200'000);
    ASSERT_TRUE(file->load(5'000, 200'000));
    EXPECT_EQ(file->cached(5'000, 200'000),
              after_drop == Cached::unknown ? Cached::unknown : Cached::yes);
  } else {
    ASSERT_TRUE(file->load(5'000, 200'000));
  }
  EXPECT_NE(file->cached(0, 0), Cached::no);
  EXPECT_EQ(code(file->load(contents.size() - 10, 20)), Errc::truncated);
  EXPECT_EQ(read(*file, 400'000, 0), contents);
}

TEST_P(DiskTest, truncate_cuts_and_extends_with_zeros) {
  const auto file = create("f");
  write(*file, "0123456789", 0);
  ASSERT_TRUE(file->truncate(4));
  EXPECT_EQ(read(*file, 100, 0), "0123");
  ASSERT_TRUE(file->truncate(6));
  EXPECT_EQ(read(*file, 100, 0), std::string("0123\0\0", 6));
  EXPECT_TRUE(file->datasync());
  EXPECT_TRUE(file->write_back(0, 6));
  EXPECT_TRUE(file->drop_cached(0, 6));
  EXPECT_EQ(read(*file, 100, 0), std::string("0123\0\0", 6));
}

TEST_P(DiskTest, reserved_room_does_not_show) {
  const auto file = create("f");
  write(*file, "abc", 0);
  ASSERT_TRUE(file->reserve(1 << 20));
  EXPECT_EQ(file->size().value(), 3U);
  EXPECT_EQ(read(*file, 100, 0), "abc");
  ASSERT_TRUE(file->truncate(3));
  EXPECT_EQ(read(*file, 100, 0), "abc");
}

/// What the file has on the device; nothing on a file system where reserve_ahead() does nothing.
std::optional<std::uint64_t> bytes_on_ext4(const File& file) {
  struct statfs system{};
  struct stat status{};
  const int handle = file.native_handle();
  if (handle < 0 || ::fstatfs(handle, &system) < 0 || ::fstat(handle, &status) < 0) return {};
  if (system.f_type != EXT4_SUPER_MAGIC) return {};
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

TEST_P(DiskTest, room_ahead_does_not_show_and_can_be_given_back) {
  const auto file = create("f");
  write(*file, "abc", 0);
  file->reserve_ahead(3, 1 << 20);
  if (const auto bytes = bytes_on_ext4(*file)) EXPECT_GE(*bytes, 1U << 20);
  EXPECT_EQ(file->size().value(), 3U);
  EXPECT_EQ(read(*file, 100, 0), "abc");
  write(*file, "def", 3);
  ASSERT_TRUE(file->datasync());
  ASSERT_TRUE(file->truncate(6));
  if (const auto bytes = bytes_on_ext4(*file)) EXPECT_LT(*bytes, 1U << 20);
  EXPECT_EQ(read(*file, 100, 0), "abcdef");
}

TEST_P(DiskTest, file_tells_when_it_was_changed) {
  const auto file = create("f");
  const auto before = world_->env().clock().wall();
  write(*file, "abc", 0);
  const auto changed = file->modified();
  ASSERT_TRUE(changed);
  // The file system's clock may be a tick behind.
  EXPECT_GE(changed->value, before.value - 1'000);
  EXPECT_LE(changed->value, world_->env().clock().wall().value);
}

TEST_P(DiskTest, file_tells_what_it_was_told_until_it_is_changed) {
  const auto file = create("f");
  write(*file, "abc", 0);
  ASSERT_TRUE(file->set_modified(WallMs{1'234'567}));
  EXPECT_EQ(file->modified().value(), WallMs{1'234'567});
  ASSERT_TRUE(file->datasync());
  EXPECT_EQ(file->modified().value(), WallMs{1'234'567});
  write(*file, "abc", 0);
  EXPECT_GT(file->modified().value(), WallMs{1'234'567});
}

TEST_P(DiskTest, open_modes) {
  EXPECT_EQ(code(disk_.open(path("f"), OpenMode::read)), Errc::not_found);
  EXPECT_EQ(code(disk_.open(path("f"), OpenMode::write)), Errc::not_found);
  EXPECT_TRUE(disk_.open(path("f"), OpenMode::create));
  EXPECT_TRUE(disk_.open(path("f"), OpenMode::create));
  EXPECT_EQ(code(disk_.open(path("f"), OpenMode::create_new)), Errc::exists);
  const auto reader = disk_.open(path("f"), OpenMode::read).value();
  const std::array pieces{as_bytes("x")};
  EXPECT_FALSE(reader->pwritev(pieces, 0));
  EXPECT_EQ(code(disk_.open(path("no/f"), OpenMode::create)), Errc::not_found);
  EXPECT_NE(disk_.open(path("g"), OpenMode::read).error().context.find(path("g")),
            std::string::npos);
}

TEST_P(DiskTest, list_is_sorted_and_tells_directories) {
  create("b");
  create("a");
  ASSERT_TRUE(disk_.make_directory(path("c")));
  EXPECT_EQ(disk_.list(world_->directory()).value(),
            (std::vector<DirEntry>{{"a", false}, {"b", false}, {"c", true}}));
  EXPECT_EQ(code(disk_.list(path("none"))), Errc::not_found);
}

TEST_P(DiskTest, rename_replaces_and_open_files_follow) {
  const auto file = create("from");
  write(*file, "new", 0);
  const auto replaced = create("to");
  write(*replaced, "old", 0);
  ASSERT_TRUE(disk_.rename(path("from"), path("to")));
  EXPECT_FALSE(disk_.exists(path("from")).value());
  EXPECT_EQ(read(*disk_.open(path("to"), OpenMode::read).value(), 9, 0), "new");
  EXPECT_EQ(read(*replaced, 9, 0), "old");
  write(*file, "!", 3);
  EXPECT_EQ(read(*disk_.open(path("to"), OpenMode::read).value(), 9, 0), "new!");
  EXPECT_EQ(code(disk_.rename(path("from"), path("to"))), Errc::not_found);
}

TEST_P(DiskTest, renamed_directory_takes_its_files_along) {
  ASSERT_TRUE(disk_.make_directory(path("d")));
  create("d/f");
  ASSERT_TRUE(disk_.rename(path("d"), path("e")));
  EXPECT_TRUE(disk_.exists(path("e/f")).value());
  EXPECT_FALSE(disk_.exists(path("d/f")).value());
}

TEST_P(DiskTest, removed_file_stays_readable_while_open) {
  const auto file = create("f");
  write(*file, "still", 0);
  ASSERT_TRUE(disk_.remove_file(path("f")));
  EXPECT_FALSE(disk_.exists(path("f")).value());
  EXPECT_EQ(read(*file, 9, 0), "still");
  EXPECT_EQ(code(disk_.remove_file(path("f"))), Errc::not_found);
}

TEST_P(DiskTest, directories_are_removed_only_when_empty) {
  ASSERT_TRUE(disk_.make_directory(path("d")));
  EXPECT_EQ(code(disk_.make_directory(path("d"))), Errc::exists);
  create("d/f");
  EXPECT_EQ(code(disk_.remove_directory(path("d"))), Errc::exists);
  ASSERT_TRUE(disk_.remove_file(path("d/f")));
  EXPECT_TRUE(disk_.remove_directory(path("d")));
  EXPECT_EQ(code(disk_.remove_directory(path("d"))), Errc::not_found);
}

TEST_P(DiskTest, syncs_succeed_and_space_is_told) {
  create("f");
  EXPECT_TRUE(disk_.sync_directory(world_->directory()));
  EXPECT_TRUE(disk_.file_system(world_->directory()).value()->sync());
  EXPECT_EQ(code(disk_.file_system(path("none"))), Errc::not_found);
  EXPECT_EQ(code(disk_.sync_directory(path("none"))), Errc::not_found);
  const Space space = disk_.space(world_->directory()).value();
  EXPECT_GT(space.free_bytes, 0U);
  EXPECT_GE(space.total_bytes, space.free_bytes);
}

TEST_P(DiskTest, lock_excludes_even_this_process_until_released) {
  auto lock = disk_.lock(path(".lock"));
  ASSERT_TRUE(lock);
  EXPECT_EQ(code(disk_.lock(path(".lock"))), Errc::locked);
  lock->reset();
  EXPECT_TRUE(disk_.lock(path(".lock")));
}

TEST_P(DiskTest, replace_file_then_read_file) {
  ASSERT_TRUE(replace_file(disk_, path("f"), as_bytes("a longer first version")));
  ASSERT_TRUE(replace_file(disk_, path("f"), as_bytes("second")));
  EXPECT_EQ(as_text(read_file(disk_, path("f"), 100).value()), "second");
  EXPECT_FALSE(disk_.exists(path("f.tmp")).value());
  EXPECT_EQ(code(read_file(disk_, path("f"), 5)), Errc::too_large);
  EXPECT_EQ(code(read_file(disk_, path("g"), 5)), Errc::not_found);
}

TEST_P(DiskTest, make_directories_makes_what_is_missing) {
  ASSERT_TRUE(make_directories(disk_, path("a/b/c")));
  EXPECT_TRUE(disk_.exists(path("a/b/c")).value());
  EXPECT_TRUE(make_directories(disk_, path("a/b/c")));
}

TEST(Paths, parent) {
  EXPECT_EQ(parent_path("a/b/c"), "a/b");
  EXPECT_EQ(parent_path("a/b/"), "a");
  EXPECT_EQ(parent_path("c"), ".");
  EXPECT_EQ(parent_path("/c"), "/");
  EXPECT_EQ(parent_path("/"), "/");
}

INSTANTIATE_TEST_SUITE_P(Worlds, DiskTest, testing::ValuesIn(all_worlds), world_name);

}  // namespace
}  // namespace moldau::env
