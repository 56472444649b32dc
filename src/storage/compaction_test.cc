#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::BatchFate;
using testing::CompactedLog;
using testing::DiskCall;

class Compaction : public CompactedLog {
 protected:
  /// Twelve versions of three keys, all sealed but the last ones.
  void fill() {
    start_log();
    for (int i = 0; i < 12; ++i) put(fmt::format("k{}", i % 3), std::string(80, 'a' + i));
    roll();
  }
  std::vector<std::string> half_made() {
    auto names = files();
    std::erase_if(names, [](const auto& name) {
      return !name.ends_with(".cleaned") && !name.ends_with(".swap");
    });
    return names;
  }
  Offset active_base() { return log_->priv().segment_list()->back()->base_offset(); }
};

TEST_F(Compaction, keeps_the_newest_of_each_key_and_every_offset) {
  fill();
  const auto before = log_->size_bytes();
  const auto end = log_->positions().written_end;
  ASSERT_TRUE(clean());
  check();
  EXPECT_LT(log_->size_bytes(), before / 2);
  EXPECT_EQ(log_->positions().written_end, end);
  EXPECT_EQ(log_->positions().log_start, Offset(0));
  EXPECT_TRUE(half_made().empty());
  EXPECT_EQ(stats().cleanings, 1U);
  EXPECT_GT(stats().cleaner_bytes_freed, 0U);
}

TEST_F(Compaction, does_nothing_more_until_something_is_dirty) {
  fill();
  ASSERT_TRUE(clean());
  EXPECT_FALSE(clean());
  EXPECT_EQ(clean_offsets(), (OffsetCheckpoint{{name, Offset(active_base())}}));
  roll();
  EXPECT_TRUE(clean());
  check();
}

TEST_F(Compaction, joins_small_segments_up_to_the_size_of_one) {
  start_log();
  for (int i = 0; i < 40; ++i) put(fmt::format("k{}", i % 20), std::string(80, 'v'));
  roll();
  const auto segments = log_->segment_count();
  ASSERT_TRUE(clean());
  EXPECT_EQ(log_->segment_count(), segments) << "by what they were before";
  roll();
  ASSERT_TRUE(clean());
  EXPECT_LT(log_->segment_count(), segments - 2);
  for (const auto& segment : *log_->priv().segment_list()) EXPECT_LE(segment->size(), 700U);
  check();
  crash(CrashKind::power_cut);
  restart();
  check();
}

TEST_F(Compaction, leaves_the_active_segment_alone) {
  start_log();
  for (int i = 0; i < 3; ++i) put("k", "v");
  EXPECT_FALSE(clean());
  EXPECT_EQ(record_count(), 3U);
}

