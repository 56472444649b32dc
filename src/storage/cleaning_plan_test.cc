#include "storage/cleaning_plan.h"

#include <gtest/gtest.h>

#include "storage/test_log.h"

namespace moldau::storage {
namespace {

class CleaningPlan : public testing::LogTest {
 protected:
  std::shared_ptr<Segment> segment(std::int64_t base, std::uint64_t size) {
    return std::make_shared<Segment>(env_->disk(), "/data/t-0", Offset(base), size,
                                     std::make_unique<MemoryIndexes>());
  }
  /// Of each run the base offsets of its segments.
  std::vector<std::vector<std::int64_t>> group(const SegmentList& segments, std::int64_t end) {
    std::vector<std::vector<std::int64_t>> bases;
    for (const auto& run : group_segments(segments, Offset(end), config_)) {
      bases.emplace_back();
      for (const auto& one : run) bases.back().push_back(one->base_offset().value());
    }
    return bases;
  }
  CleanableRange range(const SegmentList& segments, std::int64_t recovery_point,
                       std::int64_t last_stable, std::int64_t clean = 0) {
    return cleanable_range(segments, config_,
                           {.clean_offset = Offset(clean),
                            .recovery_point = Offset(recovery_point),
                            .positions = {.log_start = Offset(0),
                                          .last_stable_offset = Offset(last_stable),
                                          .written_end = Offset(1000)},
                            .wall = {.value = 1}})
        .value();
  }
  using Runs = std::vector<std::vector<std::int64_t>>;
};

TEST_F(CleaningPlan, runs_are_as_large_as_one_segment) {
  config_.segment_bytes = 1000;
  EXPECT_EQ(group({segment(0, 400), segment(10, 600), segment(20, 1), segment(30, 1000)}, 40),
            (Runs{{0, 10}, {20}, {30}}));
}

TEST_F(CleaningPlan, runs_have_offsets_that_an_index_can_tell) {
  config_.segment_bytes = 1000;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(group({segment(0, 10), segment(most - 5, 10)}, most), (Runs{{0, most - 5}}));
  EXPECT_EQ(group({segment(0, 10), segment(most - 5, 10)}, most + 1), (Runs{{0}, {most - 5}}))
      << "the last offset of the second is out of reach";
}

TEST_F(CleaningPlan, runs_have_indexes_of_the_allowed_size) {
  config_.segment_bytes = 1'000'000;
  config_.index_interval_bytes = 1000;
  config_.segment_index_bytes = 12 * 8;
  // Entries of 12 bytes: one per interval and one more.
  EXPECT_EQ(group({segment(0, 3000), segment(10, 3000), segment(20, 0)}, 30),
            (Runs{{0, 10}, {20}}));
}

TEST_F(CleaningPlan, the_range_ends_at_the_recovery_point_and_below_open_transactions) {
  const SegmentList segments{segment(0, 100), segment(10, 100), segment(20, 100), segment(30, 9)};
  EXPECT_EQ(range(segments, 30, 30).end, Offset(30));
  EXPECT_EQ(range(segments, 29, 30).end, Offset(20));
  EXPECT_EQ(range(segments, 30, 19).end, Offset(10));
  EXPECT_EQ(range(segments, 0, 30).end, Offset(0)) << "nothing is known to be on the disk";
  EXPECT_EQ(range(segments, 1000, 1000).end, Offset(30)) << "the active segment stays";
}

TEST_F(CleaningPlan, what_is_dirty_is_counted_in_whole_segments) {
  const SegmentList segments{segment(0, 100), segment(10, 200), segment(20, 400), segment(30, 9)};
  EXPECT_EQ(range(segments, 30, 30).dirty_bytes, 700U);
  EXPECT_EQ(range(segments, 30, 30, 10).clean_bytes, 100U);
  EXPECT_EQ(range(segments, 30, 30, 11).dirty_bytes, 600U);
  EXPECT_EQ(range(segments, 30, 30, 30).dirty_bytes, 0U);
  EXPECT_EQ(range(segments, 30, 30, 1001).first_dirty, Offset(0)) << "another log's";
}

}  // namespace
}  // namespace moldau::storage
