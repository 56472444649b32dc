#include "env/sim/sim_disk.h"

#include <gtest/gtest.h>

#include "env/pool.h"
#include "env/sim/world.h"

namespace moldau::env {
namespace {

Errc code(const auto& result) {
  return result ? Errc{255} : result.error().code;
}

void write(File& file, std::string_view text) {
  const std::array pieces{as_bytes(text)};
  EXPECT_TRUE(file.pwritev(pieces, 0));
}

std::unique_ptr<File> create(Disk& disk, const std::string& path, std::string_view text) {
  auto file = disk.open(path, OpenMode::create).value();
  write(*file, text);
  return file;
}

std::string read(Disk& disk, const std::string& path) {
  const auto bytes = read_file(disk, path, 1 << 20);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

// One machine; the power is cut between `prepare` and `look`, over many seeds.
std::set<std::string> outcomes(const std::function<void(Disk&)>& prepare,
                               const std::function<std::string(Disk&)>& look) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimWorld world(seed);
    SimNode& node = world.add_node("n");
    prepare(node.start().disk());
    node.crash(CrashKind::power_cut);
    EXPECT_TRUE(world.run_until([&] { return !node.is_up(); }));
    seen.insert(look(node.start().disk()));
  }
  return seen;
}

using Set = std::set<std::string>;

TEST(SimDisk, synced_file_without_its_synced_name_may_be_gone) {
  const auto look = [](Disk& disk) { return read(disk, "/f"); };
  const auto unsynced = [](Disk& disk) { EXPECT_TRUE(create(disk, "/f", "x")->datasync()); };
  const auto synced = [&](Disk& disk) {
    unsynced(disk);
    EXPECT_TRUE(disk.sync_directory("/"));
  };
  EXPECT_EQ(outcomes(unsynced, look), (Set{"none", "x"}));
  EXPECT_EQ(outcomes(synced, look), (Set{"x"}));
}

TEST(SimDisk, sync_of_a_directory_does_not_make_its_files_contents_durable) {
  const auto prepare = [](Disk& disk) {
    create(disk, "/f", "x");
    EXPECT_TRUE(disk.sync_directory("/"));
  };
  const auto look = [](Disk& disk) { return read(disk, "/f"); };
  EXPECT_EQ(outcomes(prepare, look), (Set{"", "x", std::string(1, '\0')}));
}

TEST(SimDisk, sync_of_a_directory_does_not_cover_its_own_name) {
  const auto prepare = [](Disk& disk) {
    EXPECT_TRUE(disk.make_directory("/d"));
    EXPECT_TRUE(create(disk, "/d/f", "x")->datasync());
    EXPECT_TRUE(disk.sync_directory("/d"));
  };
  const auto look = [](Disk& disk) { return read(disk, "/d/f"); };
  EXPECT_EQ(outcomes(prepare, look), (Set{"none", "x"}));
}

TEST(SimDisk, unsynced_rename_happened_or_did_not) {
  const auto prepare = [](Disk& disk) {
    EXPECT_TRUE(create(disk, "/old", "1")->datasync());
    EXPECT_TRUE(create(disk, "/new", "2")->datasync());
    EXPECT_TRUE(disk.sync_directory("/"));
    EXPECT_TRUE(disk.rename("/new", "/old"));
  };
  const auto look = [](Disk& disk) { return read(disk, "/old") + "," + read(disk, "/new"); };
  EXPECT_EQ(outcomes(prepare, look), (Set{"1,2", "2,none"}));
}

TEST(SimDisk, rename_without_a_sync_of_the_contents_may_leave_an_empty_file) {
  const auto prepare = [](Disk& disk) {
    create(disk, "/tmp", "new");
    EXPECT_TRUE(disk.rename("/tmp", "/f"));
    EXPECT_TRUE(disk.sync_directory("/"));
  };
  const auto look = [](Disk& disk) { return read(disk, "/f"); };
  EXPECT_TRUE(outcomes(prepare, look).contains(""));
}

TEST(SimDisk, replace_file_is_atomic_and_durable) {
  const auto prepare = [](Disk& disk) {
    EXPECT_TRUE(replace_file(disk, "/f", as_bytes("one")));
    EXPECT_TRUE(replace_file(disk, "/f", as_bytes("two")));
  };
  const auto look = [](Disk& disk) { return read(disk, "/f"); };
  EXPECT_EQ(outcomes(prepare, look), (Set{"two"}));
}

TEST(SimDisk, removed_name_may_come_back_until_the_directory_is_synced) {
  const auto remove = [](Disk& disk) {
    EXPECT_TRUE(replace_file(disk, "/f", as_bytes("x")));
    EXPECT_TRUE(disk.remove_file("/f"));
  };
  const auto synced = [&](Disk& disk) {
    remove(disk);
    EXPECT_TRUE(disk.sync_directory("/"));
  };
  const auto look = [](Disk& disk) { return read(disk, "/f"); };
  EXPECT_EQ(outcomes(remove, look), (Set{"none", "x"}));
  EXPECT_EQ(outcomes(synced, look), (Set{"none"}));
}

TEST(SimDisk, sync_of_the_file_system_covers_everything) {
  const auto prepare = [](Disk& disk) {
    EXPECT_TRUE(disk.make_directory("/d"));
    create(disk, "/d/f", "x");
    create(disk, "/g", "y");
    EXPECT_TRUE(disk.file_system("/d").value()->sync());
  };
  const auto look = [](Disk& disk) { return read(disk, "/d/f") + read(disk, "/g"); };
  EXPECT_EQ(outcomes(prepare, look), (Set{"xy"}));
}

class OneDisk : public testing::Test {
 protected:
  void restart(CrashKind kind) {
    node_.crash(kind);
    ASSERT_TRUE(world_.run_until([this] { return !node_.is_up(); }));
    node_.start();
  }
  Disk& disk() { return node_.env().disk(); }

