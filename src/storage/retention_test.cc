// Retention and repair where transactions, readers, power cuts and snapshots meet them.

#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using records::TxnResult;
using testing::BatchFate;
using testing::DiskCall;

class RetainedLog : public testing::CompactedLog {
 protected:
  RetainedLog() {
    config_.cleanup_compact = false;
    config_.cleanup_delete = true;
    config_.file_delete_delay_ms = 60'000;
  }
  int retain() {
    return on_pool([&] { return log_->apply_retention(env_->clock().wall()); }).value();
  }
  std::vector<std::string> with_suffix(std::string_view suffix) {
    auto names = files();
    std::erase_if(names, [&](const auto& name) { return !name.ends_with(suffix); });
    return names;
  }
  std::vector<AbortedTxn> aborted() {
    return log_->aborted_transactions(Offset(0), log_->positions().written_end).value();
  }
};

TEST_F(RetainedLog, a_log_goes_before_its_transaction_index) {
  start_log();
  write({{"k", std::string(600, 'v')}}, 7, BatchFate::open);
  end_transaction(7, TxnResult::abort);
  roll();
  log_->advance_log_start(log_->positions().written_end - 1);
  std::vector<std::string> calls;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call == DiskCall::names) calls.push_back(file);
    return std::nullopt;
  };
  ASSERT_GT(retain(), 0);
  on_call = nullptr;
  const auto last_of = [&](std::string_view name) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (calls[i].ends_with(name)) last = i + 1;
    }
    EXPECT_GT(last, 0U) << name;
    return last;
  };
  EXPECT_LT(last_of("00000000000000000000.log"), last_of("00000000000000000000.txnindex"));
}

/// Only it knows the producers of what goes.
TEST_F(RetainedLog, a_torn_snapshot_is_written_anew_before_segments_go) {
  start_log();
  write({{"k", std::string(600, 'v')}}, 7);
  roll();
  const auto base = log_->priv().segment_list()->back()->base_offset();
  const auto snapshot = path(segment_file_name(base, snapshot_suffix));
  overwrite(snapshot, 0, std::vector<std::uint8_t>(20, 0));
  log_->advance_log_start(base);
  ASSERT_GT(retain(), 0);
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, base);
  const auto entries =
      parse_producer_snapshot(env::read_file(env_->disk(), snapshot, 10'000).value());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().producer_id, ProducerId(7));
}

/// Of the two that know the producers of what is gone.
TEST_F(RetainedLog, either_snapshot_may_be_damaged_at_rest) {
  start_log();
  for (const auto damaged : {snapshot_suffix, snapshot_copy_suffix}) {
    SCOPED_TRACE(damaged);
    write({{"k", std::string(600, 'v')}}, 7);
    roll();
    const auto base = log_->priv().segment_list()->back()->base_offset();
    log_->advance_log_start(base);
    ASSERT_GT(retain(), 0);
    dir_->housekeeping();
    EXPECT_EQ(with_suffix(snapshot_copy_suffix).size(), 1U);
    for (const bool clean : {false, true}) {
      SCOPED_TRACE(clean);
      if (clean) ASSERT_TRUE(close());
      crash(CrashKind::power_cut);
      ASSERT_TRUE(
          node_.disk().flip_bit(path(segment_file_name(base, damaged)), clean ? 21 : 20, 3));
      // What a clean stop leaves at the end is the same one, of an empty segment.
      restart();
      env::Lock lock(log_->priv().mutex);
      const auto entries = log_->priv().producers.snapshot();
      ASSERT_EQ(entries.size(), 1U);
      EXPECT_EQ(entries.front().producer_id, ProducerId(7));
      EXPECT_EQ(entries.front().last_batch.last_offset, base - 1);
    }
  }
}

TEST_F(RetainedLog, a_snapshot_that_can_not_be_read_has_a_copy) {
  start_log();
  write({{"k", std::string(600, 'v')}}, 7);
  roll();
  log_->advance_log_start(log_->priv().segment_list()->back()->base_offset());
  ASSERT_GT(retain(), 0);
  crash(CrashKind::power_cut);
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::read || !file.ends_with(snapshot_suffix)) return std::nullopt;
    return Error{.code = Errc::io, .context = file};
  };
  restart();
  on_call = nullptr;
  env::Lock lock(log_->priv().mutex);
  EXPECT_EQ(log_->priv().producers.size(), 1U);
}

