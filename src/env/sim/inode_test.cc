#include "env/sim/inode.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace moldau::env {
namespace {

constexpr std::uint64_t seeds = 300;

std::string contents(const FileImage& file) {
  std::string text(file.size(), '?');
  file.read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0);
  return text;
}

void write(FileImage& file, const std::string& text, std::uint64_t position) {
  file.write(as_bytes(text), position);
}

std::string sectors(char letter, std::size_t count) {
  return std::string(count * sector_bytes, letter);
}

// What a crash may leave of what `prepare` did, over many seeds.
std::set<std::string> outcomes(const std::function<void(FileImage&)>& prepare) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    FileImage file;
    prepare(file);
    Prng prng(seed);
    file.crash(prng);
    EXPECT_FALSE(file.is_dirty());
    seen.insert(contents(file));
  }
  return seen;
}

TEST(FileImage, what_is_synced_survives_whatever_the_seed) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, "synced", 0);
    file.sync();
  });
  EXPECT_EQ(seen, (std::set<std::string>{"synced"}));
}

TEST(FileImage, unsynced_write_is_kept_or_lost_or_leaves_zeros) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, "base", 0);
    file.sync();
    write(file, sectors('x', 1), sector_bytes);
  });
  const std::string gap(sector_bytes - 4, '\0');
  EXPECT_TRUE(seen.contains("base"));
  EXPECT_TRUE(seen.contains("base" + gap + sectors('x', 1)));
  EXPECT_TRUE(seen.contains("base" + gap + sectors('\0', 1)));
  EXPECT_EQ(seen.size(), 3U);
}

TEST(FileImage, write_is_torn_between_sectors_and_never_inside_one) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, sectors('a', 4), 0);
    file.sync();
    write(file, sectors('b', 4), 0);
  });
  EXPECT_TRUE(seen.contains(sectors('a', 4)));
  EXPECT_TRUE(seen.contains(sectors('b', 4)));
  EXPECT_TRUE(seen.contains(sectors('b', 1) + sectors('a', 3)));
  EXPECT_TRUE(seen.contains(sectors('a', 3) + sectors('b', 1)));
  EXPECT_GT(seen.size(), 8U);
  for (const std::string& text : seen) {
    ASSERT_EQ(text.size(), 4 * sector_bytes);
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const std::string one = text.substr(sector * sector_bytes, sector_bytes);
      EXPECT_TRUE(one == sectors('a', 1) || one == sectors('b', 1));
    }
  }
}

TEST(FileImage, later_write_may_survive_an_earlier_one) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, sectors('a', 1), 0);
    write(file, sectors('b', 1), sector_bytes);
  });
  EXPECT_TRUE(seen.contains(sectors('\0', 1) + sectors('b', 1)));
  EXPECT_TRUE(seen.contains(sectors('a', 1)));
}

TEST(FileImage, writes_into_one_sector_keep_their_order) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, "aa", 0);
    write(file, "bb", 2);
  });
  EXPECT_TRUE(seen.contains("aabb"));
  EXPECT_TRUE(seen.contains("aa"));
  EXPECT_FALSE(seen.contains(std::string("\0\0bb", 4)));
}

TEST(FileImage, unsynced_truncation_may_come_undone_and_no_old_bytes_reappear_behind_it) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, sectors('a', 2), 0);
    file.sync();
    file.truncate(sector_bytes);
    write(file, sectors('b', 1), 2 * sector_bytes);
  });
  EXPECT_TRUE(seen.contains(sectors('a', 2)));
  EXPECT_TRUE(seen.contains(sectors('a', 1)));
  EXPECT_TRUE(seen.contains(sectors('a', 1) + sectors('\0', 1) + sectors('b', 1)));
}

TEST(FileImage, after_a_failed_sync_its_pages_are_seen_but_lost_for_good) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    FileImage file;
    write(file, sectors('a', 2), 0);
    file.sync();
    write(file, sectors('b', 1), 0);
    file.sync_failed();
    EXPECT_EQ(contents(file), sectors('b', 1) + sectors('a', 1));
    file.sync();  // "succeeds", and covers nothing of it
    Prng prng(seed);
    file.crash(prng);
    seen.insert(contents(file));
  }
  EXPECT_EQ(seen, (std::set<std::string>{sectors('a', 2)}));
}

TEST(FileImage, page_that_is_written_again_after_a_failed_sync_takes_the_lost_bytes_along) {
  const auto seen = outcomes([](FileImage& file) {
    write(file, "aaaa", 0);
    file.sync();
    write(file, "bb", 0);
    file.sync_failed();
    write(file, "c", 3);
    file.sync();
  });
  EXPECT_EQ(seen, (std::set<std::string>{"bbac"}));
}

TEST(FileImage, file_that_is_written_anew_after_a_failed_sync_is_what_was_written_last) {
  const auto seen = outcomes([](FileImage& file) {
    file.truncate(0);
    write(file, "lost", 0);
    file.sync_failed();
    file.truncate(0);
    write(file, "whole again", 0);
    file.sync();
  });
  EXPECT_EQ(seen, (std::set<std::string>{"whole again"}));
}

TEST(FileImage, flipped_bit_is_seen_and_survives) {
  FileImage file;
  write(file, "abc", 0);
  file.sync();
  file.flip_bit(1, 0);
  EXPECT_EQ(contents(file), "acc");
  Prng prng(1);
  file.crash(prng);
  EXPECT_EQ(contents(file), "acc");
}

}  // namespace
}  // namespace moldau::env
