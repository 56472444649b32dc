#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using env::DiskOp;
using testing::BatchSpec;
using testing::DiskCall;
using testing::LogTest;

class Append : public LogTest {};

TEST_F(Append, full_disk_fails_everything_queued_and_takes_the_offsets_back) {
  start_log();
  append_durably();
  node_.disk().set_capacity(node_.disk().used_bytes() + 100);
  const BatchSpec mine{.producer_id = ProducerId(5), .producer_epoch = ProducerEpoch(0)};
  const auto with_sequence = [&](std::int32_t sequence) {
    auto spec = mine;
    spec.base_sequence = sequence;
    return spec;
  };
  // Five queue up, two of them one producer's, and one of those is retried on a second connection.
  const auto a = append();
  const auto b = append(with_sequence(0), 1);
  const auto c = append();
  const auto d = append(with_sequence(1), 1);
  const auto e = append();
  const auto retried = append(with_sequence(0), 2);
  EXPECT_EQ(retried.answer.status, AppendStatus::duplicate);
  EXPECT_EQ(retried.answer.base_offset, b.answer.base_offset);
  EXPECT_TRUE(retried.answer.pending);
  EXPECT_EQ(log_->assigned_end(), Offset(6));
  settle();
  for (const auto& sent : {a, b, c, d, e, retried}) {
    EXPECT_EQ(sent.reply->outcome, AppendOutcome::failed);
  }
  EXPECT_EQ(log_->assigned_end(), Offset(1));
  EXPECT_EQ(log_->positions().written_end, Offset(1));
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_EQ(append().answer.status, AppendStatus::storage_error) << "no room is known";

  node_.disk().set_capacity(std::uint64_t{1} << 40);
  dir_->housekeeping();
  // The retry is a new batch now: what it repeated was never in the log.
  EXPECT_EQ(append_durably(with_sequence(0)).base_offset, Offset(1));
  EXPECT_EQ(append_durably(with_sequence(1)).base_offset, Offset(2));
  expect_contiguous();
}

TEST_F(Append, half_a_batch_of_a_failed_write_does_not_stay_in_the_file) {
  start_log();
  append_durably();
  const auto file = path("00000000000000000000.log");
  const auto size = file_size(file);
  during_next(DiskCall::write, [] { return Error{.code = Errc::no_space}; });
  const auto sent = append({.value_size = 300});
  settle();
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::failed);
  EXPECT_EQ(file_size(file), size);
}

TEST_F(Append, epoch_that_was_to_begin_behind_a_failed_append_begins_at_the_end) {
  start_log();
  append_durably({.leader_epoch = LeaderEpoch(1)});
  during_next(DiskCall::write, [] { return Error{.code = Errc::no_space}; });
  append({.leader_epoch = LeaderEpoch(1)});
  append({.leader_epoch = LeaderEpoch(2)});
  EXPECT_EQ(log_->epoch_of(Offset(1)), LeaderEpoch(1));
  settle();
  ASSERT_EQ(log_->assigned_end(), Offset(1));
  EXPECT_EQ(log_->epoch_of(Offset(1)), LeaderEpoch(2));
  EXPECT_EQ(log_->end_offset_for_epoch(LeaderEpoch(1)).end_offset, Offset(1));
}

TEST_F(Append, failed_flush_fails_waiters_of_all_workers_and_is_not_retried) {
  start_log();
  append_durably();
  const auto stray_end = log_->positions().durable_end;
  const auto first = append({}, 0);
  const auto second = append({}, 1);
  const auto third = append({}, 2);
  node_.disk().fail_next(DiskOp::sync);
  settle();
  for (const auto& sent : {first, second, third}) {
    EXPECT_EQ(sent.reply->outcome, AppendOutcome::failed);
  }
  EXPECT_TRUE(dir_->is_offline());
  EXPECT_TRUE(log_->is_offline());
  EXPECT_EQ(listener_->offline, 1);
  EXPECT_EQ(log_->positions().durable_end, stray_end) << "frozen";
  EXPECT_EQ(append().answer.status, AppendStatus::storage_error);
  const auto rounds = dir_->stats().flush_rounds;
  settle();
  EXPECT_EQ(dir_->stats().flush_rounds, rounds);
}

