#include "broker/fetch.h"

#include <gtest/gtest.h>

#include "broker/node_rig_test.h"
#include "net/answer.h"

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

/// What a fetch of the first partition from `offset` on makes of it, before it is encoded.
env::Task<> fetch_part(Broker& broker, env::Env& env, std::int64_t offset, FetchPart& part) {
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
  Fetch fetch(broker, context, {.max_bytes = 1 << 20, .deadline = context.received},
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
