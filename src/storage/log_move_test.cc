// A log moves to another directory while it is written, read, cut and trimmed, and while the power
// fails.

#include "storage/log_move.h"

#include "storage/log_dir_state.h"
#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using records::TxnResult;
using testing::BatchFate;
using testing::DiskCall;

const std::string other_root = "/other";

class MovedLog : public testing::CompactedLog {
 public:
  ~MovedLog() override {
    log_.reset();
    other_.reset();
  }

 protected:
  MovedLog() {
    config_.cleanup_compact = false;
    config_.cleanup_delete = true;
  }

  void SetUp() override {
    start_log();
    open_other();
  }
  void open_other() {
    auto dir = LogDir::open(*env_, {.path = other_root, .min_free_bytes = 0});
    ASSERT_TRUE(dir) << dir.error().to_string();
    other_ = std::move(*dir);
  }

  /// As the broker goes about it; `told_` is what the metadata would say.
  env::Task<> move(Result<>& outcome) {
    auto& home = worker();
    LogMove move(log_, *dir_, *other_);
    outcome = co_await move.begin(home);
    while (outcome) {
      const auto copied = co_await move.copy_some(home);
      if (!copied) outcome = std::unexpected(copied.error());
      if (!copied || *copied == LogMove::Progress::caught_up) break;
    }
    if (outcome && before_freeze_) before_freeze_();
    if (outcome) outcome = co_await move.freeze(home);
    if (!outcome) {
      co_await move.abandon(home);
      co_return;
    }
    if (while_frozen_) while_frozen_();
    told_ = other_root;
    outcome = co_await move.swap(home);
    if (!outcome) {
      if (!power_is_off_ && !dir_->is_offline()) told_ = root;
      co_await move.abandon(home);
      co_return;
    }
    use(move.hand_over());
    move.release();
    co_await move.retire_old(home);
  }
  Result<> move() {
    Result<> outcome;
    EXPECT_TRUE(world_.run(worker(), move(outcome))) << "deadlock";
    return outcome;
  }

  /// Both directories again, after the end of a life. One copy is there, or one that is whole.
  void start_both() {
    ASSERT_TRUE(open_dir());
    open_other();
    const auto describe = [this](const TopicPartition& found) {
      return KnownLog{.name = found, .topic_id = Uuid::of(1, 2), .config = config()};
    };
    auto here = await(dir_->load(worker(), describe));
    auto there = await(other_->load(worker(), describe));
    ASSERT_TRUE(here && there);
    ASSERT_TRUE(here->quarantined.empty() && there->quarantined.empty());
    // Only if one of the directories had failed: then the metadata says which one counts.
    const bool both = !here->logs.empty() && !there->logs.empty();
    if (both) ASSERT_TRUE(one_failed_) << "two of one partition";
    if (!here->logs.empty() && !(both && told_ == other_root)) return use(here->logs.front());
    if (!there->logs.empty()) return use(there->logs.front());
    ASSERT_EQ(told_, other_root) << "the copy is all there is, and the metadata does not say so";
    ASSERT_EQ(there->futures.size(), 1U);
    auto log = await(other_->promote(there->futures.front(), describe(name), worker()));
    ASSERT_TRUE(log) << log.error().to_string();
    use(*log);
  }
  void end_life(CrashKind kind) {
    // Nothing of this life has an effect any more.
    on_call = [](DiskCall, const std::string&) {
      return Error{.code = Errc::io, .context = "off"};
    };
    log_.reset();
    other_.reset();
    crash(kind);
  }