TEST_F(Append, io_error_in_a_write_takes_the_directory_offline) {
  start_log();
  node_.disk().fail_next(DiskOp::write);
  const auto sent = append();
  settle();
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::failed);
  EXPECT_TRUE(dir_->is_offline());
}

TEST_F(Append, nothing_is_acknowledged_before_a_sync_has_covered_it) {
  start_log();
  append_durably();
  const auto sent = append();
  bool looked = false;
  during_next(DiskCall::sync, [&] {
    looked = true;
    EXPECT_EQ(log_->positions().written_end, Offset(2));
    EXPECT_EQ(log_->positions().durable_end, Offset(1));
    EXPECT_EQ(log_->positions().high_watermark, Offset(1));
    EXPECT_FALSE(sent.reply->outcome);
    return std::nullopt;
  });
  settle();
  EXPECT_TRUE(looked);
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::done);
  EXPECT_EQ(log_->positions().high_watermark, Offset(2));
}

TEST_F(Append, what_comes_during_a_round_belongs_to_the_next) {
  start_log();
  append_durably();
  append();
  Sent late;
  during_next(DiskCall::sync, [&] {
    late = append();
    return std::nullopt;
  });
  world_.run_until([&] { return log_->positions().durable_end == Offset(2); });
  EXPECT_FALSE(late.reply->outcome);
  const auto rounds = dir_->stats().flush_rounds;
  settle();
  EXPECT_EQ(late.reply->outcome, AppendOutcome::done);
  EXPECT_EQ(dir_->stats().flush_rounds, rounds + 1);
}

/// Asks for all that is written, as soon as it is.
class HastyReplica final : public testing::OneReplica {
 public:
  void on_written(Log& log, Wakeups& wakeups) override {
    log.advance_high_watermark(log.positions().written_end, wakeups);
    ++writes;
    if (log.positions().high_watermark > log.positions().durable_end) ++ahead;
  }
  int ahead{0};
};

TEST_F(Append, high_watermark_is_never_ahead_of_what_a_flush_has_covered) {
  start_log();
  const auto hasty = std::make_shared<HastyReplica>();
  log_->set_listener(hasty);
  for (int i = 0; i < 3; ++i) append_durably();
  EXPECT_EQ(hasty->writes, 3);
  EXPECT_EQ(hasty->ahead, 0);
}

TEST_F(Append, duplicate_of_a_queued_batch_waits_for_the_original) {
  start_log();
  const BatchSpec spec{
      .producer_id = ProducerId(5), .producer_epoch = ProducerEpoch(0), .base_sequence = 0};
  const auto original = append(spec, 0);
  const auto retry = append(spec, 1);
  EXPECT_EQ(original.answer.status, AppendStatus::assigned);
  EXPECT_EQ(retry.answer.status, AppendStatus::duplicate);
  EXPECT_EQ(retry.answer.base_offset, Offset(0));
  EXPECT_FALSE(retry.reply->outcome);
  settle();
  EXPECT_EQ(original.reply->outcome, AppendOutcome::done);
  EXPECT_EQ(retry.reply->outcome, AppendOutcome::done);
  const auto late = append(spec, 2);
  EXPECT_EQ(late.answer.status, AppendStatus::duplicate);
  EXPECT_FALSE(late.answer.pending);
  EXPECT_EQ(log_->positions().written_end, Offset(1));
}