TEST_F(Compaction, waits_for_the_dirty_ratio_or_the_longest_lag) {
  config_.min_cleanable_dirty_ratio = 0.9;
  fill();
  ASSERT_TRUE(clean()) << "all of it was dirty";
  for (int i = 0; i < 40; ++i) put(fmt::format("u{}", i), std::string(80, 'u'));
  roll();
  ASSERT_TRUE(clean());
  roll();
  EXPECT_FALSE(clean()) << "little is dirty";
  EXPECT_GT(stats().dirty_ratio_max, 0.0);
  config_.max_compaction_lag_ms = 60'000;
  log_->set_config(config());
  EXPECT_FALSE(clean());
  run_for(60'001);
  EXPECT_TRUE(clean());
  check();
}

TEST_F(Compaction, leaves_young_records_alone) {
  config_.min_compaction_lag_ms = 60'000;
  fill();
  EXPECT_FALSE(clean());
  run_for(60'001);
  for (int i = 0; i < 12; ++i) put("young", std::string(80, 'y'));
  roll();
  ASSERT_TRUE(clean());
  std::size_t young = 0;
  for (const auto& record : read_committed()) young += record.key == "young" ? 1 : 0;
  EXPECT_EQ(young, 12U);
  check();
}

TEST_F(Compaction, is_switched_on_and_off_while_the_log_is_open) {
  config_.cleanup_compact = false;
  fill();
  EXPECT_FALSE(clean());
  config_.cleanup_compact = true;
  log_->set_config(config());
  EXPECT_TRUE(clean());
}

TEST_F(Compaction, goes_with_retention_where_both_are_asked_for) {
  config_.cleanup_delete = true;
  config_.retention_bytes = 2000;
  fill();
  for (int i = 0; i < 40; ++i) put(fmt::format("u{}", i), std::string(80, 'u'));
  roll();
  ASSERT_TRUE(clean());
  on_pool([&] { return log_->apply_retention(env_->clock().wall()); }).value();
  EXPECT_GT(log_->positions().log_start, Offset(0));
  EXPECT_LE(log_->size_bytes(), 2000U + 700U);
  roll();
  EXPECT_TRUE(clean()) << "the checkpoint is behind the log's start";
  EXPECT_GT(record_count(), 0U);
}

TEST_F(Compaction, stops_below_an_open_transaction) {
  start_log();
  for (int i = 0; i < 3; ++i) put("k", std::string(80, 'v'));
  write({{"k", "open"}}, 7, BatchFate::open);
  for (int i = 0; i < 20; ++i) put("k", std::string(80, 'w'));
  roll();
  EXPECT_FALSE(clean()) << "the first segment holds its begin";
  end_transaction(7, records::TxnResult::abort);
  ASSERT_TRUE(clean());
  check();
  EXPECT_EQ(log_->aborted_transactions(Offset(0), Offset(100))->size(), 1U)
      << "as long as the marker is there";
}

TEST_F(Compaction, aborted_data_goes_and_its_marker_and_index_entry_follow) {
  start_log();
  write({{"k", std::string(80, 'v')}}, 7, BatchFate::open);
  put("k", "old");
  end_transaction(7, records::TxnResult::abort);
  write({{"z", "last of the producer"}}, 7);
  roll();
  ASSERT_TRUE(clean());
  check();
  run_for(10'000);
  for (int i = 0; i < 2; ++i) {
    roll();
    ASSERT_TRUE(clean());
    check();
    run_for(10'000);
  }
  EXPECT_TRUE(log_->aborted_transactions(Offset(0), Offset(1000))->empty());
  EXPECT_FALSE(has_file("00000000000000000000.txnindex"));
}

TEST_F(Compaction, a_tombstone_goes_after_its_retention) {
  start_log();
  put("k", "v");
  remove("k");
  roll();
  ASSERT_TRUE(clean());
  const auto has_tombstone = [&] {
    const auto records = read_committed();
    return std::ranges::any_of(records, [](const auto& record) { return record.key == "k"; });
  };
  EXPECT_TRUE(has_tombstone()) << "a consumer may still have the value";
  check();
  run_for(2000);
  roll();
  ASSERT_TRUE(clean());
  EXPECT_FALSE(has_tombstone());
  check();
}

TEST_F(Compaction, a_producers_last_sequence_outlives_its_records) {
  start_log();
  write({{"k", "1"}, {"k", "2"}}, 7);
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  ASSERT_TRUE(clean());
  crash(CrashKind::power_cut);
  restart();
  const auto producers = log_->active_producers();
  ASSERT_EQ(producers.size(), 1U);
  EXPECT_EQ(producers[0].last_sequence, 1);
  write({{"k", "3"}}, 7);
  check();
}

TEST_F(Compaction, a_producers_last_five_batches_are_known_after_their_records_went) {
  start_log();
  for (int i = 0; i < 7; ++i) write({{"k", fmt::format("{}", i)}}, 7);
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  ASSERT_TRUE(clean());
  crash(CrashKind::power_cut);
  restart();
  const auto retry = [&](std::int32_t sequence) {
    return append({.producer_id = ProducerId(7),
                   .producer_epoch = ProducerEpoch(0),
                   .base_sequence = sequence})
        .answer;
  };
  EXPECT_EQ(retry(1).status, AppendStatus::out_of_order_sequence);
  for (const int sequence : {2, 6, 4}) {
    const auto answer = retry(sequence);
    EXPECT_EQ(answer.status, AppendStatus::duplicate) << sequence;
    EXPECT_EQ(answer.base_offset, Offset(sequence));
  }
  check();
}

TEST_F(Compaction, a_small_map_cleans_in_several_rounds) {
  auto cleaners = std::make_shared<Cleaners>();
  cleaners->set_config({.dedupe_buffer_bytes = 10 * 24, .load_factor = 1.0});
  ASSERT_TRUE(open_dir({.cleaners = cleaners}));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 25; ++i) put(fmt::format("k{}", i), std::string(80, 'a' + round));
  }
  roll();
  int cleanings = 0;
  while (clean()) {
    ++cleanings;
    check();
  }
  EXPECT_GT(cleanings, 3);
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  std::set<std::string> keys;
  std::size_t doubles = 0;
  for (const auto& record : read_committed()) {
    if (record.offset < active_base().value()) {
      doubles += keys.insert(record.key).second ? 0 : 1;
    }
  }
  EXPECT_EQ(doubles, 0U);
}

TEST_F(Compaction, a_map_without_room_for_one_batch_sets_the_log_aside) {
  auto cleaners = std::make_shared<Cleaners>();
  cleaners->set_config({.dedupe_buffer_bytes = 2 * 24, .load_factor = 1.0});
  ASSERT_TRUE(open_dir({.cleaners = cleaners}));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  write({{"a", "1"}, {"b", "1"}, {"c", "1"}});
  roll();
  EXPECT_FALSE(clean());
  EXPECT_EQ(stats().uncleanable_logs, 1U);
  cleaners->set_config({});
  run_for(600'001);
  EXPECT_TRUE(clean()) << "tried again";
  EXPECT_EQ(stats().uncleanable_logs, 0U);
}

TEST_F(Compaction, a_damaged_log_is_set_aside_and_the_others_go_on) {
  fill();
  const KnownLog other{TopicPartition{"u", PartitionId(0)}, Uuid::of(3, 4), config()};
  const auto second = on_pool([&] { return dir_->create(std::span(&other, 1)); })->front();
  const auto damaged = log_;
  use(second);
  history_.clear();
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  const auto before = damaged->size_bytes();
  ASSERT_TRUE(node_.disk().flip_bit(path("00000000000000000000.log"), 100, 3));
  dir_->housekeeping();
  for (int i = 0; i < 3; ++i) on_pool([this] { return dir_->clean_one(); });
  EXPECT_EQ(stats().uncleanable_logs, 1U);
  EXPECT_EQ(stats().cleanings, 1U);
  EXPECT_EQ(damaged->size_bytes(), before) << "nothing of it is changed";
  EXPECT_TRUE(half_made().empty());
  check();
  ASSERT_TRUE(node_.disk().flip_bit(path("00000000000000000000.log"), 100, 3));
  run_for(600'001);
  EXPECT_TRUE(on_pool([this] { return dir_->clean_one(); }));
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  EXPECT_LT(damaged->size_bytes(), before);
}

TEST_F(Compaction, a_disk_without_room_for_the_names_of_a_swap_undoes_it) {
  fill();
  dir_->housekeeping();
  int calls = 0;  // it is opened, and then renamed when the log has been
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::names || !file.ends_with(".index.cleaned") || ++calls != 2) {
      return std::nullopt;
    }
    EXPECT_TRUE(has_file("00000000000000000000.log.swap"));
    return Error{.code = Errc::no_space, .context = "planned"};
  };
  EXPECT_FALSE(clean());
  EXPECT_GE(calls, 2);
  on_call = nullptr;
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_TRUE(half_made().empty());
  check();
  run_for(15'001);
  EXPECT_TRUE(clean());
  check();
}

TEST_F(Compaction, a_full_disk_undoes_it_and_it_goes_on_when_there_is_room) {
  fill();
  dir_->housekeeping();
  bool failed = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::write || !file.ends_with(".index.cleaned")) return std::nullopt;
    failed = true;
    return Error{.code = Errc::no_space, .context = "planned"};
  };
  EXPECT_FALSE(clean());
  EXPECT_TRUE(failed);
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_TRUE(half_made().empty());
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  check();
  on_call = nullptr;
  EXPECT_FALSE(clean()) << "not at once again";
  run_for(15'001);
  EXPECT_TRUE(clean());
  check();
}

TEST_F(Compaction, needs_room_for_what_it_writes) {
  fill();
  dir_->housekeeping();
  node_.disk().set_capacity(node_.disk().used_bytes() + 500);
  EXPECT_FALSE(on_pool([this] { return dir_->clean_one(); }));
  EXPECT_EQ(stats().cleaner_failures, 1U);
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  node_.disk().set_capacity(node_.disk().used_bytes() + 100'000);
  run_for(15'001);
  EXPECT_TRUE(clean());
}

TEST_F(Compaction, retention_in_the_middle_ends_it) {
  config_.cleanup_delete = true;
  fill();
  dir_->housekeeping();
  bool removed = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::sync || !file.ends_with(".log.cleaned") || removed) return std::nullopt;
    removed = true;
    log_->advance_log_start(Offset(5));
    EXPECT_EQ(log_->apply_retention(env_->clock().wall()).value(), 1);
    return std::nullopt;
  };
  EXPECT_FALSE(on_pool([this] { return dir_->clean_one(); }));
  EXPECT_TRUE(removed);
  EXPECT_TRUE(half_made().empty());
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  on_call = nullptr;
  EXPECT_TRUE(clean());
  EXPECT_GT(record_count(), 0U);
}

TEST_F(Compaction, a_failed_sync_takes_the_directory_offline) {
  fill();
  dir_->housekeeping();
  on_call = [](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::sync || !file.ends_with(".cleaned")) return std::nullopt;
    return Error{.code = Errc::io, .context = "planned"};
  };
  EXPECT_FALSE(clean());
  EXPECT_TRUE(dir_->is_offline());
  crash(CrashKind::power_cut);
  restart();
  check();
}

TEST_F(Compaction, readers_in_the_old_segments_finish) {
  fill();
  dir_->housekeeping();
  const auto plan = log_->read({.from = Offset(0),
                                .limit = log_->positions().high_watermark,
                                .max_bytes = 1 << 20,
                                .mode = ReadMode::blocking});
  ASSERT_TRUE(plan && plan->file != nullptr);
  // A reader that has the list and opens its files when they have lost their names.
  const auto list = log_->priv().segment_list();
  for (const auto& segment : *list) segment->close_files();
  bool looked = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    // The old names are gone, the new one is not there yet.
    if (call != DiskCall::names || !file.ends_with(".log.swap") || looked) return std::nullopt;
    looked = true;
    EXPECT_FALSE(has_file("00000000000000000000.log"));
    EXPECT_FALSE(batches(Offset(0), Offset(3)).empty());
    EXPECT_TRUE(list->front()->lookup(Offset(2), ReadMode::blocking));
    EXPECT_TRUE(list->front()->aborted_txns());
    list->front()->close_files();
    EXPECT_TRUE(list->front()->lookup(Offset(2), ReadMode::blocking)) << "it stays open";
    return std::nullopt;
  };
  ASSERT_TRUE(clean());
  EXPECT_TRUE(looked);
  std::vector<std::uint8_t> bytes(plan->length);
  EXPECT_EQ(plan->file->pread(bytes, plan->position).value(), plan->length);
  records::BatchIterator batches(bytes);
  EXPECT_EQ(batches.next()->base_offset(), Offset(0));
  run_for(config_.file_delete_delay_ms + 1000);
  dir_->housekeeping();
  for (const auto& file : files()) EXPECT_FALSE(file.ends_with(".deleted")) << file;
}

