#include <gtest/gtest.h>

#include "adversary.h"
#include "protocol/codec.h"
#include "protocol/registry.h"

/// Decoding takes time in proportion to the input. Time is counted in basic blocks of the decoder,
/// which is compiled into this program with -fsanitize-coverage=trace-pc: the same number each
/// time.
namespace moldau::fuzz {

std::size_t steps = 0;

namespace {

using protocol::Schema;

/// Of what a byte may cost: an element of one or two bytes can be a struct of some twenty fields,
/// most of which its version lacks.
constexpr std::size_t steps_per_byte = 400;
constexpr std::size_t steps_fixed = 4000;

constexpr std::uint32_t times = 250;
constexpr std::string_view lying = "lying about its length";

std::size_t steps_of(const Schema& schema, std::int16_t version, const SharedBytes& frame) {
  const protocol::Instance message = schema.make();
  const std::size_t before = steps;
  (void)protocol::decode_message(schema, message.get(), version, frame, 0);
  return steps - before;
}

void expect_linear(const Schema& schema, std::int16_t version, const Adversary& adversary) {
  const SharedBytes once = adversary.frame(times);
  const SharedBytes four_times = adversary.frame(4 * times);
  const std::size_t work_once = steps_of(schema, version, once);
  const std::size_t work = steps_of(schema, version, four_times);
  EXPECT_LE(work, steps_fixed + steps_per_byte * four_times.size());
  // Four times as much, where it would be sixteen times if it were quadratic.
  EXPECT_LE(work, 5 * work_once + steps_fixed) << once.size() << ", " << four_times.size();
}

TEST(DecodingWork, is_linear_in_the_frame_for_every_message_and_its_worst_frames) {
  int tried = 0;
  for (const Schema* schema : protocol::all_schemas()) {
    const protocol::Versions versions = schema->info.versions;
    for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
      for (const Adversary& adversary : adversaries_of(*schema, version)) {
        SCOPED_TRACE(fmt::format("{} v{}: {}", schema->info.name, version, adversary.name));
        expect_linear(*schema, version, adversary);
        if (testing::Test::HasFailure()) return;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

TEST(DecodingWork, is_counted) {
  const Schema& schema =
      *protocol::find_schema(protocol::MessageType::request, protocol::ApiKey::metadata);
  for (const Adversary& adversary : adversaries_of(schema, 12)) {
    if (adversary.name.ends_with(lying)) continue;  // found out at once
    EXPECT_GT(steps_of(schema, 12, adversary.frame(times)), 2 * times) << adversary.name;
  }
}

/// Adversaries are worth the name only if the decoder goes to their end.
TEST(DecodingWork, is_tried_on_frames_that_are_right_but_for_those_that_lie) {
  for (const Schema* schema : protocol::all_schemas()) {
    const std::int16_t version = schema->info.versions.highest;
    for (const Adversary& adversary : adversaries_of(*schema, version)) {
      if (adversary.name.ends_with(lying)) continue;
      const SharedBytes frame = adversary.frame(3);
      const protocol::Instance message = schema->make();
      const auto end = protocol::decode_message(*schema, message.get(), version, frame, 0);
      ASSERT_TRUE(end) << adversary.name << ": " << end.error().to_string();
      EXPECT_EQ(*end, frame.size()) << schema->info.name << ": " << adversary.name;
    }
  }
}

}  // namespace
}  // namespace moldau::fuzz

/// Called by the compiler's instrumentation at each basic block.
extern "C" __attribute__((no_sanitize("all"), no_sanitize("coverage"))) void
__sanitizer_cov_trace_pc() {  // NOLINT(bugprone-reserved-identifier)
  ++moldau::fuzz::steps;
}