TEST_F(Append, duplicate_of_a_written_batch_fails_with_the_flush) {
  start_log();
  append_durably();
  const BatchSpec spec{
      .producer_id = ProducerId(5), .producer_epoch = ProducerEpoch(0), .base_sequence = 0};
  const auto original = append(spec);
  Sent retry;
  during_next(DiskCall::sync, [&] {
    retry = append(spec, 1);
    EXPECT_EQ(retry.answer.status, AppendStatus::duplicate);
    EXPECT_TRUE(retry.answer.pending);
    return Error{.code = Errc::io, .context = "planned"};
  });
  settle();
  EXPECT_EQ(original.reply->outcome, AppendOutcome::failed);
  EXPECT_EQ(retry.reply->outcome, AppendOutcome::failed);
}

TEST_F(Append, sequence_gap_and_old_epoch_are_rejected_without_an_offset) {
  start_log();
  BatchSpec spec{
      .producer_id = ProducerId(5), .producer_epoch = ProducerEpoch(1), .base_sequence = 0};
  append_durably(spec);
  spec.base_sequence = 2;
  EXPECT_EQ(append(spec).answer.status, AppendStatus::out_of_order_sequence);
  spec.base_sequence = 1;
  spec.producer_epoch = ProducerEpoch(0);
  EXPECT_EQ(append(spec).answer.status, AppendStatus::invalid_producer_epoch);
  EXPECT_EQ(log_->assigned_end(), Offset(1));
}

TEST_F(Append, frames_that_arrive_in_one_turn_go_down_in_one_write) {
  start_log();
  append_durably();
  const auto before = dir_->stats().writes;
  worker().post([&] {
    for (int i = 0; i < 50; ++i) append();
  });
  settle();
  EXPECT_EQ(dir_->stats().writes, before + 1);
  EXPECT_EQ(log_->positions().high_watermark, Offset(51));
  expect_contiguous();
}

TEST_F(Append, fifty_producers_on_one_partition_keep_their_order) {
  config_.segment_bytes = 4096;
  start_log();
  std::vector<Sent> sent;
  for (std::int32_t sequence = 0; sequence < 20; ++sequence) {
    for (int producer = 0; producer < 50; ++producer) {
      worker(producer % 3).post([&, sequence, producer] {
        sent.push_back(append({.producer_id = ProducerId(producer),
                               .producer_epoch = ProducerEpoch(0),
                               .base_sequence = sequence},
                              producer % 3));
      });
    }
    run_for(1);
  }
  settle();
  for (const auto& one : sent) {
    EXPECT_EQ(one.answer.status, AppendStatus::assigned);
    EXPECT_EQ(one.reply->outcome, AppendOutcome::done);
  }
  EXPECT_EQ(log_->positions().high_watermark, Offset(1000));
  EXPECT_GT(log_->segment_count(), 10);
  expect_contiguous();
}