TEST_F(RetainedLog, producers_below_its_start_are_known_after_a_failed_append) {
  start_log();
  write({{"k", "v"}}, 7);
  write({{"k", "v"}}, 8);
  log_->advance_log_start(Offset(1));
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::write || !file.ends_with(log_suffix)) return std::nullopt;
    on_call = nullptr;
    return Error{.code = Errc::no_space, .context = "full"};
  };
  append();
  settle();
  EXPECT_EQ(log_->positions().written_end, Offset(2));
  env::Lock lock(log_->priv().mutex);
  EXPECT_EQ(log_->priv().producers.size(), 2U);
}

TEST_F(RetainedLog, a_full_disk_gets_room_though_it_takes_no_copy) {
  start_log();
  write({{"k", std::string(600, 'v')}}, 7);
  roll();
  log_->advance_log_start(log_->priv().segment_list()->back()->base_offset());
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::write || !file.ends_with(snapshot_copy_suffix)) return std::nullopt;
    return Error{.code = Errc::no_space, .context = "full"};
  };
  EXPECT_EQ(retain(), 1);
  on_call = nullptr;
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_TRUE(with_suffix(snapshot_copy_suffix).empty());
}

TEST_F(RetainedLog, a_power_cut_in_it_leaves_no_hole_above_the_start) {
  for (int cut = 1; cut < 40; ++cut) {
    SCOPED_TRACE(cut);
    if (cut == 1) {
      start_log();
    } else {
      restart();
    }
    dir_->housekeeping();
    while (log_->segment_count() < 5) put("k", std::string(300, 'v'));
    const auto start = log_->priv().segment_list()->at(3)->base_offset();
    log_->advance_log_start(start);
    int calls = 0;
    on_call = [&](DiskCall, const std::string&) -> std::optional<Error> {
      if (++calls < cut) return std::nullopt;
      return Error{.code = Errc::io, .context = "the power is gone"};
    };
    static_cast<void>(on_pool([&] { return log_->apply_retention(env_->clock().wall()); }));
    on_call = nullptr;
    crash(CrashKind::power_cut);
    restart();
    // Every offset from the start on is there, or it has not moved at all.
    expect_contiguous();
    if (HasFatalFailure()) return;
    history_.clear();
    crash(CrashKind::kill);
  }
}

TEST_F(RetainedLog, a_disk_without_room_for_another_name_leaves_no_hole) {
  start_log();
  while (log_->segment_count() < 5) put("k", std::string(300, 'v'));
  const auto list = log_->priv().segment_list();
  for (const std::size_t keep_from : {1U, 2U}) {
    log_->advance_log_start(list->at(keep_from)->base_offset());
    // A directory may have to grow for a rename, not for a removal.
    bool full = keep_from == 1;
    on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
      if (call != DiskCall::names || !file.ends_with(".log") || !std::exchange(full, false)) {
        return std::nullopt;
      }
      return Error{.code = Errc::no_space, .context = "rename"};
    };
    EXPECT_EQ(retain(), 1);
    on_call = nullptr;
  }
  EXPECT_FALSE(dir_->is_offline());
  crash(CrashKind::kill);
  restart();
  EXPECT_EQ(log_->segment_count(), 3);
  EXPECT_GE(log_->positions().log_start, list->at(2)->base_offset());
  expect_contiguous();
}

TEST_F(RetainedLog, its_names_are_gone_for_good_when_it_returns) {
  start_log();
  while (log_->segment_count() < 4) put("k", std::string(300, 'v'));
  dir_->housekeeping();
  const auto start = log_->priv().segment_list()->back()->base_offset();
  log_->advance_log_start(start);
  ASSERT_EQ(retain(), 3);
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().log_start, start);
  EXPECT_EQ(with_suffix(".log").size(), 1U);
}

TEST_F(RetainedLog, a_reader_that_has_found_a_segment_goes_on) {
  start_log();
  write({{"k", std::string(300, 'v')}}, 7, BatchFate::open);
  end_transaction(7, TxnResult::abort);
  roll();
  const auto found = log_->priv().segment_list()->front();
  found->close_files();
  log_->advance_log_start(log_->positions().written_end - 1);
  ASSERT_GT(retain(), 0);
  EXPECT_TRUE(found->log_file(ReadMode::blocking));
  EXPECT_EQ(found->aborted_txns().value().size(), 1U);
}

