#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using testing::BatchSpec;
using testing::DiskCall;
using testing::LogTest;

class Truncation : public LogTest {
 protected:
  void set_state(LogState state) {
    env::Lock lock(log_->priv().mutex);
    log_->priv().state = state;
  }
};
class Roll : public LogTest {};
class Retention : public LogTest {};
class Removal : public LogTest {
 protected:
  env::Task<> remove_log(bool& done) { done = (co_await dir_->remove(log_, worker())).has_value(); }
};
class Reading : public LogTest {};

TEST_F(Truncation, cuts_all_ends_and_is_durable_when_it_returns) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably({.leader_epoch = LeaderEpoch(i / 5)});
  ASSERT_TRUE(await(log_->truncate_to(Offset(4), worker())));
  auto positions = log_->positions();
  EXPECT_EQ(positions.written_end, Offset(4));
  EXPECT_EQ(positions.durable_end, Offset(4));
  EXPECT_EQ(positions.high_watermark, Offset(4));
  EXPECT_EQ(log_->latest_epoch(), LeaderEpoch(0));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(4));
  EXPECT_EQ(append_durably().base_offset, Offset(4));
  expect_contiguous();
}

TEST_F(Truncation, while_a_flush_runs_the_round_counts_for_nothing) {
  start_log();
  append_durably();
  const auto lost = append();
  bool truncated = false;
  during_next(DiskCall::sync, [&] {
    // The round has collected its target, offset 2. Now the whole truncation happens, as it would
    // on another thread.
    EXPECT_EQ(log_->positions().written_end, Offset(2));
    set_state(LogState::repairing);
    truncated = log_->priv().truncate(Offset(1)).has_value();
    set_state(LogState::ok);
    return std::nullopt;
  });
  world_.run_until([&] { return lost.reply->outcome.has_value(); });
  EXPECT_EQ(lost.reply->outcome, AppendOutcome::failed);
  EXPECT_TRUE(truncated);
  EXPECT_EQ(log_->positions().durable_end, Offset(1));
  EXPECT_EQ(append_durably({.value_size = 500}).base_offset, Offset(1));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(2));
  expect_contiguous();
}

TEST_F(Truncation, lowers_the_recovery_point_durably_before_it_cuts) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  dir_->housekeeping();
  bool looked = false;
  on_call = [&](DiskCall call, const std::string& file) {
    if (call == DiskCall::truncate && file.ends_with(".log")) {
      EXPECT_EQ(saved_recovery_point(), Offset(4));
      looked = true;
    }
    return std::optional<Error>();
  };
  ASSERT_TRUE(await(log_->truncate_to(Offset(4), worker())));
  EXPECT_TRUE(looked);
}

TEST_F(Truncation, waits_for_the_writer_and_then_fails_what_it_cuts) {
  start_log();
  append_durably();
  const auto sent = append();
  std::optional<Result<>> result;
  during_next(DiskCall::write, [&] {
    log_->priv().run_exclusive(
        log_, LogState::repairing,
        [&] {
          EXPECT_EQ(log_->positions().written_end, Offset(2)) << "the write has ended";
          result = log_->priv().truncate(Offset(1));
        },
        [] {});
    EXPECT_FALSE(result);
    EXPECT_EQ(append().answer.status, AppendStatus::storage_error) << "draining";
    return std::nullopt;
  });
  settle();
  ASSERT_TRUE(result && *result);
  EXPECT_TRUE(sent.reply->outcome);
  EXPECT_EQ(log_->assigned_end(), Offset(1));
  EXPECT_EQ(append_durably().base_offset, Offset(1));
}

TEST_F(Truncation, across_segments_removes_the_later_ones) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 50});
  ASSERT_GT(log_->segment_count(), 5);
  ASSERT_TRUE(await(log_->truncate_to(Offset(3), worker())));
  EXPECT_EQ(log_->positions().written_end, Offset(3));
  expect_contiguous();
  EXPECT_EQ(append_durably().base_offset, Offset(3));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(4));
  expect_contiguous();
}