  /// Some segments with all that a log may have.
  void fill() {
    for (int i = 0; i < 12; ++i) put("k", std::string(60, 'a'));
    write({{"t", "gone"}}, 7, BatchFate::open);
    write({{"p", std::string(300, 'p')}, {"q", "2"}}, 8);
    end_transaction(7, TxnResult::abort);
    write({{"t", "stays"}}, 7, BatchFate::open);
    end_transaction(7, TxnResult::commit);
    roll();
    write({{"t", "open"}}, 9, BatchFate::open);
    put("k", "last");
  }
  void expect_all(Offset from = Offset(0)) {
    const auto positions = log_->positions();
    EXPECT_EQ(positions.written_end.value(), history_.back().last + 1);
    EXPECT_EQ(positions.high_watermark, positions.written_end);
    EXPECT_EQ(positions.log_start, from);
    expect_contiguous();
    expect_sound_index();
    expect_sound_times();
    for (const auto& record : read_committed()) {
      EXPECT_NE(record.value, "gone");
    }
  }
  std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    const auto entries = env_->disk().list(directory);
    if (!entries) return names;
    for (const auto& entry : *entries) {
      if (entry.is_directory) names.push_back(entry.name);
    }
    return names;
  }
  std::vector<std::uint8_t> bytes_of(Offset from) {
    std::vector<std::uint8_t> all;
    for (const auto& batch : fetch_all(from)) all.insert(all.end(), batch.begin(), batch.end());
    return all;
  }

  std::unique_ptr<LogDir> other_;
  std::string told_{root};
  bool one_failed_{false};
  bool power_is_off_{false};
  std::function<void()> before_freeze_;
  std::function<void()> while_frozen_;
};

TEST_F(MovedLog, is_the_same_in_the_new_place_and_after_a_restart) {
  fill();
  const auto before = bytes_of(Offset(0));
  const auto aborted = log_->aborted_transactions(Offset(0), Offset(1000)).value();
  const auto stable = log_->positions().last_stable_offset;
  log_->assign_leader_epoch(LeaderEpoch(0));
  ASSERT_TRUE(move());
  EXPECT_EQ(log_->directory(), "/other/t-0");
  for (int life = 0; life < 3; ++life) {
    SCOPED_TRACE(life);
    expect_all();
    EXPECT_EQ(bytes_of(Offset(0)), before);
    EXPECT_EQ(log_->topic_id(), Uuid::of(1, 2));
    EXPECT_EQ(log_->latest_epoch(), LeaderEpoch(0));
    EXPECT_EQ(log_->positions().last_stable_offset, stable);
    EXPECT_EQ(log_->aborted_transactions(Offset(0), Offset(1000)).value().size(), aborted.size());
    EXPECT_EQ(log_->active_producers().size(), 3U);
    end_life(life == 0 ? CrashKind::power_cut : CrashKind::kill);
    start_both();
    ASSERT_EQ(log_->directory(), "/other/t-0");
  }
  put("k", "more");
  expect_all();
}

/// Between the two renames there is no transaction index where a reader looks for it.
TEST_F(MovedLog, who_looks_while_it_has_no_name_does_not_take_aborted_records_for_good_ones) {
  fill();
  const auto all = [this] { return log_->aborted_transactions(Offset(0), Offset(1000)); };
  const auto aborted = all().value();
  ASSERT_FALSE(aborted.empty());
  end_life(CrashKind::kill);
  start_both();
  bool looked = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    const bool is_rename =
        call == DiskCall::names && file.ends_with("-future") && log_->is_leaving();
    if (!is_rename) return std::nullopt;
    looked = true;
    const auto seen = all();
    EXPECT_FALSE(seen) << "it said " << seen->size();
    return Error{.code = Errc::io, .context = "no name"};
  };
  EXPECT_FALSE(move());
  ASSERT_TRUE(looked);
  on_call = nullptr;
  EXPECT_FALSE(log_->knows_no_aborted(Offset(0)));
  const auto after = all();
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_EQ(*after, aborted);
}

TEST_F(MovedLog, knows_a_producers_retry_and_its_next_batch) {
  testing::BatchSpec spec{
      .producer_id = ProducerId(3), .producer_epoch = ProducerEpoch(0), .base_sequence = 0};
  const auto first = append_durably(spec);
  ASSERT_TRUE(move());
  const auto again = append(spec);
  EXPECT_EQ(again.answer.status, AppendStatus::duplicate);
  EXPECT_EQ(again.answer.base_offset, first.base_offset);
  spec.base_sequence = 1;
  EXPECT_EQ(append_durably(spec).base_offset, Offset(1));
  spec.base_sequence = 5;
  EXPECT_EQ(append(spec).answer.status, AppendStatus::out_of_order_sequence);
}

