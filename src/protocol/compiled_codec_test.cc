#include "protocol/compiled_codec.h"

#include <gtest/gtest.h>

#include "base/effort_test.h"
#include "base/varint.h"
#include "protocol/codec.h"
#include "protocol/messages/produce.h"
#include "protocol/random_message.h"
#include "protocol/registry.h"

namespace moldau::protocol {
namespace {

/// The same message without its compiled codec.
Schema interpreted(const Schema& schema) {
  return {.info = schema.info, .table = schema.table, .make = schema.make};
}

template <class Check>
void for_each_compiled(Check&& check) {
  int compiled = 0;
  for (const Schema* schema : all_schemas()) {
    if (schema->compiled == nullptr) continue;
    ++compiled;
    const Versions versions = schema->info.versions;
    for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
      SCOPED_TRACE(fmt::format("{} v{}", schema->info.name, version));
      check(*schema, version);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(compiled, 7);
}

TEST(CompiledCodec, writes_the_same_bytes_or_the_same_error) {
  Prng prng(11);
  for_each_compiled([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < 200; ++i) {
      // Mostly filled for this version; else some fields may be set that it lacks.
      const Versions versions = schema.info.versions;
      const auto filled_for = static_cast<std::int16_t>(
          prng.chance(800'000) ? version : prng.between(versions.lowest, versions.highest));
      const Instance message = schema.make();
      fill_random(schema, message.get(), filled_for, prng);
      Writer compiled;
      Writer table;
      const auto a = encode_message(schema, message.get(), version, compiled);
      const auto b = encode_message(interpreted(schema), message.get(), version, table);
      ASSERT_EQ(a.has_value(), b.has_value());
      if (!a) {
        ASSERT_EQ(a.error().to_string(), b.error().to_string());
      } else {
        ASSERT_EQ(compiled.take(), table.take());
      }
    }
  });
}

/// Decodes with both and expects the same message or the same error.
void expect_same(const Schema& schema, std::int16_t version, const SharedBytes& frame) {
  const Instance compiled = schema.make();
  const Instance table = schema.make();
  const auto a = decode_message(schema, compiled.get(), version, frame, 0);
  const auto b = decode_message(interpreted(schema), table.get(), version, frame, 0);
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) {
    ASSERT_EQ(a.error().to_string(), b.error().to_string());
  } else {
    ASSERT_EQ(*a, *b);
    ASSERT_TRUE(equal_messages(schema, compiled.get(), table.get()));
  }
}

TEST(CompiledCodec, reads_the_same_message_or_the_same_error) {
  Prng prng(12);
  for_each_compiled([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < effort(30); ++i) {
      const Instance message = schema.make();
      fill_random(schema, message.get(), version, prng);
      Writer out;
      ASSERT_TRUE(encode_message(schema, message.get(), version, out));
      const SharedBytes frame = out.take();
      expect_same(schema, version, frame);
      for (std::size_t at = 0; at < frame.size(); ++at) {
        expect_same(schema, version, frame.slice(0, at));
        std::vector<std::uint8_t> damaged(frame.bytes().begin(), frame.bytes().end());
        damaged[at] = static_cast<std::uint8_t>(prng.next());
        expect_same(schema, version, SharedBytes::adopt(std::move(damaged)));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
}

TEST(CompiledCodec, refuses_what_would_take_too_much_memory_as_the_table_does) {
  using Partition = ProduceRequest::PartitionProduceData;
  constexpr auto count = static_cast<std::uint32_t>(Decoder::array_bytes_max / sizeof(Partition));
  // Produce v9: acks 1, one topic without a name, its partitions: number, null, no tags.
  std::vector<std::uint8_t> bytes{0, 0, 1, 0, 0, 0, 0, 2, 1};
  bytes.resize(bytes.size() + 5);
  bytes.resize(9 + put_uvarint(bytes.data() + 9, count + 1));
  bytes.resize(bytes.size() + 6 * std::size_t{count} + 2);
  const auto frame = SharedBytes::adopt(std::move(bytes));
  const auto result = decode<ProduceRequest>(frame, 9);
  ASSERT_FALSE(result) << "the topic is in the sum, too";
  EXPECT_EQ(result.error().code, Errc::too_large);
  expect_same(ProduceRequest::schema, 9, frame);
}

}  // namespace
}  // namespace moldau::protocol