TEST_F(Truncation, full_truncation_starts_an_empty_log_at_the_offset) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 50});
  ASSERT_TRUE(await(log_->truncate_fully_and_start_at(Offset(100), worker())));
  EXPECT_EQ(log_->positions().log_start, Offset(100));
  EXPECT_EQ(log_->positions().written_end, Offset(100));
  EXPECT_EQ(append_durably().base_offset, Offset(100));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, Offset(100));
  EXPECT_EQ(log_->positions().written_end, Offset(101));
}

TEST_F(Truncation, producers_forget_what_was_cut) {
  start_log();
  BatchSpec spec{.producer_id = ProducerId(9), .producer_epoch = ProducerEpoch(0)};
  for (spec.base_sequence = 0; spec.base_sequence < 4; ++spec.base_sequence) append_durably(spec);
  ASSERT_TRUE(await(log_->truncate_to(Offset(2), worker())));
  spec.base_sequence = 3;
  EXPECT_EQ(append(spec).answer.status, AppendStatus::out_of_order_sequence);
  spec.base_sequence = 2;
  EXPECT_EQ(append_durably(spec).base_offset, Offset(2));
}

TEST_F(Roll, with_a_combined_write_pending_starts_the_segment_at_its_batch) {
  config_.segment_bytes = 1000;
  start_log();
  append_durably();
  worker().post([&] {
    for (int i = 0; i < 40; ++i) append({.value_size = 100});
  });
  settle();
  EXPECT_EQ(log_->positions().high_watermark, Offset(41));
  EXPECT_GT(log_->segment_count(), 4);
  for (const auto& segment : *log_->priv().segment_list()) {
    EXPECT_LE(segment->size(), 1000U);
    EXPECT_EQ(segment->size(), file_size(segment->path(".log")));
  }
  expect_contiguous();
}

TEST_F(Roll, that_fails_leaves_the_old_segment_active_and_no_litter) {
  config_.segment_bytes = 1000;
  start_log();
  for (int i = 0; i < 9; ++i) append_durably({.value_size = 10});
  const auto before = files();
  // Room for the index files, none for the batch.
  node_.disk().set_capacity(node_.disk().used_bytes() + 60);
  const auto failed = append({.value_size = 600});
  settle();
  EXPECT_EQ(failed.reply->outcome, AppendOutcome::failed);
  EXPECT_EQ(log_->positions().written_end, Offset(9));
  node_.disk().set_capacity(std::uint64_t{1} << 40);
  dir_->housekeeping();
  EXPECT_EQ(append_durably({.value_size = 600}).base_offset, Offset(9));
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(10));
  expect_contiguous();
}

TEST_F(Roll, of_a_compacted_log_syncs_first_what_it_seals) {
  config_.cleanup_compact = true;
  config_.segment_bytes = 1000;
  start_log();
  int looked = 0;
  bool names_synced = true;
  std::string last = path("00000000000000000000.log");
  on_call = [&](DiskCall call, const std::string& file) {
    if (call == DiskCall::sync_names) names_synced = true;
    if (call != DiskCall::write || !file.ends_with(log_suffix)) return std::optional<Error>();
    if (std::exchange(last, file) != file) {
      EXPECT_TRUE(std::exchange(names_synced, false)) << file;
    }
    for (const auto& name : files()) {
      if (!name.ends_with(log_suffix) || path(name) >= file) continue;
      const auto* const durable = node_.disk().durable(path(name));
      EXPECT_TRUE(durable != nullptr && durable->size() == file_size(path(name))) << name;
      ++looked;
    }
    return std::optional<Error>();
  };
  worker().post([&] {
    for (int i = 0; i < 40; ++i) append({.value_size = 100});
  });
  settle();
  on_call = nullptr;
  EXPECT_EQ(log_->positions().high_watermark, Offset(40));
  EXPECT_GT(looked, 3);
}

TEST_F(Roll, by_time_and_by_index_size) {
  config_.segment_ms = 1000;
  config_.index_interval_bytes = 0;
  config_.segment_index_bytes = 60;  // four entries
  start_log();
  append_durably({.timestamp = 1000});
  append_durably({.timestamp = 2000});
  EXPECT_EQ(log_->segment_count(), 1);
  append_durably({.timestamp = 2001});
  EXPECT_EQ(log_->segment_count(), 2);
  for (int i = 0; i < 10; ++i) append_durably({.timestamp = 2002});
  EXPECT_EQ(log_->segment_count(), 4);
  expect_contiguous();
}