TEST_F(MovedLog, appends_wait_while_it_is_held_and_go_on_in_the_new_place) {
  append_durably();
  bool woken = false;
  std::shared_ptr<Log> old = log_;
  while_frozen_ = [&] {
    EXPECT_TRUE(log_->is_leaving());
    EXPECT_FALSE(log_->has_room());
    EXPECT_EQ(append().answer.status, AppendStatus::no_room);
    EXPECT_TRUE(log_->wait_for_room(worker(1), [&] { woken = true; }));
  };
  ASSERT_TRUE(move());
  EXPECT_TRUE(world_.run_until([&] { return woken; }));
  EXPECT_FALSE(old->is_leaving());
  EXPECT_TRUE(old->is_offline());
  // Who still has the old one is told to look for the log again, not that something failed.
  const auto late = old->append({.batch = testing::make_batch({}), .leader_epoch = LeaderEpoch(0)});
  EXPECT_EQ(late.status, AppendStatus::no_room);
  EXPECT_FALSE(old->wait_for_room(worker(1), [] {}));
  EXPECT_EQ(append_durably().base_offset, Offset(1));
}

TEST_F(MovedLog, who_waits_for_an_append_is_answered_from_the_new_place) {
  append_durably();
  Sent sent;
  before_freeze_ = [&] {
    // No round covers it in the old directory before the swap.
    during_next(DiskCall::sync, [] { return std::nullopt; });
    sent = append();
  };
  ASSERT_TRUE(move());
  ASSERT_TRUE(world_.run_until([&] { return sent.reply->outcome.has_value(); }));
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::done);
  end_life(CrashKind::power_cut);
  start_both();
  EXPECT_GE(log_->positions().written_end, Offset(2));
}

TEST_F(MovedLog, what_is_appended_while_it_is_copied_comes_along) {
  fill();
  before_freeze_ = [&] {
    for (int i = 0; i < 3; ++i) append();
  };
  int appended = 0;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call == DiskCall::write && file.starts_with("/other/") && appended < 5) {
      ++appended;
      append();
    }
    return std::nullopt;
  };
  const auto before = log_->positions().written_end;
  ASSERT_TRUE(move());
  on_call = nullptr;
  EXPECT_EQ(log_->positions().written_end, before + 8);
  expect_contiguous();
}

TEST_F(MovedLog, readers_of_the_old_place_go_on) {
  fill();
  const auto plan = log_->read({.from = Offset(0),
                                .limit = Offset(5),
                                .max_bytes = 1 << 20,
                                .minimum = ReadMinimum::nothing,
                                .mode = ReadMode::blocking});
  ASSERT_TRUE(plan && plan->file != nullptr);
  ASSERT_TRUE(move());
  std::vector<std::uint8_t> bytes(plan->length);
  EXPECT_EQ(plan->file->pread(bytes, plan->position).value(), plan->length);
  dir_->housekeeping();
  EXPECT_EQ(names_in(root).size(), 1U) << "kept for file.delete.delay.ms";
  run_for(config_.file_delete_delay_ms + 1);
  dir_->housekeeping();
  EXPECT_TRUE(names_in(root).empty());
}

TEST_F(MovedLog, flush_round_that_finds_its_directory_renamed_does_no_harm) {
  fill();
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (told_ != other_root || call != DiskCall::sync_names || file != root) return std::nullopt;
    auto& state = log_->priv();
    {
      env::Lock lock(state.mutex);
      state.dirty.directory = true;
    }
    state.dir.mark_dirty(log_);
    return std::nullopt;
  };
  ASSERT_TRUE(move());
  settle();
  on_call = nullptr;
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_FALSE(log_->is_offline());
  put("k", "more");
}