TEST_F(Compaction, a_truncation_in_the_middle_ends_it) {
  fill();
  dir_->housekeeping();
  bool cut = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::sync || !file.ends_with(".log.cleaned") || cut) return std::nullopt;
    cut = true;
    log_->priv().run_exclusive(
        log_, LogState::repairing, [&] { EXPECT_TRUE(log_->priv().truncate(Offset(4))); }, [] {});
    return std::nullopt;
  };
  EXPECT_FALSE(clean());
  on_call = nullptr;
  settle();
  EXPECT_TRUE(cut);
  EXPECT_TRUE(half_made().empty());
  EXPECT_EQ(log_->positions().written_end, Offset(4));
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  expect_contiguous();
}

TEST_F(Compaction, a_log_that_is_removed_meanwhile_is_let_go) {
  fill();
  dir_->housekeeping();
  bool done = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::write || !file.ends_with(".log.cleaned")) return std::nullopt;
    on_call = nullptr;
    Wakeups wakeups(env_->workers());
    log_->priv().go_offline(log_, Error{.code = Errc::closed, .context = "removed"},
                            LogState::deleted, wakeups);
    done = true;
    return std::nullopt;
  };
  EXPECT_FALSE(clean());
  EXPECT_TRUE(done);
  EXPECT_EQ(stats().uncleanable_logs, 0U);
  EXPECT_TRUE(half_made().empty());
}