TEST_F(Roll, writes_exact_indexes_and_a_producer_snapshot) {
  config_.segment_bytes = 2000;
  config_.index_interval_bytes = 100;
  start_log();
  BatchSpec spec{
      .value_size = 100, .producer_id = ProducerId(3), .producer_epoch = ProducerEpoch(1)};
  for (int i = 0; i < 15; ++i) {
    spec.base_sequence = i;
    spec.timestamp = 1000 + i;
    append_durably(spec);
  }
  ASSERT_EQ(log_->segment_count(), 2);
  const auto base = log_->priv().segment_list()->back()->base_offset();
  const auto offsets =
      read_index_file<OffsetIndexEntry>(env_->disk(), path("00000000000000000000.index"));
  ASSERT_TRUE(offsets);
  EXPECT_GT(offsets->size(), 5U);
  EXPECT_EQ(file_size(path("00000000000000000000.index")), offsets->size() * 8);
  const auto times =
      read_index_file<TimeIndexEntry>(env_->disk(), path("00000000000000000000.timeindex"));
  ASSERT_TRUE(times);
  EXPECT_EQ(times->back(),
            (TimeIndexEntry{1000 + base.value() - 1, static_cast<std::int32_t>(base.value() - 1)}));
  const auto snapshot =
      env::read_file(env_->disk(), path(fmt::format("{:020}.snapshot", base.value())), 1 << 20);
  ASSERT_TRUE(snapshot);
  const auto entries = parse_producer_snapshot(*snapshot);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().last_batch.last_sequence, base.value() - 1);
}

TEST_F(Retention, by_size_removes_whole_segments_from_the_front) {
  config_.segment_bytes = 300;
  config_.retention_bytes = 700;
  config_.file_delete_delay_ms = 1000;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 50});
  const auto removed = on_pool([&] { return log_->apply_retention(WallMs{0}); });
  ASSERT_TRUE(removed);
  EXPECT_GT(*removed, 0);
  EXPECT_GE(log_->size_bytes(), 700U);
  EXPECT_LT(log_->size_bytes(), 1000U);
  const auto start = log_->positions().log_start;
  EXPECT_GT(start, Offset(0));
  EXPECT_EQ(log_->read({.from = Offset(0), .limit = Offset(20), .max_bytes = 100})->status,
            ReadStatus::offset_out_of_range);
  EXPECT_TRUE(has_file("00000000000000000000.log.deleted"));
  run_for(2000);
  dir_->housekeeping();
  EXPECT_FALSE(has_file("00000000000000000000.log.deleted"));
  expect_contiguous();
  crash(env::CrashKind::kill);
  restart();
  EXPECT_EQ(log_->positions().log_start, start);
}