TEST_F(MovedLog, deleted_records_and_segments_do_not_come_back) {
  fill();
  Offset start;
  before_freeze_ = [&] {
    start = log_->positions().written_end - 3;
    EXPECT_TRUE(log_->advance_log_start(start));
    EXPECT_GT(log_->apply_retention(env_->clock().wall()).value(), 0);
  };
  ASSERT_TRUE(move());
  EXPECT_EQ(log_->positions().log_start, start);
  EXPECT_EQ(log_->segment_count(), 1);
  end_life(CrashKind::power_cut);
  start_both();
  EXPECT_EQ(log_->positions().log_start, start);
  EXPECT_EQ(log_->segment_count(), 1);
}

TEST_F(MovedLog, what_was_cut_and_written_again_is_copied_again) {
  fill();
  bool cut = false;
  // In the middle of the copy, as another thread would.
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (cut || call != DiskCall::write || !file.starts_with("/other/")) return {};
    if (!file.ends_with(".log") || file.ends_with("00000000000000000000.log")) return {};
    cut = true;
    auto& state = log_->priv();
    {
      env::Lock lock(state.mutex);
      state.state = LogState::repairing;
    }
    EXPECT_TRUE(state.truncate(Offset(4)));
    {
      env::Lock lock(state.mutex);
      state.state = LogState::ok;
    }
    append({.value_size = 200, .timestamp = 77'000});
    return {};
  };
  ASSERT_TRUE(move());
  ASSERT_TRUE(cut);
  on_call = nullptr;
  EXPECT_EQ(log_->positions().written_end, Offset(5));
  expect_contiguous();
  const auto bytes = bytes_of(Offset(4));
  EXPECT_EQ(records::BatchView::parse(bytes).value().base_timestamp(), 77'000);
}

TEST_F(MovedLog, is_not_compacted_while_it_moves) {
  config_.cleanup_compact = true;
  log_->set_config(config());
  fill();
  bool cleaned = true;
  before_freeze_ = [&] {
    dir_->housekeeping();
    cleaned = dir_->clean_one();
  };
  ASSERT_TRUE(move());
  EXPECT_FALSE(cleaned);
  other_->housekeeping();
  EXPECT_TRUE(on_pool([this] { return other_->clean_one(); }));
}

TEST_F(MovedLog, damage_ends_the_move_and_is_not_copied) {
  fill();
  auto& disk = node_.disk();
  ASSERT_TRUE(disk.flip_bit("/data/t-0/00000000000000000000.log", 100, 3));
  const auto outcome = move();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::corrupt);
  EXPECT_EQ(log_->directory(), "/data/t-0");
  EXPECT_FALSE(log_->is_offline());
  append_durably();
  other_->housekeeping();
  EXPECT_TRUE(names_in(other_root).empty());
}

TEST_F(MovedLog, both_snapshots_of_producers_that_retention_took_away_are_moved) {
  write({{"k", std::string(600, 'v')}}, 7);
  roll();
  const auto base = log_->priv().segment_list()->back()->base_offset();
  log_->advance_log_start(base);
  ASSERT_EQ(on_pool([&] { return log_->apply_retention(env_->clock().wall()); }).value(), 1);
  ASSERT_TRUE(move());
  end_life(CrashKind::power_cut);
  ASSERT_TRUE(
      node_.disk().flip_bit("/other/t-0/" + segment_file_name(base, snapshot_suffix), 20, 3));
  start_both();
  env::Lock lock(log_->priv().mutex);
  EXPECT_EQ(log_->priv().producers.size(), 1U);
}

TEST_F(MovedLog, a_full_target_ends_the_move) {
  fill();
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::write || !file.starts_with("/other/")) return std::nullopt;
    return Error{.code = Errc::no_space, .context = file};
  };
  const auto outcome = move();
  on_call = nullptr;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::no_space);
  EXPECT_FALSE(other_->is_offline());
  append_durably();
}