TEST_F(Compaction, truncation_lowers_the_checkpoint_before_it_cuts) {
  fill();
  ASSERT_TRUE(clean());
  ASSERT_FALSE(clean_offsets().empty());
  bool looked = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call == DiskCall::truncate && file.ends_with(".log")) {
      EXPECT_EQ(clean_offsets(), (OffsetCheckpoint{{name, Offset(10)}}));
      looked = true;
    }
    return std::nullopt;
  };
  ASSERT_TRUE(await(log_->truncate_to(Offset(10), worker())));
  EXPECT_TRUE(looked);
}

TEST_F(Compaction, a_log_that_is_cut_in_a_gap_ends_where_its_batches_end) {
  start_log();
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  ASSERT_TRUE(clean());
  // Of each segment only the last batch is left, and that is not below the target.
  const auto target = log_->priv().segment_list()->at(2)->base_offset() + 1;
  ASSERT_TRUE(await(log_->truncate_to(target, worker())));
  const auto end = log_->positions().written_end;
  EXPECT_LT(end, target);
  crash(CrashKind::power_cut);
  auto report = restart();
  EXPECT_TRUE(report.quarantined.empty());
  EXPECT_EQ(log_->positions().written_end, end);
  ASSERT_TRUE(close());
  crash(CrashKind::kill);
  report = restart();
  EXPECT_TRUE(report.quarantined.empty()) << report.quarantined.front().error.to_string();
  EXPECT_EQ(log_->positions().written_end, end);
}