TEST_F(Retention, by_time_rolls_the_active_segment_and_then_removes_it) {
  config_.retention_ms = 10'000;
  start_log();
  append_durably({.timestamp = 1000});
  EXPECT_EQ(on_pool([&] { return log_->apply_retention(WallMs{11'000}); }).value(), 0);
  EXPECT_EQ(log_->segment_count(), 1);
  EXPECT_EQ(on_pool([&] { return log_->apply_retention(WallMs{11'001}); }).value(), 0);
  settle();
  EXPECT_EQ(log_->segment_count(), 2);
  EXPECT_EQ(on_pool([&] { return log_->apply_retention(WallMs{11'001}); }).value(), 1);
  EXPECT_EQ(log_->positions().log_start, Offset(1));
  EXPECT_EQ(append_durably().base_offset, Offset(1));
}

TEST_F(Retention, keeps_what_is_above_the_high_watermark) {
  config_.segment_bytes = 200;
  config_.retention_bytes = 0;
  start_log();
  listener_.reset();  // nobody moves the high watermark
  for (int i = 0; i < 10; ++i) append({.value_size = 50});
  settle();
  EXPECT_EQ(on_pool([&] { return log_->apply_retention(WallMs{0}); }).value(), 0);
}

TEST_F(Retention, deleted_records_go_with_their_segments) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 50});
  EXPECT_TRUE(log_->advance_log_start(Offset(10)));
  EXPECT_FALSE(log_->advance_log_start(Offset(10)));
  EXPECT_EQ(log_->positions().log_start, Offset(10));
  EXPECT_GT(on_pool([&] { return log_->apply_retention(WallMs{0}); }).value(), 0);
  EXPECT_LE(log_->priv().segment_list()->front()->base_offset(), Offset(10));
  ASSERT_TRUE(close());
  crash(env::CrashKind::kill);
  restart();
  EXPECT_EQ(log_->positions().log_start, Offset(10));
}

TEST_F(Removal, while_being_written_fails_the_queue_and_renames_when_the_writer_is_done) {
  start_log();
  append_durably();
  const auto in_the_write = append();
  Sent queued;
  bool removed = false;
  env::Scope scope(worker());
  during_next(DiskCall::write, [&] {
    queued = append();
    scope.spawn(remove_log(removed));
    return std::nullopt;
  });
  world_.run_until([&] { return removed; });
  EXPECT_TRUE(removed);
  settle();
  EXPECT_EQ(in_the_write.reply->outcome, AppendOutcome::failed);
  EXPECT_EQ(queued.reply->outcome, AppendOutcome::failed);
  EXPECT_EQ(append().answer.status, AppendStatus::storage_error);
  EXPECT_EQ(dir_->find(name), nullptr);
  EXPECT_TRUE(files().empty());
  settle();
  EXPECT_FALSE(dir_->is_offline());

  // The name can be taken again at once, and what the old one left says nothing of the new one.
  const KnownLog fresh{name, Uuid::of(3, 4), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); }).value().front());
  EXPECT_EQ(append_durably().base_offset, Offset(0));
}

TEST_F(Removal, on_a_disk_without_room_for_the_new_name_is_done_at_once) {
  start_log();
  append_durably();
  const auto directory = log_->directory();
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::names || file != directory) return std::nullopt;
    return Error{.code = Errc::no_space, .context = "rename"};
  };
  bool removed = false;
  env::Scope scope(worker());
  scope.spawn(remove_log(removed));
  settle();
  on_call = nullptr;
  EXPECT_TRUE(removed);
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_FALSE(env_->disk().exists(directory).value());
  EXPECT_EQ(dir_->find(name), nullptr);
}

TEST_F(Removal, of_a_log_whose_flush_is_under_way_harms_nobody) {
  config_.segment_bytes = 200;
  start_log();
  append_durably();
  append({.value_size = 200});  // rolls: the round has a directory to sync
  bool removed = false;
  env::Scope scope(worker());
  during_next(DiskCall::sync, [&] {
    scope.spawn(remove_log(removed));
    return std::nullopt;
  });
  settle();
  EXPECT_TRUE(removed);
  EXPECT_FALSE(dir_->is_offline());
}

TEST_F(Removal, waits_for_the_epoch_file_that_is_being_written) {
  start_log();
  append_durably({.leader_epoch = LeaderEpoch(3)});
  bool removed = false;
  on_call = [&](DiskCall call, const std::string& file) {
    if (call != DiskCall::write || file.find("leader-epoch") == std::string::npos) {
      return std::optional<Error>();
    }
    on_call = nullptr;
    auto& state = log_->priv();
    state.run_exclusive(log_, LogState::deleted, [&] { removed = true; }, [] {});
    env::Lock lock(state.mutex);
    EXPECT_FALSE(state.exclusive_running) << "the directory would be renamed under the file";
    return std::optional<Error>();
  };
  dir_->housekeeping();
  EXPECT_TRUE(has_file("leader-epoch-checkpoint"));
  settle();
  EXPECT_TRUE(removed);
}

TEST_F(Removal, recreated_partition_is_not_judged_by_the_old_checkpoints) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  dir_->housekeeping();  // recovery point 10
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  const KnownLog fresh{name, Uuid::of(3, 4), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); }).value().front());
  append_durably();
  crash(env::CrashKind::power_cut);
  const auto report = restart();
  EXPECT_TRUE(report.quarantined.empty());
  EXPECT_EQ(log_->positions().written_end, Offset(1));
}

TEST_F(Removal, unfinished_deletion_goes_on_after_a_restart) {
  start_log();
  append_durably();
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  crash(env::CrashKind::power_cut);
  ASSERT_TRUE(open_dir());
  ASSERT_TRUE(load());
  run_for(10);
  dir_->housekeeping();
  const auto entries = env_->disk().list(root);
  ASSERT_TRUE(entries);
  for (const auto& entry : *entries) EXPECT_FALSE(entry.is_directory) << entry.name;
}

TEST_F(Reading, starts_at_the_batch_that_contains_the_offset) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably({.records = 3, .value_size = 300});
  EXPECT_EQ(batches(Offset(4), Offset(9)),
            (std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 5}, {6, 8}}));
}