TEST_F(MovedLog, a_full_disk_that_takes_no_new_name_ends_the_move_only) {
  fill();
  for (const char* full : {"/data/t-0", "-future"}) {
    SCOPED_TRACE(full);
    bool swapping = false;
    while_frozen_ = [&] { swapping = true; };
    on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
      if (!swapping || call != DiskCall::names || !file.ends_with(full)) return std::nullopt;
      swapping = false;
      return Error{.code = Errc::no_space, .context = file};
    };
    const auto outcome = move();
    on_call = nullptr;
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::no_space);
    EXPECT_FALSE(dir_->is_offline());
    EXPECT_FALSE(other_->is_offline());
    EXPECT_EQ(log_->directory(), "/data/t-0");
    append_durably();
    history_.push_back({.base = history_.back().last + 1, .last = history_.back().last + 1});
    EXPECT_EQ(log_->positions().written_end.value(), history_.back().last + 1);
  }
  while_frozen_ = nullptr;
  ASSERT_TRUE(move());
  end_life(CrashKind::power_cut);
  start_both();
  EXPECT_EQ(log_->positions().written_end.value(), history_.back().last + 1);
  expect_contiguous();
}

/// Then the copy is all there is.
TEST_F(MovedLog, a_copy_that_is_refused_its_name_stays_if_the_old_one_can_not_have_its_back) {
  fill();
  bool swapping = false;
  while_frozen_ = [&] { swapping = true; };
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (!swapping || call != DiskCall::names) return std::nullopt;
    if (file.ends_with("-future")) return Error{.code = Errc::no_space, .context = file};
    if (file.ends_with("-delete")) return Error{.code = Errc::io, .context = file};
    return std::nullopt;
  };
  const auto outcome = move();
  on_call = nullptr;
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::io);
  EXPECT_TRUE(dir_->is_offline());
  EXPECT_TRUE(other_->is_offline());
  end_life(CrashKind::power_cut);
  start_both();
  EXPECT_EQ(log_->directory(), "/other/t-0");
  EXPECT_EQ(log_->positions().written_end.value(), history_.back().last + 1);
  expect_contiguous();
}

TEST_F(MovedLog, what_is_copied_while_it_is_held_is_on_the_disk_before_the_names_change) {
  fill();
  before_freeze_ = [this] { append({.timestamp = 5000}); };
  bool dirty = false;
  int writes = 0;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    const bool of_copy = file.contains("-future");
    if (call == DiskCall::write && of_copy && file.ends_with(".log")) {
      dirty = true;
      ++writes;
    }
    if (call == DiskCall::sync && of_copy && file.ends_with(".log")) dirty = false;
    if (call == DiskCall::names && of_copy && file.ends_with("-future")) EXPECT_FALSE(dirty);
    return std::nullopt;
  };
  ASSERT_TRUE(move());
  EXPECT_GT(writes, 1);
}

TEST_F(MovedLog, deleted_records_stay_deleted_when_the_power_goes_behind_the_move) {
  fill();
  log_->advance_log_start(Offset(3));
  ASSERT_TRUE(on_pool([&] { return dir_->checkpoint_log_starts(); }));
  ASSERT_TRUE(move());
  end_life(CrashKind::power_cut);
  start_both();
  EXPECT_EQ(log_->positions().log_start, Offset(3));
}

TEST_F(MovedLog, a_full_disk_without_room_for_the_copy_takes_no_directory_offline) {
  fill();
  during_next(DiskCall::names, [] { return Error{.code = Errc::no_space, .context = "full"}; });
  EXPECT_EQ(move().error().code, Errc::no_space);
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_FALSE(other_->is_offline());
  append_durably();
  history_.push_back({.base = history_.back().last + 1, .last = history_.back().last + 1});
  ASSERT_TRUE(move());
  EXPECT_EQ(log_->positions().written_end.value(), history_.back().last + 1);
}

