#include "broker/fetch.h"

#include <gtest/gtest.h>

#include "broker/node_rig_test.h"

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

TEST_F(FetchTest, a_device_that_cannot_be_read_is_told_and_the_next_fetch_is_whole) {
  ASSERT_EQ(create("t"), ErrorCode::none);
  put("t");
  disk().options().cold_reads_per_million = 1'000'000;
  disk().fail_next(env::DiskOp::read, "t-0");
  EXPECT_EQ(fetch("t", 0).error_code, ErrorCode::kafka_storage_error);
  expect_all("t");
}

}  // namespace
}  // namespace moldau::broker
