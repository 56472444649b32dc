#include "storage/file_names.h"
#include "storage/test_log.h"

/// What administration asks of a log.
namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::BatchSpec;
using testing::DiskCall;
using testing::LogTest;

class DeletedRecords : public LogTest {
 protected:
  /// As a DeleteRecords request, up to its answer.
  void delete_up_to(Offset start) {
    log_->advance_log_start(start);
    ASSERT_TRUE(on_pool([&] { return dir_->checkpoint_log_starts(); }));
  }
};

TEST_F(DeletedRecords, stay_deleted_when_the_power_goes_right_after_the_answer) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  delete_up_to(Offset(7));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, Offset(7));
  EXPECT_EQ(log_->positions().written_end, Offset(10));
  delete_up_to(Offset(10));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, Offset(10));
  EXPECT_EQ(append_durably().base_offset, Offset(10));
}

TEST_F(DeletedRecords, come_back_with_the_power_cut_if_nothing_was_written_down) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  log_->advance_log_start(Offset(7));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, Offset(0)) << "so there is no answer before the file";
}

// Retention renames the segments, and nobody syncs the directory; then the checkpoint is written
// again, when the first segment that is left says the same.
TEST_F(DeletedRecords, stay_deleted_when_the_power_brings_their_segments_back) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 50});
  const auto boundary = (*log_->priv().segment_list())[2]->base_offset();
  delete_up_to(boundary);
  ASSERT_EQ(on_pool([&] { return log_->apply_retention(WallMs{0}); }).value(), 2);
  ASSERT_EQ(log_->priv().segment_list()->front()->base_offset(), boundary);
  ASSERT_TRUE(on_pool([&] { return dir_->checkpoint_log_starts(); }));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, boundary);
}

TEST_F(DeletedRecords, are_not_promised_when_the_file_can_not_be_written) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  log_->advance_log_start(Offset(3));
  node_.disk().set_capacity(node_.disk().used_bytes());
  EXPECT_EQ(on_pool([&] { return dir_->checkpoint_log_starts(); }).error().code, Errc::no_space);
  EXPECT_FALSE(dir_->is_offline()) << "a full disk passes";
  node_.disk().set_capacity(std::uint64_t{1} << 40);
  during_next(DiskCall::sync, [] { return Error{.code = Errc::io, .context = "test"}; });
  EXPECT_EQ(on_pool([&] { return dir_->checkpoint_log_starts(); }).error().code, Errc::io);
  EXPECT_TRUE(dir_->is_offline());
}

/// A start that found neither the directory of a partition nor that it was deleted would keep a new
/// topic of that name from being made.
class DeletedPartition : public LogTest {
 protected:
  void SetUp() override {
    config_.file_delete_delay_ms = 0;
    start_log();
    append_durably();
    housekeeping();
  }
  void housekeeping() {
    on_pool([this] {
      dir_->housekeeping();
      return 0;
    });
  }
  std::vector<std::string> directories() {
    std::vector<std::string> names;
    for (const auto& entry : env_->disk().list(root).value()) {
      if (entry.is_directory) names.push_back(entry.name);
    }
    return names;
  }
  void expect_not_vanished() {
    crash(CrashKind::power_cut);
    ASSERT_TRUE(open_dir());
    const auto report = load();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->logs.empty());
    EXPECT_TRUE(report->vanished.empty());
  }
};

TEST_F(DeletedPartition, has_not_vanished_when_the_power_goes_before_its_files_do) {
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  expect_not_vanished();
}

TEST_F(DeletedPartition, has_not_vanished_when_the_power_goes_behind_its_files) {
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  housekeeping();
  EXPECT_TRUE(directories().empty());
  expect_not_vanished();
}

TEST_F(DeletedPartition, has_not_vanished_when_a_full_disk_kept_the_checkpoint_from_forgetting_it) {
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  on_call = [](DiskCall call, const std::string& path) -> std::optional<Error> {
    if (call != DiskCall::write || !path.contains(recovery_point_file)) return std::nullopt;
    return Error{.code = Errc::no_space, .context = "test"};
  };
  housekeeping();
  EXPECT_EQ(directories().size(), 1U) << "empty";
  on_call = nullptr;
  expect_not_vanished();
  housekeeping();
  EXPECT_TRUE(directories().empty());
  expect_not_vanished();
}

TEST_F(DeletedPartition,
       that_a_failing_sync_keeps_from_being_forgotten_takes_the_directory_offline) {
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  during_next(DiskCall::sync, [] { return Error{.code = Errc::io, .context = "test"}; });
  const KnownLog fresh{name, Uuid::of(3, 4), config()};
  EXPECT_FALSE(on_pool([&] { return dir_->create(std::span(&fresh, 1)); }));
  EXPECT_TRUE(dir_->is_offline());
}

TEST_F(DeletedPartition, has_vanished_if_somebody_else_removed_it) {
  ASSERT_TRUE(close());
  const auto moved = root + "/saved";
  ASSERT_TRUE(on_pool([&] { return node_.env().disk().rename(log_->directory(), moved); }));
  crash(env::CrashKind::kill);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load().value().vanished, std::vector{name});
}

