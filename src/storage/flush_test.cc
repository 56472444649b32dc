#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using testing::LogTest;
using testing::OneReplica;

/// Compares what a log calls durable with what its disk would keep, whenever that moves.
class Witness final : public OneReplica {
 public:
  Witness(const env::SimDiskState& disk, std::string file) : disk_(disk), file_(std::move(file)) {}

  void on_limit(Log& log, Wakeups& wakeups) override {
    ++looks_;
    Offset kept(0);
    const auto* bytes = disk_.durable(file_);
    ASSERT_NE(bytes, nullptr);
    records::BatchIterator batches(*bytes);
    while (const auto batch = batches.next()) kept = batch->last_offset() + 1;
    const auto positions = log.positions();
    ASSERT_LE(positions.durable_end, kept) << file_;
    if (positions.durable_end < positions.written_end) ++behind_;
    OneReplica::on_limit(log, wakeups);
  }
  int looks() const { return looks_; }
  /// How often more was written than durable.
  int behind() const { return behind_; }

 private:
  const env::SimDiskState& disk_;
  const std::string file_;
  int looks_{0};
  int behind_{0};
};

class Flush : public LogTest {};

/// One file of a round may be synced long before the other: what is written to it meanwhile is not.
TEST_F(Flush, calls_nothing_durable_that_a_round_of_several_logs_has_not_covered) {
  ASSERT_TRUE(open_dir());
  std::vector<KnownLog> wanted;
  wanted.reserve(3);
  for (int i = 0; i < 3; ++i) wanted.push_back({{"t", PartitionId(i)}, Uuid::of(1, 2), config()});
  const auto logs = on_pool([&] { return dir_->create(wanted); });
  ASSERT_TRUE(logs);
  std::vector<std::shared_ptr<Witness>> witnesses;
  for (const auto& log : *logs) {
    witnesses.push_back(std::make_shared<Witness>(
        node_.disk(), fmt::format("{}/{}/00000000000000000000.log", root, log->name())));
    log->set_listener(witnesses.back());
  }
  auto chance = world_.chance_of("test");
  for (int turn = 0; turn < 600; ++turn) {
    worker(turn % 3).post([&, log = logs->at(chance.below(3))] {
      log->append({.batch = testing::make_batch({}), .leader_epoch = LeaderEpoch(0)});
    });
    world_.run_for(std::chrono::microseconds(chance.below(60)));
  }
  settle();
  for (std::size_t i = 0; i < logs->size(); ++i) {
    EXPECT_EQ(logs->at(i)->positions().durable_end, logs->at(i)->positions().written_end);
    EXPECT_GT(witnesses[i]->looks(), 10);
    EXPECT_GT(witnesses[i]->behind(), 0) << "nothing was written during a round";
  }
}

}  // namespace
}  // namespace moldau::storage