TEST_F(RetainedLog, clean_stops_leave_no_snapshots_behind) {
  start_log();
  for (int i = 0; i < 6; ++i) {
    write({{"k", "v"}}, 7);
    ASSERT_TRUE(close());
    crash(CrashKind::kill);
    restart();
    env::Lock lock(log_->priv().mutex);
    EXPECT_EQ(log_->priv().producers.size(), 1U);
  }
  EXPECT_LE(with_suffix(".snapshot").size(), 2U);
  EXPECT_EQ(log_->segment_count(), 1);
}

TEST_F(RetainedLog, an_append_that_failed_takes_its_aborted_transaction_back) {
  start_log();
  write({{"k", "v"}}, 7, BatchFate::open);
  const auto fail_next_write_of = [&](std::string_view suffix) {
    on_call = [this, suffix](DiskCall call, const std::string& file) -> std::optional<Error> {
      if (call != DiskCall::write || !file.ends_with(suffix)) return std::nullopt;
      on_call = nullptr;
      return Error{.code = Errc::no_space, .context = "planned"};
    };
  };
  const auto abort = [&] {
    const auto built = records::build_end_txn_batch({.result = TxnResult::abort,
                                                     .producer_id = ProducerId(7),
                                                     .producer_epoch = ProducerEpoch(0),
                                                     .coordinator_epoch = 1,
                                                     .timestamp = now(),
                                                     .leader_epoch = LeaderEpoch(0)});
    std::vector<std::uint8_t> bytes(built.bytes().begin(), built.bytes().end());
    records::assign_offset(bytes, log_->positions().written_end, LeaderEpoch(0));
    ASSERT_TRUE(log_->append_as_follower(SharedBytes::adopt(std::move(bytes))));
    settle();
  };
  // Its entry is written before it; half of an entry is, where that is what fails.
  for (const std::string_view suffix : {".log", ".txnindex"}) {
    fail_next_write_of(suffix);
    abort();
    EXPECT_EQ(log_->positions().written_end, Offset(1)) << suffix;
    EXPECT_TRUE(aborted().empty()) << suffix;
  }
  dir_->housekeeping();
  abort();
  EXPECT_EQ(log_->positions().written_end, Offset(2));
  EXPECT_EQ(aborted(), (std::vector<AbortedTxn>{
                           {ProducerId(7), Offset(0), Offset(1), log_->positions().written_end}}));
}

TEST_F(RetainedLog, a_repair_without_room_is_tried_again_and_the_directory_stays) {
  start_log();
  put("k", "v");
  int left = 3;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    const bool fails = file.ends_with(".log") &&
                       (call == DiskCall::write || call == DiskCall::truncate) && left-- > 0;
    return fails ? std::optional(Error{.code = Errc::no_space, .context = "no descriptor"})
                 : std::nullopt;
  };
  const auto sent = append();
  settle();
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::failed);
  EXPECT_FALSE(dir_->is_offline());
  dir_->housekeeping();
  settle();
  EXPECT_LE(left, 0);
  EXPECT_FALSE(dir_->is_offline());
  dir_->housekeeping();
  settle();
  EXPECT_EQ(append_durably().base_offset, Offset(1));
}