TEST_F(Append, slow_write_moves_the_writer_to_the_pool_and_back) {
  start_log();
  append_durably();
  node_.disk().stall_next(DiskOp::write, milliseconds(30'000));
  worker().post([&] { append(); });
  run_for(40'000);
  EXPECT_EQ(dir_->stats().slow_writes, 1U);
  // The worker does not touch the disk now, so it is not held up by the next slow write.
  node_.disk().stall_next(DiskOp::write, milliseconds(30'000));
  bool ran = false;
  worker().post([&] {
    append();
    worker().post([&] { ran = true; });
  });
  run_for(10);
  EXPECT_TRUE(ran);
  run_for(40'000);
  EXPECT_EQ(log_->positions().high_watermark, Offset(3));
}

class MuchUnflushed : public Append {
 protected:
  bool writes_on_the_worker() {
    bool on_worker = false;
    on_call = [&](DiskCall call, const std::string&) {
      if (call == DiskCall::write) on_worker = env_->workers().current() != nullptr;
      return std::optional<Error>();
    };
    worker().post([&] { append(); });
    run_for(10);
    on_call = nullptr;
    return on_worker;
  }
};

TEST_F(MuchUnflushed, of_durable_topics_moves_the_writer_to_the_pool) {
  start_log();
  constexpr UnflushedBytes much{.all = awaited_bytes_max + 1, .awaited = awaited_bytes_max + 1};
  log_->priv().dir.note_unflushed(much);
  EXPECT_FALSE(writes_on_the_worker());
  log_->priv().dir.note_flushed(much);
  EXPECT_TRUE(writes_on_the_worker());
}

/// What it leaves to the system says nothing about how the disk keeps up.
TEST_F(MuchUnflushed, of_a_page_cache_topic_changes_nothing) {
  config_.durability = Durability::page_cache;
  start_log();
  for (int i = 0; i < 66; ++i) {
    worker().post([&] { append({.value_size = std::size_t{1} << 20}); });
    run_for(10);
  }
  EXPECT_GT(dir_->stats().unflushed_bytes, std::uint64_t{64} << 20);
  EXPECT_TRUE(writes_on_the_worker());
}

TEST_F(Append, first_slow_write_of_a_directory_beside_others_holds_up_no_worker) {
  ASSERT_TRUE(open_dir({.is_beside_others = true}));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); }).value().front());
  append_durably();
  node_.disk().stall_next(DiskOp::write, milliseconds(30'000));
  bool ran = false;
  worker().post([&] {
    append();
    worker().post([&] { ran = true; });
  });
  run_for(10);
  EXPECT_TRUE(ran);
  EXPECT_EQ(log_->positions().high_watermark, Offset(1));
  run_for(40'000);
  EXPECT_EQ(log_->positions().high_watermark, Offset(2));
}

TEST_F(Append, queue_that_is_full_gives_no_offset_and_calls_back_when_there_is_room) {
  start_log();
  append_durably();
  node_.disk().stall_next(DiskOp::write, milliseconds(100));
  append();  // goes to the pool and stalls there
  std::vector<Sent> sent;
  while (log_->has_room()) sent.push_back(append({.value_size = 1 << 20}));
  const auto end = log_->assigned_end();
  EXPECT_EQ(append().answer.status, AppendStatus::no_room);
  EXPECT_EQ(log_->assigned_end(), end);
  bool room = false;
  EXPECT_TRUE(log_->wait_for_room(worker(), [&] { room = true; }));
  EXPECT_FALSE(room);
  settle();
  EXPECT_TRUE(room);
  EXPECT_FALSE(log_->wait_for_room(worker(), [] {}));
  for (const auto& one : sent) EXPECT_EQ(one.reply->outcome, AppendOutcome::done);
}

TEST_F(Append, page_cache_topic_acknowledges_what_is_written) {
  config_.durability = Durability::page_cache;
  start_log();
  const auto sent = append();
  settle();
  EXPECT_EQ(sent.reply->outcome, AppendOutcome::done);
  const auto positions = log_->positions();
  EXPECT_EQ(positions.high_watermark, Offset(1));
  EXPECT_EQ(positions.limit, Offset(1));
  EXPECT_EQ(positions.durable_end, Offset(0));
  EXPECT_EQ(dir_->stats().flush_rounds, 0U);

  // It becomes durable: the watermark stays, and the missing flush is made.
  config_.durability = Durability::durable;
  log_->set_config(config());
  EXPECT_EQ(log_->positions().high_watermark, Offset(1));
  settle();
  EXPECT_EQ(log_->positions().durable_end, Offset(1));
}

TEST_F(Append, below_the_reserve_clients_are_refused_and_the_broker_is_not) {
  LogDirOptions options;
  options.min_free_bytes = 1 << 20;
  ASSERT_TRUE(open_dir(options));
  const KnownLog fresh{name, Uuid{}, config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); }).value().front());
  append_durably();
  node_.disk().set_capacity(node_.disk().used_bytes() + 1000);
  dir_->housekeeping();
  EXPECT_TRUE(dir_->stats().below_reserve);
  EXPECT_EQ(append().answer.status, AppendStatus::storage_error);
  EXPECT_EQ(log_->append({.batch = testing::make_batch({}),
                          .leader_epoch = LeaderEpoch(0),
                          .origin = Origin::broker})
                .status,
            AppendStatus::assigned);
  // At the reserve it would be full again at once.
  node_.disk().set_capacity(node_.disk().used_bytes() + (1 << 20) + 1000);
  dir_->housekeeping();
  EXPECT_TRUE(dir_->stats().below_reserve);
  node_.disk().set_capacity(std::uint64_t{1} << 40);
  dir_->housekeeping();
  append_durably();
}

TEST_F(Append, older_leader_epoch_is_refused) {
  start_log();
  log_->assign_leader_epoch(LeaderEpoch(4));
  EXPECT_EQ(append({.leader_epoch = LeaderEpoch(3)}).answer.status, AppendStatus::not_leader);
  EXPECT_EQ(append({.leader_epoch = LeaderEpoch(4)}).answer.status, AppendStatus::assigned);
}

TEST_F(Append, many_dirty_logs_are_flushed_by_one_syncfs) {
  ASSERT_TRUE(open_dir());
  std::vector<KnownLog> fresh;
  for (int i = 0; i < 20; ++i) fresh.push_back({{"t", PartitionId(i)}, Uuid{}, config()});
  const auto logs = on_pool([&] { return dir_->create(fresh); }).value();
  worker().post([&] {
    for (const auto& log : logs) {
      use(log);
      append();
    }
  });
  settle();
  EXPECT_GE(dir_->stats().flush_syncfs_rounds, 1U);
  for (const auto& log : logs) EXPECT_EQ(log->positions().durable_end, Offset(1));
}

TEST_F(Append, follower_batches_keep_their_offsets_and_epochs) {
  start_log();
  const auto first = testing::make_batch({.records = 3, .leader_epoch = LeaderEpoch(2)});
  const auto second =
      testing::make_batch({.records = 2, .base_offset = Offset(3), .leader_epoch = LeaderEpoch(5)});
  std::vector<std::uint8_t> both(first.bytes().begin(), first.bytes().end());
  both.insert(both.end(), second.bytes().begin(), second.bytes().end());
  ASSERT_TRUE(log_->append_as_follower(SharedBytes::adopt(both)));
  settle();
  EXPECT_EQ(log_->positions().written_end, Offset(5));
  EXPECT_EQ(log_->epoch_of(Offset(2)), LeaderEpoch(2));
  EXPECT_EQ(log_->epoch_of(Offset(3)), LeaderEpoch(5));
  EXPECT_EQ(read_all(Offset(0), Offset(5)), both);
  const auto again = log_->append_as_follower(second);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::invalid);
  const auto behind_a_gap = testing::make_batch({.base_offset = Offset(7)});
  EXPECT_EQ(log_->append_as_follower(behind_a_gap, Gap::refused).error().code, Errc::unavailable);
  EXPECT_TRUE(log_->append_as_follower(behind_a_gap));
}

TEST_F(Append, batch_behind_a_failed_first_one_does_not_begin_in_its_place) {
  start_log();
  // The first write finds the disk full, with both producers' first batches in it.
  during_next(DiskCall::write, [] { return Error{.code = Errc::no_space}; });
  const auto spec = [](std::int64_t producer, std::int32_t sequence) {
    return BatchSpec{.producer_id = ProducerId(producer),
                     .producer_epoch = ProducerEpoch(0),
                     .base_sequence = sequence};
  };
  std::vector<Sent> sent;
  worker().post([&] {
    sent.push_back(append(spec(1, 0)));
    sent.push_back(append(spec(2, 7)));  // known to the client only: its state has expired here
  });
  settle();
  ASSERT_EQ(sent.at(1).reply->outcome, AppendOutcome::failed);
  dir_->housekeeping();
  EXPECT_EQ(append(spec(1, 1)).answer.status, AppendStatus::out_of_order_sequence);
  EXPECT_EQ(append(spec(2, 8)).answer.status, AppendStatus::out_of_order_sequence);
  append_durably(spec(1, 0));
  append_durably(spec(2, 7));
  append_durably(spec(2, 8));
  append_durably(spec(3, 5));
}

}  // namespace
}  // namespace moldau::storage