TEST_F(Reading, never_goes_beyond_the_limit) {
  config_.index_interval_bytes = 200;
  start_log();
  for (int i = 0; i < 30; ++i) append_durably({.records = 2, .value_size = 50});
  for (std::int64_t limit = 0; limit <= 60; ++limit) {
    std::int64_t end = 0;
    for (const auto& [first, last] : batches(Offset(0), Offset(limit))) end = last + 1;
    EXPECT_EQ(end, limit / 2 * 2) << limit;
  }
}

TEST_F(Reading, gives_the_first_batch_even_if_it_is_too_large) {
  start_log();
  append_durably({.value_size = 5000});
  auto request = Log::ReadRequest{.from = Offset(0), .limit = Offset(1), .max_bytes = 10};
  EXPECT_GT(log_->read(request)->length, 5000U);
  request.minimum = ReadMinimum::nothing;
  EXPECT_EQ(log_->read(request)->length, 10U);
  request.max_bytes = 0;
  EXPECT_EQ(log_->read(request)->file, nullptr);
}

TEST_F(Reading, at_the_end_is_empty_and_beyond_is_out_of_range) {
  start_log();
  append_durably();
  const auto at = [&](std::int64_t offset) {
    return log_->read({.from = Offset(offset), .limit = Offset(1), .max_bytes = 100});
  };
  EXPECT_EQ(at(1)->status, ReadStatus::ok);
  EXPECT_EQ(at(1)->file, nullptr);
  EXPECT_EQ(at(2)->status, ReadStatus::offset_out_of_range);
}

TEST_F(Reading, cold_segment_is_unavailable_to_a_worker_and_not_to_the_pool) {
  start_log();
  append_durably();
  ASSERT_TRUE(close());
  crash(env::CrashKind::kill);
  restart();
  Log::ReadRequest request{.from = Offset(0), .limit = Offset(1), .max_bytes = 100};
  const auto cached = log_->read(request);
  ASSERT_FALSE(cached);
  EXPECT_EQ(cached.error().code, Errc::unavailable);
  request.mode = ReadMode::blocking;
  EXPECT_TRUE(on_pool([&] { return log_->read(request); }));
}

TEST_F(Reading, timestamp_lookup_is_exact_inside_compressed_batches_and_across_segments) {
  config_.segment_bytes = 700;
  config_.index_interval_bytes = 100;
  start_log();
  for (int i = 0; i < 20; ++i) {
    append_durably({.records = 5,
                    .value_size = 40,
                    .timestamp = 1000 + 10 * i,
                    .codec = i % 2 == 0 ? records::Codec::lz4 : records::Codec::none});
  }
  ASSERT_GT(log_->segment_count(), 2);
  for (std::int64_t timestamp = 990; timestamp < 1200; ++timestamp) {
    const auto found = on_pool([&] { return log_->find_timestamp(timestamp); });
    ASSERT_TRUE(found);
    const auto batch = timestamp <= 1000 ? 0 : (timestamp - 1000) / 10;
    const auto within = timestamp <= 1000 ? 0 : (timestamp - 1000) % 10;
    const auto expected = within < 5 ? batch * 5 + within : (batch + 1) * 5;
    if (expected >= 100) {
      EXPECT_FALSE(*found) << timestamp;
    } else {
      ASSERT_TRUE(*found) << timestamp;
      EXPECT_EQ((*found)->offset, Offset(expected)) << timestamp;
    }
  }
  const auto max = on_pool([&] { return log_->find_max_timestamp(); });
  ASSERT_TRUE(max && *max);
  EXPECT_EQ((*max)->timestamp, 1194);
  EXPECT_EQ((*max)->offset, Offset(99));
}