TEST_F(RetainedLog, jitter_is_drawn_for_each_segment_and_never_more_than_the_time) {
  config_.segment_bytes = 1 << 20;
  config_.segment_ms = 100;
  config_.segment_jitter_ms = 50;
  start_log();
  for (int i = 0; i < 2'000; ++i) append_durably({.timestamp = 1'000 + i});
  const auto list = log_->priv().segment_list();
  std::set<std::int64_t> lengths;
  for (std::size_t i = 0; i + 1 < list->size(); ++i) {
    lengths.insert((*list)[i + 1]->base_offset() - (*list)[i]->base_offset());
  }
  EXPECT_GT(lengths.size(), 5U) << "all at the same time";
  EXPECT_GT(*lengths.begin(), 50);
  EXPECT_LE(*lengths.rbegin(), 101);

  config_.segment_jitter_ms = 1'000'000;
  log_->set_config(config());
  const auto before = log_->segment_count();
  for (int i = 0; i < 50; ++i) append_durably({.timestamp = 3'000});
  EXPECT_LE(log_->segment_count(), before + 1) << "not with every batch";
}

TEST_F(RetainedLog, rolls_before_an_offset_that_its_index_can_not_tell) {
  config_.segment_bytes = 1 << 20;
  start_log();
  put("k", "v");
  constexpr std::int64_t reach = std::numeric_limits<std::int32_t>::max();
  const auto append_at = [&](std::int64_t offset) {
    const auto batch = testing::make_batch({.base_offset = Offset(offset)});
    ASSERT_TRUE(log_->priv().append_as_follower(log_, batch, Gap::allowed));
    settle();
    EXPECT_EQ(log_->positions().written_end, Offset(offset + 1));
  };
  append_at(reach);
  EXPECT_EQ(log_->segment_count(), 1);
  append_at(reach + 1);
  EXPECT_EQ(log_->segment_count(), 2);
}

/// Every batch is a segment.
class SegmentedLog : public testing::LogTest {
 protected:
  SegmentedLog() { config_.segment_bytes = 100; }
  int retain() {
    return on_pool([&] { return log_->apply_retention(env_->clock().wall()); }).value();
  }
};

TEST_F(SegmentedLog, records_without_timestamps_are_as_old_as_their_file) {
  config_.retention_ms = 60'000;
  start_log();
  append_durably({.timestamp = records::no_timestamp});
  run_for(30'000);
  append_durably({.timestamp = records::no_timestamp});
  append_durably({.timestamp = records::no_timestamp});
  ASSERT_EQ(log_->segment_count(), 3);
  EXPECT_EQ(retain(), 0);
  run_for(31'000);
  EXPECT_EQ(retain(), 1);
  EXPECT_EQ(log_->positions().log_start, Offset(1));
  run_for(30'000);
  EXPECT_EQ(retain(), 1);
  EXPECT_EQ(log_->positions().log_start, Offset(2));
}

TEST_F(SegmentedLog, a_damaged_time_index_makes_no_young_record_old) {
  config_.retention_ms = 60'000;
  start_log();
  const auto now = env_->clock().wall().value;
  append_durably({.timestamp = now});
  append_durably({.timestamp = now});
  ASSERT_EQ(log_->segment_count(), 2);
  ASSERT_TRUE(close());
  shut_down();
  boot();
  const auto index =
      fmt::format("{}/t-0/{}", root, segment_file_name(Offset(0), time_index_suffix));
  overwrite(index, 0, std::array<std::uint8_t, 8>{0, 0, 0, 0, 0, 0, 0, 1});  // of 1970
  restart();
  EXPECT_EQ(retain(), 0);
  EXPECT_EQ(log_->positions().log_start, Offset(0));
  shut_down();
  boot();
  restart();
  EXPECT_EQ(log_->priv().segment_list()->front()->max_timestamp().value().timestamp, now)
      << "the index is right again";
  run_for(61'000);
  EXPECT_EQ(retain(), 1);
}

TEST_F(SegmentedLog, room_for_a_segment_is_reserved_if_that_is_wanted) {
  int reserved = 0;
  start_log();
  on_call = [&](DiskCall call, const std::string&) -> std::optional<Error> {
    reserved += call == DiskCall::reserve ? 1 : 0;
    return std::nullopt;
  };
  append_durably();
  append_durably();
  EXPECT_EQ(reserved, 0);
  config_.preallocate = true;
  log_->set_config(config());
  append_durably();
  EXPECT_EQ(reserved, 1);
  const KnownLog other{{"other", PartitionId(0)}, Uuid::of(1, 3), config()};
  EXPECT_TRUE(on_pool([&] { return dir_->create(std::span(&other, 1)); }));
  EXPECT_EQ(reserved, 2);
}

TEST_F(SegmentedLog, segment_does_not_begin_without_the_room_reserved_for_it_and_heals) {
  config_.segment_bytes = 10'000;
  config_.preallocate = true;
  start_log();
  append_durably({.value_size = 9'000});
  world_.node(0).disk().set_capacity(world_.node(0).disk().used_bytes() + 5'000);
  const auto refused = append({.value_size = 2'000});
  EXPECT_TRUE(world_.run_until([&] { return refused.reply->outcome.has_value(); }));
  EXPECT_NE(refused.reply->outcome, AppendOutcome::done);
  world_.node(0).disk().set_capacity(std::uint64_t{1} << 40);
  dir_->housekeeping();
  settle();
  append_durably({.value_size = 2'000});
  EXPECT_EQ(log_->segment_count(), 2);
  expect_contiguous();
}

}  // namespace
}  // namespace moldau::storage
