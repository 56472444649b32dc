// Random histories of a compacted log beside a model, and a power cut at every disk operation of a
// cleaning.

#include "base/effort_test.h"
#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using records::TxnResult;
using testing::BatchFate;
using testing::Change;
using testing::CompactedLog;
using testing::ModelBatch;

/// Makes a history by chance.
class RandomHistory : public CompactedLog {
 protected:
  static constexpr std::int64_t producers = 3;

  explicit RandomHistory(std::uint64_t seed) : CompactedLog(seed) {}

  std::vector<Change> changes(Prng& chance) {
    std::vector<Change> result;
    const auto count = 1 + chance.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      Change change{.key = fmt::format("k{}", chance.below(8)), .value = std::nullopt};
      if (!chance.chance(200'000)) {
        change.value = fmt::format("{}-{}", history_.size(), std::string(chance.below(60), 'v'));
      }
      result.push_back(std::move(change));
    }
    return result;
  }
  bool is_open(std::int64_t producer) const {
    return std::ranges::any_of(history_, [&](const ModelBatch& batch) {
      return batch.producer == producer && batch.fate == BatchFate::open;
    });
  }
  void write_something(Prng& chance) {
    constexpr std::array codecs{records::Codec::none, records::Codec::none, records::Codec::lz4,
                                records::Codec::zstd};
    const auto codec = codecs.at(chance.below(codecs.size()));
    switch (chance.below(4)) {
      case 0:
        return write(changes(chance), -1, BatchFate::plain, codec);
      case 1:
        return write(changes(chance), producers + 1, BatchFate::plain, codec);
      default: {
        const auto producer = static_cast<std::int64_t>(chance.below(producers));
        if (is_open(producer) && chance.chance(500'000)) {
          return end_transaction(producer,
                                 chance.chance(500'000) ? TxnResult::commit : TxnResult::abort);
        }
        return write(changes(chance), producer, BatchFate::open, codec);
      }
    }
  }
  /// As after a change of leaders: what is above the high watermark's keeper goes, never what a
  /// cleaning has judged by.
  void truncate_somewhere(Prng& chance) {
    const auto end = log_->positions().written_end;
    const auto target = Offset(chance.between(judged_.value(), end.value()));
    ASSERT_TRUE(await(log_->truncate_to(target, worker())));
    const auto new_end = log_->positions().written_end.value();
    ASSERT_LE(new_end, target.value());
    journal_ += fmt::format("cut {} at {} to {}\n", end, target, new_end);
    std::erase_if(history_, [&](const ModelBatch& batch) { return batch.last >= new_end; });
    // A transaction whose marker is gone is open again.
    for (auto& batch : history_) {
      if (batch.fate != BatchFate::committed && batch.fate != BatchFate::aborted) continue;
      const auto marker = std::ranges::find_if(history_, [&](const ModelBatch& other) {
        return other.fate == BatchFate::marker && other.producer == batch.producer &&
               other.base > batch.base;
      });
      if (marker == history_.end()) batch.fate = BatchFate::open;
    }
  }
  std::int64_t expected_end() const { return history_.empty() ? 0 : history_.back().last + 1; }
  void clean_now() {
    const auto stable = log_->positions().last_stable_offset;
    const auto end = log_->positions().written_end;
    const bool cleaned = clean();
    if (cleaned) judged_ = end;
    journal_ += fmt::format("cleaned {} below {} of {}\n", cleaned, stable, end);
    ASSERT_EQ(log_->positions().written_end, end);
  }

  /// The end of the log when it was last cleaned: below it are the markers of all transactions
  /// that a cleaning has judged.
  Offset judged_{0};
};

class CompactionModel : public RandomHistory, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  CompactionModel() : RandomHistory(GetParam()) {}
};

TEST_P(CompactionModel, holds_after_any_sequence_of_writes_cleanings_cuts_and_restarts) {
  auto chance = world_.chance_of("test");
  config_.segment_bytes = chance.between(400, 3000);
  config_.delete_retention_ms = chance.between(0, 3000);
  config_.min_cleanable_dirty_ratio = chance.chance(500'000) ? 0 : 0.3;
  auto cleaners = std::make_shared<Cleaners>();
  cleaners->set_config({.dedupe_buffer_bytes = chance.chance(500'000) ? 24 * 10 : 24 * 1000,
                        .io_buffer_bytes = 4096});
  const LogDirOptions options{.cleaners = cleaners};
  ASSERT_TRUE(open_dir(options));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  for (int step = 0; step < 150 && !HasFatalFailure(); ++step) {
    const auto choice = chance.below(100);
    if (choice < 80) {
      write_something(chance);
    } else if (choice < 92) {
      clean_now();
    } else if (choice < 95) {
      truncate_somewhere(chance);
    } else {
      if (choice < 97) ASSERT_TRUE(close());
      crash(choice < 97 || chance.chance(300'000) ? CrashKind::kill : CrashKind::power_cut);
      ASSERT_TRUE(open_dir(options));
      const auto report = load();
      ASSERT_TRUE(report && report->quarantined.empty());
      journal_ += fmt::format("started, stable {}\n", log_->positions().last_stable_offset);
      ASSERT_EQ(log_->positions().written_end.value(), expected_end());
    }
    if (choice >= 80) check();
    run_for(static_cast<std::int64_t>(chance.below(500)));
  }
  for (std::int64_t producer = 0; producer < producers; ++producer) {
    if (is_open(producer)) end_transaction(producer, TxnResult::commit);
  }
  roll();
  while (clean() && !HasFatalFailure()) check();
  check();
  EXPECT_EQ(stats().uncleanable_logs, 0U);
}
INSTANTIATE_TEST_SUITE_P(seeds, CompactionModel,
                         ::testing::Range<std::uint64_t>(1, 1 + effort(100U)));

/// One history, made again for each try.
class CrashingCleaning : public RandomHistory {
 public:
  explicit CrashingCleaning(std::uint64_t seed) : RandomHistory(seed) {}
  void TestBody() override {}
  using CompactedLog::check;

  /// A clean part of several segments, then a dirty part with aborted transactions and tombstones.
  void prepare() {
    Prng chance(17);
    config_.segment_bytes = 900;
    config_.delete_retention_ms = 0;
    start_log();
    for (int i = 0; i < 25; ++i) write_something(chance);
    close_transactions();
    roll();
    clean_now();
    for (int i = 0; i < 25; ++i) write_something(chance);
    close_transactions();
    roll();
    dir_->housekeeping();
  }
  /// The cleaning; how many disk operations it took.
  std::uint64_t run() {
    const auto before = node_.disk().operations();
    on_pool([this] { return dir_->clean_one(); });
    return node_.disk().operations() - before;
  }
  void run_until_power_cut(std::uint64_t operation) {
    node_.disk().after_operations(operation, [this] { node_.crash(CrashKind::power_cut); });
    bool done = false;
    dir_->pool().submit(env::IoClass::background, [this, &done] {
      dir_->clean_one();
      done = true;
    });
    world_.run_until([&] { return !node_.is_up() || done; });
  }
  /// Starts that end in the middle.
  void cut_off_starts(Prng& chance) {
    for (int i = 0; i < 3; ++i) {
      lose_power();
      node_.disk().after_operations(1 + chance.below(40),
                                    [this] { node_.crash(CrashKind::power_cut); });
      if (!open_dir()) continue;
      bool done = false;
      dir_->pool().submit(env::IoClass::background, [this, &done] {
        static_cast<void>(dir_->load_one({.name = name, .topic_id = {}, .config = config()}));
        done = true;
      });
      world_.run_until([&] { return !node_.is_up() || done; });
    }
  }
  /// The log holds all it promised before and after further cleanings.
  void come_back() {
    lose_power();
    const auto report = restart();
    ASSERT_TRUE(report.quarantined.empty()) << report.quarantined.front().error.to_string();
    ASSERT_EQ(log_->positions().written_end.value(), expected_end());
    for (const auto& file : files()) {
      ASSERT_FALSE(file.ends_with(".cleaned") || file.ends_with(".swap")) << file;
    }
    check();
    run_for(5000);
    while (clean() && !HasFatalFailure()) check();
    put("k1", "after");
    check();
  }

 private:
  void lose_power() {
    if (node_.is_up()) node_.crash(CrashKind::power_cut);
    log_.reset();
    dir_.reset();
    world_.run_until([&] { return !node_.is_up(); });
    boot();
  }
  void close_transactions() {
    for (std::int64_t producer = 0; producer < producers; ++producer) {
      if (is_open(producer)) {
        end_transaction(producer, producer == 0 ? TxnResult::commit : TxnResult::abort);
      }
    }
  }
};

/// Each seed keeps and loses other parts of what was not synced.
class CrashingCleanings : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(CrashingCleanings, leave_the_old_segments_or_the_new_ones_at_every_disk_operation) {
  std::uint64_t operations = 0;
  {
    CrashingCleaning whole(GetParam());
    whole.prepare();
    operations = whole.run();
    ASSERT_GT(operations, 40U) << "several swaps";
    whole.check();
  }
  for (std::uint64_t operation = 1; operation <= operations; ++operation) {
    SCOPED_TRACE(fmt::format("operation {} of {}", operation, operations));
    CrashingCleaning cut(GetParam());
    cut.prepare();
    cut.run_until_power_cut(operation);
    cut.come_back();
    ASSERT_FALSE(HasFailure());
  }
}

/// The start that completes a swap is cut off as well.
TEST_P(CrashingCleanings, of_which_a_start_is_cut_off_are_completed_by_the_next) {
  constexpr std::uint64_t seeds = 40;
  for (std::uint64_t seed = GetParam() * seeds; seed < (GetParam() + 1) * seeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    CrashingCleaning cut(seed);
    cut.prepare();
    Prng chance(seed);
    cut.run_until_power_cut(20 + chance.below(60));
    cut.cut_off_starts(chance);
    cut.come_back();
    ASSERT_FALSE(HasFailure());
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, CrashingCleanings,
                         ::testing::Range<std::uint64_t>(1, 1 + effort(8U)));

}  // namespace
}  // namespace moldau::storage
