#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "raft/raft.h"
#include "raft/snapshot_reader.h"

/// One node under random appends, partial flushes, snapshots and crashes; a disk that keeps what
/// was flushed and, at its pleasure, some of what was not.
namespace moldau::raft {
namespace {

const ReplicaKey self{NodeId(1), Uuid::of(1, 1)};

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : prng_(seed) { boot(); }

  void step() {
    switch (prng_.below(10)) {
      case 0:
        crash();
        break;
      case 1:
        now_ += 100;
        maybe_snapshot();
        break;
      case 2:
      case 3:
      case 4:
        append();
        break;
      case 5:
      case 6:
        flush();
        break;
      default:
        take();
        break;
    }
  }
  std::size_t committed() const { return committed_.size(); }

 private:
  MonoTime now() const { return MonoTime(milliseconds(now_)); }
  WallMs wall() const { return WallMs{now_}; }

  void boot() {
    LogState state(VoterSet({{.key = self, .endpoints = {}}}));
    if (snapshot_) state.load_snapshot({.id = *snapshot_, .kraft_version = {}, .voters = {}});
    for (const LogBatch& batch : log_) {
      if (batch.last_offset < state.end().offset) continue;
      ASSERT_TRUE(state.append(*records::BatchView::parse(batch.bytes.bytes())));
    }
    Config config{.self = self, .listeners = {}};
    config.batch_bytes_max = 300;
    config.snapshot_bytes = 2'000;
    auto raft = Raft::make(config, election_, std::move(state), now());
    ASSERT_TRUE(raft) << raft.error().to_string();
    raft_ = std::move(*raft);
    raft_->start(wall());
    high_watermark_ = Offset(-1);
    delivered_ = snapshot_ ? snapshot_->offset : Offset(0);
    active_ = false;
  }

  void crash() {
    // Beyond what was flushed the disk may have kept any prefix.
    std::size_t keep = durable_batches_;
    while (keep < log_.size() && prng_.chance(500'000)) ++keep;
    log_.resize(keep);
    durable_batches_ = keep;
    boot();
  }

  void append() {
    const auto count = 1 + prng_.below(20);
    std::vector<SharedBytes> values;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string text = std::to_string(next_value_++);
      values.push_back(SharedBytes::copy(as_bytes(text)));
    }
    const Offset end = raft_->log_end();
    const auto appended =
        raft_->append(values, prng_.chance(700'000) ? Split::allowed : Split::forbidden, wall());
    if (!appended) {
      EXPECT_EQ(appended.error().code, Errc::too_large);
      EXPECT_EQ(raft_->log_end(), end);
      return;
    }
    EXPECT_EQ(appended->base_offset, end);
    EXPECT_EQ(appended->last_offset - end + 1, static_cast<std::int64_t>(count));
  }

  void flush() {
    if (log_.size() == durable_batches_) return;
    durable_batches_ += 1 + prng_.below(log_.size() - durable_batches_);
    raft_->on_durable(log_[durable_batches_ - 1].last_offset + 1);
  }

  void take() {
    const Ready ready = raft_->take_ready();
    if (ready.election_state) {
      EXPECT_GT(ready.election_state->epoch, election_ ? election_->epoch : LeaderEpoch(0));
      election_ = ready.election_state;
    }
    for (const LogBatch& batch : ready.append) {
      EXPECT_EQ(batch.base_offset, log_.empty() ? Offset(0) : log_.back().last_offset + 1);
      EXPECT_EQ(batch.epoch, election_->epoch) << "written before its epoch was promised";
      EXPECT_LE(batch.bytes.size(), 400U);
      log_.push_back(batch);
    }
    if (ready.committed) commit(*ready.committed);
    if (ready.active_epoch) {
      EXPECT_FALSE(active_);
      EXPECT_EQ(*ready.active_epoch, election_->epoch);
      active_ = true;
    }
  }

  void commit(const Committed& committed) {
    EXPECT_EQ(committed.begin, delivered_);
    EXPECT_GT(committed.end, high_watermark_);
    EXPECT_LE(committed.end, log_[durable_batches_ - 1].last_offset + 1) << "not flushed";
    high_watermark_ = committed.end;
    delivered_ = committed.end;
    EXPECT_TRUE(committed.batches.empty() ||
                committed.batches.back().last_offset + 1 == committed.end);
    for (const LogBatch& batch : log_) {
      if (batch.last_offset < committed.begin || batch.base_offset >= committed.end) continue;
      const auto [known, added] = committed_.emplace(batch.base_offset, batch.bytes);
      EXPECT_TRUE(added || known->second == batch.bytes)
          << "committed at " << batch.base_offset.value();
      last_committed_epoch_ = batch.epoch;
    }
    for (const auto& [offset, bytes] : committed_) {
      if (offset >= committed.end) continue;
      const bool kept = std::ranges::any_of(
          log_, [&](const LogBatch& batch) { return batch.base_offset == offset; });
      EXPECT_TRUE(kept) << "lost " << offset.value();
    }
  }

  void maybe_snapshot() {
    if (!raft_->wants_snapshot(now())) return;
    if (high_watermark_ != *raft_->high_watermark()) return;  // not delivered yet
    const OffsetAndEpoch id{high_watermark_, last_committed_epoch_};
    const auto options = raft_->begin_snapshot(id, now_);
    if (!options) {
      EXPECT_EQ(options.error().code, Errc::invalid);
      return;
    }
    if (prng_.chance(200'000)) {
      raft_->on_snapshot_failed(now());
      return;
    }
    snapshot_ = id;
    raft_->on_snapshot_stored(now());
    EXPECT_FALSE(raft_->wants_snapshot(now()));
  }

  Prng prng_;
  std::int64_t now_{1};
  int next_value_{0};
  // The disk.
  std::optional<ElectionState> election_;
  std::vector<LogBatch> log_;
  std::size_t durable_batches_{0};
  std::optional<OffsetAndEpoch> snapshot_;
  // What anybody has ever been told is committed.
  std::map<Offset, SharedBytes> committed_;
  LeaderEpoch last_committed_epoch_{0};
  Offset high_watermark_{-1};
  Offset delivered_{0};
  bool active_{false};
  std::optional<Raft> raft_;
};

TEST(RaftRandom, what_was_committed_stays_and_is_delivered_in_order) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    Machine machine(seed);
    for (int i = 0; i < 400; ++i) machine.step();
    EXPECT_GT(machine.committed(), 20U);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace moldau::raft