TEST_F(Reading, aborted_transactions_and_the_last_stable_offset_follow_the_markers) {
  start_log();
  const BatchSpec data{.records = 2,
                       .producer_id = ProducerId(8),
                       .producer_epoch = ProducerEpoch(0),
                       .base_sequence = 0,
                       .kind = records::BatchKind::transactional};
  ASSERT_TRUE(log_->append_as_follower(testing::make_batch(data)));
  settle();
  EXPECT_EQ(log_->positions().high_watermark, Offset(2));
  EXPECT_EQ(log_->positions().last_stable_offset, Offset(0));
  EXPECT_FALSE(log_->readable_end()) << "not the same for all readers";
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0))) << "nobody has looked";
  EXPECT_TRUE(log_->aborted_transactions(Offset(0), Offset(2)).value().empty());
  EXPECT_TRUE(log_->knows_no_aborted(Offset(0)));
  auto marker = records::build_end_txn_batch({.result = records::TxnResult::abort,
                                              .producer_id = ProducerId(8),
                                              .producer_epoch = ProducerEpoch(0),
                                              .coordinator_epoch = 1,
                                              .timestamp = 1000,
                                              .leader_epoch = LeaderEpoch(0)});
  std::vector<std::uint8_t> bytes(marker.bytes().begin(), marker.bytes().end());
  records::assign_offset(bytes, Offset(2), LeaderEpoch(0));
  ASSERT_TRUE(log_->append_as_follower(SharedBytes::adopt(bytes)));
  settle();
  EXPECT_EQ(log_->positions().last_stable_offset, Offset(3));
  EXPECT_EQ(log_->readable_end().value().position,
            testing::make_batch(data).size() + marker.size());
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0)));
  const std::vector<AbortedTxn> expected = {{ProducerId(8), Offset(0), Offset(2), Offset(3)}};
  EXPECT_EQ(log_->aborted_transactions(Offset(0), Offset(3)).value(), expected);
  crash(env::CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->aborted_transactions(Offset(0), Offset(3)).value(), expected);
}

TEST_F(Reading, that_nothing_was_aborted_is_known_after_one_look) {
  config_.segment_bytes = 200;
  start_log();
  for (int i = 0; i < 10; ++i) append_durably({.value_size = 60});
  ASSERT_GT(log_->segment_count(), 3);
  int opened = 0;
  on_call = [&](DiskCall call, const std::string& file) {
    opened += call == DiskCall::names && file.ends_with(".txnindex") ? 1 : 0;
    return std::optional<Error>();
  };
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0)));
  EXPECT_TRUE(log_->aborted_transactions(Offset(5), Offset(6)).value().empty());
  EXPECT_TRUE(log_->knows_no_aborted(Offset(5)));
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0))) << "of what lies before nobody has looked";
  EXPECT_GT(opened, 1);
  EXPECT_TRUE(log_->aborted_transactions(Offset(0), Offset(6)).value().empty());
  ASSERT_TRUE(log_->knows_no_aborted(Offset(0)));
  // A segment that is sealed keeps what was known of it; of the next one nobody knows yet.
  const int segments = log_->segment_count();
  while (log_->segment_count() == segments) append_durably({.value_size = 60});
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0)));
  opened = 0;
  const Offset last = log_->positions().written_end - 1;
  EXPECT_TRUE(log_->aborted_transactions(last, last + 1).value().empty());
  EXPECT_EQ(opened, 1);
  EXPECT_TRUE(log_->knows_no_aborted(Offset(0)));
}

TEST_F(Reading, end_offsets_of_epochs) {
  start_log();
  for (const int epoch : {1, 1, 3, 3, 3, 6}) append_durably({.leader_epoch = LeaderEpoch(epoch)});
  const auto end = [&](int epoch) {
    const auto found = log_->end_offset_for_epoch(LeaderEpoch(epoch));
    return std::pair(found.epoch.value(), found.end_offset.value());
  };
  EXPECT_EQ(end(0), std::pair(0, std::int64_t{0}));
  EXPECT_EQ(end(1), std::pair(1, std::int64_t{2}));
  EXPECT_EQ(end(2), std::pair(1, std::int64_t{2}));
  EXPECT_EQ(end(3), std::pair(3, std::int64_t{5}));
  EXPECT_EQ(end(6), std::pair(6, std::int64_t{6}));
  EXPECT_EQ(end(7), std::pair(-1, std::int64_t{-1}));
}

}  // namespace
}  // namespace moldau::storage
