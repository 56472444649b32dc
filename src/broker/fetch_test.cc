#include "broker/fetch.h"

#include <gtest/gtest.h>

#include <atomic>

#include "broker/node_rig_test.h"
#include "net/answer.h"
#include "protocol/messages/delete_topics.h"

namespace moldau::broker {
namespace {

/// Records that are sent from their file, and some that are read into memory.
class FetchTest : public NodeTest {
 protected:
  void put(std::string_view topic) {
    for (const auto& value : values_) {
      ASSERT_EQ(produce(topic, batch(value)).error_code, ErrorCode::none);
    }
  }
  /// Reads all, from each offset on.
  void expect_all(std::string_view topic) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto fetched = fetch(topic, static_cast<std::int64_t>(i));
      ASSERT_EQ(fetched.error_code, ErrorCode::none);
      records::BatchIterator batches(fetched.records->bytes());
      std::size_t seen = i;
      while (const auto view = batches.next()) {
        EXPECT_TRUE(view->verify_crc());
        EXPECT_EQ(view->base_offset(), Offset(static_cast<std::int64_t>(seen)));
        ++seen;
      }
      EXPECT_EQ(seen, values_.size());
    }
  }
  const std::vector<std::string> values_{std::string(200'000, 'a'), "b", std::string(70'000, 'c'),
                                         std::string(300'000, 'd'), "e"};
};

TEST_F(FetchTest, large_and_small_records_arrive_whole) {
  disk().options().cold_reads_per_million = 0;
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  expect_all("t");
}

TEST_F(FetchTest, so_do_records_that_are_not_in_the_page_cache) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  disk().options().cold_reads_per_million = 1'000'000;
  expect_all("t");
}

/// What a fetch of the first partition from `offset` on makes of it, before it is encoded. It waits
/// for so many bytes.
env::Task<> fetch_part(Broker& broker, env::Env& env, std::int64_t offset, FetchPart& part,
                       std::int64_t min_bytes = 0) {
  const net::ConnectionInfo connection;
  const RequestContext context{.api = protocol::ApiKey::fetch,
                               .version = 12,
                               .connection = connection,
                               .worker = env.workers().at(0),
                               .received = env.clock().now(),
                               .image = broker.image()};
  std::vector<FetchTarget> targets{
      {.key = {.topic_id = {}, .topic = "t", .partition = PartitionId(0)},
       .fetch_offset = Offset(offset),
       .partition_max_bytes = 1 << 20}};
  Fetch fetch(broker, context,
              {.max_bytes = 1 << 20,
               .min_bytes = min_bytes,
               .deadline = context.received + std::chrono::seconds(min_bytes > 0 ? 20 : 0)},
              std::move(targets));
  auto parts = co_await fetch.run();
  EXPECT_TRUE(parts);
  if (parts) part = std::move(parts->at(0));
}

TEST_F(FetchTest, many_bytes_stay_in_their_file_and_few_are_read) {
  disk().options().cold_reads_per_million = 0;
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  FetchPart many;
  run(fetch_part(node().broker(), env(), 2, many));
  const auto* range = net::file_range(many.data.records.value());
  ASSERT_NE(range, nullptr);
  EXPECT_EQ(range->length, many.data.records->size());
  EXPECT_GT(range->length, 370'000U);
  EXPECT_GT(range->position, 200'000U);
  FetchPart few;
  run(fetch_part(node().broker(), env(), 4, few));
  EXPECT_EQ(net::file_range(few.data.records.value()), nullptr);
  EXPECT_EQ(node().broker().answer_memory().used(),
            static_cast<std::int64_t>(few.data.records->size()));
}

TEST_F(FetchTest, what_the_page_cache_does_not_keep_is_read_into_memory) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  disk().options().cold_reads_per_million = 1'000'000;
  FetchPart part;
  run(fetch_part(node().broker(), env(), 0, part));
  EXPECT_EQ(net::file_range(part.data.records.value()), nullptr);
  EXPECT_GT(part.data.records->size(), 570'000U);
  EXPECT_EQ(node().broker().answer_memory().held_files(), 0);
}

TEST_F(FetchTest, so_many_files_are_held_open_and_not_more) {
  disk().options().cold_reads_per_million = 0;
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  const auto& memory = node().broker().answer_memory();
  std::vector<FetchPart> parts(AnswerMemory::held_files_max + 2);
  for (auto& part : parts) run(fetch_part(node().broker(), env(), 0, part));
  EXPECT_EQ(memory.held_files(), AnswerMemory::held_files_max);
  EXPECT_EQ(memory.used(), static_cast<std::int64_t>(2 * parts.back().data.records->size()));
  parts.clear();
  EXPECT_EQ(memory.held_files(), 0);
}

/// A session of one partition of "t", by name.
protocol::FetchRequest in_session(std::int32_t id, std::int32_t epoch,
                                  std::optional<std::int64_t> offset) {
  protocol::FetchRequest request;
  request.max_bytes = 1 << 20;
  request.session_id = id;
  request.session_epoch = epoch;
  if (!offset) return request;
  auto& topic = request.topics.emplace_back();
  topic.topic = Text("t");
  auto& partition = topic.partitions.emplace_back();
  partition.fetch_offset = Offset(*offset);
  partition.partition_max_bytes = 1 << 20;
  return request;
}

TEST_F(FetchTest, a_session_serves_the_topic_that_has_its_name_now) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  const auto ask_for = [this](const protocol::FetchRequest& request) {
    return ask<protocol::FetchResponse>(request, 12);
  };
  const auto opened = ask_for(in_session(0, 0, 3));
  ASSERT_EQ(opened.responses.at(0).partitions.at(0).high_watermark, Offset(5));
  ASSERT_NE(opened.session_id, 0);
  const auto again = ask_for(in_session(opened.session_id, 1, std::nullopt));
  EXPECT_EQ(again.responses.at(0).partitions.at(0).high_watermark, Offset(5));

  // Somebody still holds what the session remembers.
  const auto old = node().broker().partitions().find("t", PartitionId(0));
  protocol::DeleteTopicsRequest gone;
  gone.topics.emplace_back().name = Text("t");
  ASSERT_EQ(ask<protocol::DeleteTopicsResponse>(gone).responses.at(0).error_code, ErrorCode::none);
  run_for(std::chrono::seconds(1));
  const auto without = ask_for(in_session(opened.session_id, 2, std::nullopt));
  EXPECT_EQ(without.responses.at(0).partitions.at(0).error_code,
            ErrorCode::unknown_topic_or_partition);
  ASSERT_EQ(create("t"), ErrorCode::none);
  ASSERT_EQ(produce("t", batch("new")).error_code, ErrorCode::none);
  const auto made_again = ask_for(in_session(opened.session_id, 3, 0));
  EXPECT_EQ(made_again.responses.at(0).partitions.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(made_again.responses.at(0).partitions.at(0).high_watermark, Offset(1));
}

/// Whether the waiter has been notified by now.
env::Task<> look(FetchWaiter& waiter, bool& woken) {
  const auto outcome = co_await waiter.signal.wait_until(waiter.signal.home().now());
  woken = outcome.has_value();
}

constexpr int additions = 30'000;

/// Bytes that come from two threads, and somebody who waits for them on a worker.
struct Coming {
  std::atomic<std::int64_t> bytes{0};
  std::shared_ptr<FetchWaiter> waiter;

  static std::int64_t size(int number) { return 1 + number % 7; }
  void add_all() {
    for (int number = 0; number < additions; ++number) {
      bytes.fetch_add(size(number));
      if (waiter->tell(size(number))) waiter->signal.notify();
    }
  }
};

env::Task<> take_all(env::Env& env, Coming& coming, std::int64_t all) {
  coming.waiter = std::make_shared<FetchWaiter>(env.workers().at(0));
  auto pool = env.make_pool("coming");
  for (int i = 0; i < 2; ++i) pool->submit(env::IoClass::flush, [&] { coming.add_all(); });
  for (std::int64_t taken = 0; taken < all;) {
    const auto wanted = std::min<std::int64_t>(1 + taken % 50, all - taken);
    coming.waiter->begin_look();
    const auto there = coming.bytes.load() - taken;
    if (there >= wanted) {
      taken += there;
      continue;
    }
    coming.waiter->wait_for(wanted - there);
    const auto deadline = env.clock().now() + std::chrono::seconds(20);
    const auto woken = co_await coming.waiter->signal.wait_until(deadline);
    EXPECT_TRUE(woken) << "asleep with " << coming.bytes.load() - taken << " of " << wanted;
    if (!woken) break;
  }
  pool.reset();  // when both are through
}

TEST(FetchWaiterThreads, nobody_sleeps_while_there_is_enough) {
  env::RealTestWorld world;
  Coming coming;
  std::int64_t of_one = 0;
  for (int number = 0; number < additions; ++number) of_one += Coming::size(number);
  world.run(take_all(world.env(), coming, 2 * of_one));
  EXPECT_EQ(coming.bytes, 2 * of_one);
}

class FetchWaiterTest : public FetchTest {
 protected:
  void SetUp() override {
    FetchTest::SetUp();
    ASSERT_EQ(create("t"), ErrorCode::none);
    partition_ = node().broker().partitions().find("t", PartitionId(0));
    partition_->add_waiter(waiter_);
  }
  void TearDown() override {
    partition_->remove_waiter(waiter_.get());
    partition_ = nullptr;
    FetchTest::TearDown();
  }
  void put_one(std::string_view value) {
    ASSERT_EQ(produce("t", batch(value)).error_code, ErrorCode::none);
  }
  bool woken() {
    bool result = false;
    run(look(*waiter_, result));
    return result;
  }
  static std::int64_t size(std::string_view value) {
    return static_cast<std::int64_t>(batch(value).size());
  }

  std::shared_ptr<Partition> partition_;
  std::shared_ptr<FetchWaiter> waiter_ = std::make_shared<FetchWaiter>(env().workers().at(0));
};

TEST_F(FetchWaiterTest, is_woken_once_when_there_is_enough_and_not_before) {
  for (int round = 0; round < 3; ++round) {
    waiter_->begin_look();
    waiter_->wait_for(3 * size("v"));
    for (int i = 0; i < 2; ++i) put_one("v");
    EXPECT_FALSE(woken());
    put_one("v");
    EXPECT_TRUE(woken());
    put_one("v");
    EXPECT_FALSE(woken()) << "it knows";
  }
}

TEST_F(FetchWaiterTest, is_woken_by_what_comes_while_it_looks) {
  waiter_->begin_look();
  put_one("v");
  waiter_->wait_for(1'000);
  EXPECT_TRUE(woken());
}

TEST_F(FetchWaiterTest, is_woken_by_all_else) {
  for (const bool ends : {false, true}) {
    waiter_->begin_look();
    waiter_->wait_for(1'000'000);
    EXPECT_FALSE(woken());
    if (ends) {
      partition_->close();
    } else {
      partition_->move_to(partition_->log_ptr(), partition_->directory());
    }
    EXPECT_TRUE(woken());
  }
}

/// Against what the log says: never asleep when there is enough; and what wakes it is not every
/// batch.
TEST_F(FetchWaiterTest, sleeps_through_no_batch_that_completes_what_it_wants) {
  Prng prng(7);
  const auto end = [this] { return partition_->log_ptr()->readable_end().value(); };
  auto taken = end().position;
  int wakes = 0;
  constexpr int steps = 500;
  std::int64_t wanted = 1;
  waiter_->begin_look();
  waiter_->wait_for(wanted);
  for (int step = 0; step < steps; ++step) {
    put_one(std::string(prng.below(300), 'x'));
    const auto there = static_cast<std::int64_t>(end().position - taken);
    const bool told = woken();
    if (there >= wanted) {
      ASSERT_TRUE(told) << step;
      taken = end().position;
      wanted = 1 + static_cast<std::int64_t>(prng.below(2'000));
      waiter_->begin_look();
      waiter_->wait_for(wanted);
    } else if (told) {
      waiter_->begin_look();
      waiter_->wait_for(wanted - there);
    }
    wakes += told ? 1 : 0;
  }
  EXPECT_LT(wakes, steps / 2);
}

class NoOne final : public storage::AppendWaiter {
 public:
  using AppendWaiter::AppendWaiter;
  void on_append_done(std::uint32_t, storage::AppendOutcome) override {}
};

constexpr int many_batches = 40;

env::Task<> append_many(storage::Log& log, SharedBytes batch, env::Worker& home) {
  for (int i = 0; i < many_batches; ++i) {
    EXPECT_TRUE(co_await env::sleep_until(home, home.now() + std::chrono::milliseconds(50)));
    log.append(
        {.batch = batch, .leader_epoch = LeaderEpoch(0), .waiter = std::make_shared<NoOne>(home)});
  }
}

env::Task<> append_and_poll(Broker& broker, env::Env& env, storage::Log& log, SharedBytes batch,
                            FetchPart& part) {
  env::Scope scope(env.workers().at(0));
  scope.spawn(append_many(log, batch, env.workers().at(0)));
  const auto all = static_cast<std::int64_t>(batch.size() * many_batches);
  co_await fetch_part(broker, env, log.positions().high_watermark.value(), part, all);
  co_await scope.stop();
}

TEST_F(FetchTest, a_long_poll_does_not_look_at_each_batch_that_comes) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  const auto log = node().broker().partitions().find("t", PartitionId(0))->log_ptr();
  auto before = disk().operations();
  run(append_many(*log, batch("v"), env().workers().at(0)));
  run_for(std::chrono::milliseconds(500));
  const auto appending = disk().operations() - before;
  before = disk().operations();
  FetchPart part;
  run(append_and_poll(node().broker(), env(), *log, batch("v"), part));
  EXPECT_EQ(part.data.records.value().size(), batch("v").size() * many_batches);
  EXPECT_LT(disk().operations() - before, appending + many_batches / 4);
}

TEST_F(FetchTest, a_device_that_fails_at_any_moment_is_told) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  int moments = 0;
  for (bool whole = false; !whole;) {
    ASSERT_LT(++moments, 100);
    disk().options().cold_reads_per_million = 0;
    disk().after_operations(static_cast<std::uint64_t>(moments), [this] {
      disk().options().cold_reads_per_million = 1'000'000;
      disk().fail_next(env::DiskOp::read, "t-0");
    });
    FetchPart part;
    run(fetch_part(node().broker(), env(), 0, part));
    whole = !part.has_error();
    EXPECT_EQ(part.data.error_code, whole ? ErrorCode::none : ErrorCode::kafka_storage_error);
    EXPECT_EQ(net::file_range(part.data.records.value()) != nullptr, whole);
  }
  EXPECT_GT(moments, 1);  // it has failed when it loaded what it had planned
}

}  // namespace
}  // namespace moldau::broker