  SimWorld world_{3};
  SimNode& node_ = world_.add_node("n", {.workers = 2, .log_sink = {}});
  Env& env_ = node_.start();
};

TEST_F(OneDisk, killed_process_leaves_its_files_as_they_are_and_its_lock_free) {
  create(disk(), "/f", "unsynced");
  auto lock = disk().lock("/.lock");
  ASSERT_TRUE(lock);
  restart(CrashKind::kill);
  EXPECT_EQ(read(disk(), "/f"), "unsynced");
  const auto mine = disk().lock("/.lock");
  EXPECT_TRUE(mine);
  lock->reset();  // the dead one's: it must not free ours
  EXPECT_EQ(code(disk().lock("/.lock")), Errc::locked);
}

TEST_F(OneDisk, dead_program_has_no_effect) {
  const auto file = create(disk(), "/f", "before");
  ASSERT_TRUE(disk().file_system("/").value()->sync());
  Disk& dead = disk();
  node_.crash(CrashKind::power_cut);
  const std::array pieces{as_bytes("after!")};
  EXPECT_EQ(code(file->pwritev(pieces, 0)), Errc::cancelled);
  EXPECT_EQ(code(file->truncate(0)), Errc::cancelled);
  EXPECT_EQ(code(file->datasync()), Errc::cancelled);
  EXPECT_EQ(code(dead.open("/g", OpenMode::create)), Errc::cancelled);
  EXPECT_EQ(code(dead.remove_file("/f")), Errc::cancelled);
  EXPECT_EQ(code(dead.rename("/f", "/g")), Errc::cancelled);
  ASSERT_TRUE(world_.run_until([this] { return !node_.is_up(); }));
  node_.start();
  EXPECT_EQ(read(disk(), "/f"), "before");
}

TEST_F(OneDisk, crash_after_the_nth_operation_fences_the_next) {
  node_.disk().after_operations(3, [this] { node_.crash(CrashKind::power_cut); });
  const auto file = disk().open("/f", OpenMode::create).value();
  const std::array pieces{as_bytes("x")};
  EXPECT_TRUE(file->pwritev(pieces, 0));
  EXPECT_EQ(code(file->pwritev(pieces, 1)), Errc::cancelled);
  EXPECT_EQ(code(file->datasync()), Errc::cancelled);
}

TEST_F(OneDisk, full_disk_takes_what_fits_and_heals_when_something_is_removed) {
  node_.disk().set_capacity(1'000);
  const auto first = create(disk(), "/a", std::string(600, 'a'));
  const auto second = disk().open("/b", OpenMode::create).value();
  const std::string much(600, 'b');
  const std::array pieces{as_bytes(much)};
  EXPECT_EQ(code(second->pwritev(pieces, 0)), Errc::no_space);
  EXPECT_EQ(second->size().value(), 400U);
  EXPECT_EQ(disk().space("/").value().free_bytes, 0U);
  EXPECT_EQ(code(disk().open("/c", OpenMode::create)), Errc::no_space);
  // What is there may be written again.
  EXPECT_TRUE(first->pwritev(std::array{as_bytes("again")}, 0));
  ASSERT_TRUE(disk().remove_file("/a"));
  EXPECT_TRUE(second->pwritev(pieces, 0));
  EXPECT_EQ(disk().space("/").value().free_bytes, 400U);
}

TEST_F(OneDisk, planned_errors_strike_once) {
  const auto file = create(disk(), "/f", "x");
  node_.disk().fail_next(DiskOp::write, "/f");
  node_.disk().fail_next(DiskOp::read);
  node_.disk().fail_next(DiskOp::sync, "/other");
  const std::string much(5'000, 'y');
  const std::array pieces{as_bytes(much)};
  const auto failed = file->pwritev(pieces, 0);
  EXPECT_EQ(code(failed), Errc::io);
  EXPECT_EQ(failed.error().os_error, EIO);
  EXPECT_TRUE(file->pwritev(pieces, 0));
  std::array<std::uint8_t, 8> buffer{};
  EXPECT_EQ(code(file->pread(buffer, 0)), Errc::io);
  EXPECT_TRUE(file->pread(buffer, 0));
  EXPECT_TRUE(file->datasync());
}

TEST_F(OneDisk, data_of_a_failed_sync_is_lost_though_the_next_one_succeeds) {
  const auto file = create(disk(), "/f", "old");
  ASSERT_TRUE(disk().file_system("/").value()->sync());
  write(*file, "new");
  node_.disk().fail_next(DiskOp::sync);
  EXPECT_EQ(code(file->datasync()), Errc::io);
  EXPECT_TRUE(file->datasync());
  EXPECT_EQ(read(disk(), "/f"), "new");
  restart(CrashKind::power_cut);
  EXPECT_EQ(read(disk(), "/f"), "old");
}

TEST_F(OneDisk, bit_rot_at_rest) {
  create(disk(), "/f", "abc");
  EXPECT_TRUE(node_.disk().flip_bit("/f", 0, 1));
  EXPECT_EQ(read(disk(), "/f"), "cbc");
  EXPECT_FALSE(node_.disk().flip_bit("/f", 3, 1));
  EXPECT_FALSE(node_.disk().flip_bit("/g", 0, 1));
}

TEST_F(OneDisk, damage_of_what_was_synced_stays_until_it_is_mended) {
  const auto file = create(disk(), "/f", "abc");
  EXPECT_FALSE(node_.disk().damage("/f", 1, as_bytes("x"))) << "not synced";
  ASSERT_TRUE(disk().file_system("/").value()->sync());
  EXPECT_FALSE(node_.disk().damage("/f", 2, as_bytes("xy"))) << "beyond its end";
  const auto damage = node_.disk().damage("/f", 1, as_bytes("x"));
  ASSERT_TRUE(damage);
  EXPECT_EQ(read(disk(), "/f"), "axc");
  restart(CrashKind::power_cut);
  EXPECT_EQ(read(disk(), "/f"), "axc");
  EXPECT_EQ(node_.disk().files(), std::vector<std::string>{"/f"});
  EXPECT_TRUE(SimDiskState::mend(*damage));
  EXPECT_EQ(read(disk(), "/f"), "abc");
  EXPECT_FALSE(SimDiskState::mend(*damage)) << "other bytes are there now";
  const auto again = node_.disk().damage("/f", 1, as_bytes("x"));
  ASSERT_TRUE(again);
  ASSERT_TRUE(disk().open("/f", OpenMode::write).value()->pwritev(std::array{as_bytes("dxe")}, 0));
  ASSERT_TRUE(disk().file_system("/").value()->sync());
  EXPECT_FALSE(SimDiskState::mend(*again)) << "the same by chance, written since";
}

Task<> write_on_pool(IoPool& pool, Worker& home, File& file, Duration& took) {
  const MonoTime before = home.now();
  const auto written = co_await run_on(pool, IoClass::flush, home, [&file] {
    const std::array pieces{as_bytes("slow")};
    return file.pwritev(pieces, 0);
  });
  EXPECT_TRUE(written);
  took = home.now() - before;
}

TEST_F(OneDisk, stalled_write_blocks_its_thread_only_and_has_taken_effect_long_before_it_returns) {
  const auto pool = env_.make_pool("data");
  const auto slow = create(disk(), "/slow", "----");
  const auto fast = create(disk(), "/fast", "----");
  node_.disk().stall_next(DiskOp::write, std::chrono::seconds(30), "/slow");
  Duration slow_took{0};
  Duration fast_took{0};
  Scope scope(env_.workers().at(0));
  scope.spawn(write_on_pool(*pool, env_.workers().at(0), *slow, slow_took));
  scope.spawn(write_on_pool(*pool, env_.workers().at(0), *fast, fast_took));
  world_.run_for(milliseconds(500));
  EXPECT_EQ(read(disk(), "/slow"), "slow");
  EXPECT_EQ(slow_took, Duration(0));
  EXPECT_GT(fast_took, Duration(0));
  world_.run_for(std::chrono::seconds(31));
  EXPECT_GE(slow_took, std::chrono::seconds(30));
  bool drained = false;
  scope.stop_then([&] { drained = true; });
  EXPECT_TRUE(world_.run_until([&] { return drained; }));
}

TEST_F(OneDisk, write_inline_blocks_its_worker_and_the_clock_shows_it) {
  const auto file = create(disk(), "/f", "x");
  node_.disk().stall_next(DiskOp::write, milliseconds(7));
  MonoTime before{};
  MonoTime after{};
  MonoTime next{};
  MonoTime other{};
  Worker& worker = env_.workers().at(0);
  worker.post([&] {
    before = env_.clock().now();
    write(*file, "y");
    after = env_.clock().now();
  });
  worker.post([&] { next = env_.clock().now(); });
  env_.workers().at(1).post([&] { other = env_.clock().now(); });
  world_.run_for(milliseconds(100));
  EXPECT_GE(after - before, milliseconds(7));
  EXPECT_GE(next, after);
  EXPECT_EQ(other, before);
}

TEST_F(OneDisk, slow_disk_is_slow_for_a_time) {
  const auto pool = env_.make_pool("data");
  const auto file = create(disk(), "/f", "----");
  node_.disk().slow_down(world_.now() + std::chrono::seconds(1), milliseconds(200));
  Duration took{0};
  EXPECT_TRUE(
      world_.run(env_.workers().at(0), write_on_pool(*pool, env_.workers().at(0), *file, took)));
  EXPECT_GE(took, milliseconds(200));
  world_.run_for(std::chrono::seconds(2));
  EXPECT_TRUE(
      world_.run(env_.workers().at(0), write_on_pool(*pool, env_.workers().at(0), *file, took)));
  EXPECT_LT(took, milliseconds(200));
}

}  // namespace
}  // namespace moldau::env