TEST_F(Compaction, a_new_partition_of_the_same_name_is_dirty) {
  fill();
  ASSERT_TRUE(clean());
  const auto old = std::exchange(log_, nullptr);
  ASSERT_TRUE(await(dir_->remove(old, worker())));
  const KnownLog fresh{name, Uuid::of(5, 6), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  EXPECT_EQ(clean_offsets(), OffsetCheckpoint());
  history_.clear();
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  EXPECT_TRUE(clean());
  check();
}

TEST_F(Compaction, runs_by_itself_and_as_slowly_as_it_is_told) {
  auto cleaners = std::make_shared<Cleaners>();
  CleanerConfig settings{.backoff_ms = 1000, .io_buffer_bytes = 4096, .io_bytes_per_second = 1000};
  cleaners->set_config(settings);
  ASSERT_TRUE(open_dir({.cleaners = cleaners}));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  for (int i = 0; i < 100; ++i) put("k", std::string(80, 'v'));
  roll();
  dir_->housekeeping();
  const auto io = 2 * log_->size_bytes();
  env::Scope scope(worker());
  const auto begun = env_->clock().now();
  scope.spawn(dir_->run_cleaner(worker()));
  ASSERT_TRUE(world_.run_until([&] { return stats().cleanings == 1; }));
  EXPECT_GT(to_ms(env_->clock().now() - begun), static_cast<std::int64_t>(io) * 8 / 10);
  check();

  settings.enabled = false;
  cleaners->set_config(settings);
  roll();
  dir_->housekeeping();
  run_for(20'000);
  EXPECT_EQ(stats().cleanings, 1U) << "switched off";
  settings.enabled = true;
  settings.threads = 0;
  cleaners->set_config(settings);
  run_for(20'000);
  EXPECT_EQ(stats().cleanings, 1U) << "no thread";
  settings.threads = 1;
  cleaners->set_config(settings);
  run_for(1'500);
  bool stopped = false;
  scope.stop_then([&] { stopped = true; });
  world_.run_until([&] { return stopped; });
  EXPECT_TRUE(half_made().empty()) << "stopped in the middle";
  EXPECT_EQ(stats().cleanings, 1U);
  check();
}

}  // namespace
}  // namespace moldau::storage