/// A replica that the metadata does not know any more: its directory stays, under another name.
/// Then a topic of that name is made anew, and the power goes before it has a directory.
class StrayPartition : public DeletedPartition {
 protected:
  /// A move was about to end when the power went: the copy is whole, and so are its lines.
  void retire_a_copy(DirectoryKind kind) {
    const auto live = fmt::format("{}/{}", root, partition_directory_name(name));
    const auto future = retired_directory_name(name, Uuid::of(1, 2), DirectoryKind::future);
    auto& disk = env_->disk();
    ASSERT_TRUE(on_pool([&] { return disk.rename(live, fmt::format("{}/{}", root, future)); }));
    ASSERT_TRUE(on_pool([&] { return disk.sync_directory(root); }));
    crash(CrashKind::power_cut);
    ASSERT_TRUE(open_dir());
    const auto futures = load().value().futures;
    ASSERT_EQ(futures.size(), 1U);
    ASSERT_TRUE(await(dir_->retire_future(futures.front(), kind, worker())));
  }
  void fail_its_rename() {
    const auto directory = fmt::format("{}/{}", root, partition_directory_name(name));
    on_call = [directory](DiskCall call, const std::string& path) -> std::optional<Error> {
      if (call != DiskCall::names || path != directory) return std::nullopt;
      return Error{.code = Errc::io, .context = "test"};
    };
  }
};

TEST_F(StrayPartition, has_not_vanished_when_the_power_goes_right_behind_its_rename) {
  ASSERT_TRUE(await(dir_->make_stray(log_, worker())));
  expect_not_vanished();
  EXPECT_TRUE(directories().at(0).ends_with("-stray"));
}

TEST_F(StrayPartition, has_not_vanished_when_the_power_goes_before_its_rename) {
  fail_its_rename();
  ASSERT_FALSE(await(dir_->make_stray(log_, worker())));
  crash(CrashKind::power_cut);
  const auto report = restart();
  EXPECT_TRUE(report.vanished.empty());
  EXPECT_EQ(log_->positions().written_end, Offset(1)) << "recovered as a whole";
}

TEST_F(StrayPartition, is_made_on_a_full_disk_too) {
  on_call = [](DiskCall call, const std::string&) -> std::optional<Error> {
    if (call != DiskCall::write) return std::nullopt;
    return Error{.code = Errc::no_space, .context = "test"};
  };
  ASSERT_TRUE(await(dir_->make_stray(log_, worker())));
  EXPECT_FALSE(dir_->is_offline());
  on_call = nullptr;
  housekeeping();
  expect_not_vanished();
}

TEST_F(StrayPartition, that_is_damaged_has_not_vanished_either) {
  const auto file = segment_file_name(Offset(0), log_suffix);
  ASSERT_TRUE(node_.disk().flip_bit(path(file), 70, 3));
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  ASSERT_EQ(load().value().quarantined.size(), 1U);
  fail_its_rename();
  const auto retire = [this] {
    return await(dir_->retire_quarantined(name, DirectoryKind::stray, worker()));
  };
  ASSERT_FALSE(retire());
  crash(CrashKind::power_cut);
  ASSERT_TRUE(open_dir());
  ASSERT_EQ(load().value().quarantined.size(), 1U) << "not recovered as if nothing were known";
  ASSERT_TRUE(retire());
  expect_not_vanished();
}

TEST_F(StrayPartition, that_was_a_copy_has_not_vanished_either) {
  retire_a_copy(DirectoryKind::stray);
  expect_not_vanished();
}

TEST_F(StrayPartition, that_was_a_copy_and_is_deleted_has_not_vanished_either) {
  retire_a_copy(DirectoryKind::deleted);
  housekeeping();
  EXPECT_TRUE(directories().empty());
  // Else the power would bring its directory back, which tells that it was deleted.
  ASSERT_TRUE(on_pool([&] { return env_->disk().sync_directory(root); }));
  expect_not_vanished();
}

class ActiveProducers : public LogTest {};

TEST_F(ActiveProducers, are_told_with_their_last_batch) {
  start_log();
  EXPECT_TRUE(log_->active_producers().empty());
  BatchSpec spec{.producer_id = ProducerId(9), .producer_epoch = ProducerEpoch(2)};
  for (spec.base_sequence = 0; spec.base_sequence < 3; ++spec.base_sequence) append_durably(spec);
  append_durably({.producer_id = ProducerId(4),
                  .producer_epoch = ProducerEpoch(0),
                  .base_sequence = 5,
                  .timestamp = 1234});
  const auto producers = log_->active_producers();
  ASSERT_EQ(producers.size(), 2u);
  EXPECT_EQ(producers[0].producer_id, ProducerId(4));
  EXPECT_EQ(producers[0].last_sequence, 5);
  EXPECT_EQ(producers[0].last_timestamp, 1234);
  EXPECT_EQ(producers[0].txn_first_offset, no_offset);
  EXPECT_EQ(producers[1].producer_id, ProducerId(9));
  EXPECT_EQ(producers[1].epoch, ProducerEpoch(2));
  EXPECT_EQ(producers[1].last_sequence, 2);
}

}  // namespace
}  // namespace moldau::storage