/// Every disk operation of a move fails once, and with it the one directory or the other.
TEST_F(MovedLog, a_failing_disk_leaves_one_whole_copy) {
  for (int failing = 1; !HasFailure(); ++failing) {
    SCOPED_TRACE(failing);
    history_.clear();
    config_.segment_bytes = 700;
    if (failing > 1) {
      end_life(CrashKind::power_cut);
      for (const auto& directory : {root, other_root}) {
        ASSERT_TRUE(storage::remove_all(env_->disk(), directory));
      }
      told_ = root;
      SetUp();
    }
    fill();
    int call_count = 0;
    bool failed = false;
    on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
      if (call == DiskCall::read || ++call_count != failing) return std::nullopt;
      failed = true;
      return Error{.code = Errc::io, .context = file};
    };
    const auto outcome = move();
    on_call = nullptr;
    if (!failed) break;
    one_failed_ = dir_->is_offline() || other_->is_offline();
    // One of the two is there to serve it, unless its own directory is the one that failed.
    if (outcome) {
      EXPECT_EQ(log_->directory(), "/other/t-0");
    } else if (!dir_->is_offline()) {
      EXPECT_EQ(log_->directory(), "/data/t-0");
    }
    if (!log_->is_offline()) {
      append_durably();
      history_.push_back({.base = history_.back().last + 1, .last = history_.back().last + 1});
    }
    end_life(CrashKind::power_cut);
    start_both();
    if (HasFatalFailure()) return;
    EXPECT_EQ(log_->positions().written_end.value(), history_.back().last + 1);
    expect_contiguous();
  }
}

/// The power goes at every disk operation of a move, with appends going on.
TEST_F(MovedLog, power_cuts_lose_nothing_that_was_acknowledged) {
  for (int last = 1; !HasFailure(); ++last) {
    SCOPED_TRACE(last);
    history_.clear();
    if (last > 1) {
      end_life(CrashKind::power_cut);
      for (const auto& directory : {root, other_root}) {
        ASSERT_TRUE(storage::remove_all(env_->disk(), directory));
      }
      told_ = root;
      SetUp();
    }
    fill();
    std::vector<Sent> sent;
    int calls = 0;
    bool inside = false;
    on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
      power_is_off_ = calls >= last;
      if (power_is_off_) return Error{.code = Errc::io, .context = "off"};
      if (call != DiskCall::read) ++calls;
      if (!inside && call != DiskCall::read && file.starts_with("/other/") && calls % 3 == 0) {
        inside = true;
        sent.push_back(append({.timestamp = 5000 + calls}));
        inside = false;
      }
      return std::nullopt;
    };
    const auto outcome = move();
    if (outcome && calls < last) break;
    run_for(100);
    std::int64_t acknowledged = history_.back().last;
    for (const auto& one : sent) {
      if (one.reply->outcome != AppendOutcome::done) continue;
      acknowledged = std::max(acknowledged, one.answer.last_offset.value());
    }
    end_life(CrashKind::power_cut);
    power_is_off_ = false;
    start_both();
    if (HasFatalFailure()) return;
    EXPECT_GT(log_->positions().written_end.value(), acknowledged);
    expect_contiguous();
    EXPECT_EQ(log_->topic_id(), Uuid::of(1, 2));
  }
}

/// The copy is all there is, and the power goes before it has its name.
TEST_F(MovedLog, power_cut_between_the_two_names_leaves_the_whole_copy) {
  for (int life = 0; life < 20 && !HasFailure(); ++life) {
    SCOPED_TRACE(life);
    if (life > 0) {
      for (const auto& directory : {root, other_root}) {
        ASSERT_TRUE(storage::remove_all(env_->disk(), directory));
      }
      history_.clear();
      told_ = root;
      SetUp();
    }
    fill();
    append({.value_size = 300});  // on its way when the log is held still
    const auto end = log_->assigned_end();
    on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
      const bool is_rename = call == DiskCall::names && file.ends_with("-future");
      power_is_off_ = power_is_off_ || (told_ == other_root && is_rename);
      if (!power_is_off_) return std::nullopt;
      return Error{.code = Errc::io, .context = "off"};
    };
    ASSERT_FALSE(move());
    ASSERT_TRUE(power_is_off_);
    end_life(CrashKind::power_cut);
    power_is_off_ = false;
    ASSERT_EQ(names_in(root).size(), 1U);
    ASSERT_TRUE(names_in(root).front().ends_with("-delete"));
    start_both();
    if (HasFatalFailure()) return;
    EXPECT_EQ(log_->directory(), "/other/t-0");
    EXPECT_EQ(log_->positions().written_end, end);
    expect_contiguous();
    EXPECT_EQ(append_durably().base_offset, end);
    end_life(CrashKind::power_cut);
  }
}

}  // namespace
}  // namespace moldau::storage
