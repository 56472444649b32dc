#include "apps/metrics/families.h"

#include <gtest/gtest.h>

namespace moldau::apps {
namespace {

TEST(Families, samples_of_one_name_share_its_help_and_type) {
  Families families;
  families.counter({"hits_total", "Hits"}, 3, {{"page", "a\"b"}});
  families.counter({"hits_total", "Hits"}, 4, {{"page", "c"}});
  families.gauge({"open", "Open doors"}, 0.5);
  EXPECT_EQ(families.to_text(),
            "# HELP hits_total Hits\n"
            "# TYPE hits_total counter\n"
            "hits_total{page=\"a\\\"b\"} 3\n"
            "hits_total{page=\"c\"} 4\n"
            "# HELP open Open doors\n"
            "# TYPE open gauge\n"
            "open 0.5\n");
}

TEST(Families, latency_buckets_add_up_and_the_last_has_no_bound) {
  Families families;
  const std::uint64_t counts[] = {1, 0, 2};  // below 1, 2 and, with the rest, 4 us
  families.latency({"wait_seconds", "Waiting"}, counts, 7'000'000);
  EXPECT_EQ(families.to_text(),
            "# HELP wait_seconds Waiting\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_count 3\n"
            "wait_seconds_sum 7\n"
            "wait_seconds_bucket{le=\"1e-06\"} 1\n"
            "wait_seconds_bucket{le=\"2e-06\"} 1\n"
            "wait_seconds_bucket{le=\"+Inf\"} 3\n");
}

}  // namespace
}  // namespace moldau::apps
