#include "records/validator.h"

#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::sample_batch;
using testing::to_vector;

constexpr WallMs now{1'000'000};
constexpr Codec all_codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

Validation validate(const SharedBytes& records, const ValidationRules& rules = {}) {
  Decompressor decompressor;
  return validate_batch(records, rules, now, decompressor);
}

/// The batch with one header field changed and the CRC right again.
template <class T>
SharedBytes patched(const SharedBytes& batch, std::size_t at, T value) {
  auto bytes = to_vector(batch.bytes());
  store_be(bytes.data() + at, value);
  update_crc(bytes);
  return SharedBytes::adopt(std::move(bytes));
}

SharedBytes joined(const SharedBytes& a, Bytes b) {
  auto bytes = to_vector(a.bytes());
  bytes.insert(bytes.end(), b.begin(), b.end());
  return SharedBytes::adopt(std::move(bytes));
}

std::vector<std::string> values(const BatchView& batch) {
  Decompressor decompressor;
  RecordReader reader = read_records(batch, decompressor).value();
  std::vector<std::string> result;
  RecordView record;
  while (reader.next(record)) {
    result.push_back(fmt::format("{}:{}:{}", offset_of(batch, record), timestamp_of(batch, record),
                                 record.value ? as_text(*record.value) : "null"));
  }
  EXPECT_TRUE(reader.status());
  return result;
}

const std::vector<std::string> sample_values = {"0:1000:value-0", "1:1001:value-1",
                                                "2:1002:value-2"};

TEST(Validator, a_right_batch_passes_as_a_slice_of_the_request) {
  for (const Codec codec : all_codecs) {
    const SharedBytes records = sample_batch({.codec = codec,
                                              .kind = BatchKind::transactional,
                                              .producer_id = ProducerId(5),
                                              .producer_epoch = ProducerEpoch(1),
                                              .base_sequence = 0});
    const Validation result = validate(records);
    ASSERT_TRUE(result.has_value()) << name(codec) << result.error().message;
    EXPECT_EQ(result->rewrite, Rewrite::none);
    EXPECT_EQ(result->bytes.data(), records.data());
    EXPECT_EQ(result->bytes.size(), records.size());
    EXPECT_EQ(result->batch.record_count(), 3);
    EXPECT_EQ(result->max_timestamp, 1002);
    EXPECT_EQ(result->max_timestamp_offset_delta, 2);
    EXPECT_EQ(result->batch.producer_id(), ProducerId(5));
    EXPECT_TRUE(result->batch.is_transactional());
  }
}

TEST(Validator, a_torn_rest_behind_the_batch_is_dropped) {
  const SharedBytes batch = sample_batch();
  for (std::size_t extra = 1; extra < batch.size(); ++extra) {
    const Validation result = validate(joined(batch, batch.bytes().first(extra)));
    ASSERT_TRUE(result.has_value()) << extra << result.error().message;
    EXPECT_EQ(result->bytes.size(), batch.size());
  }
}

TEST(Validator, leaves_no_large_buffer_behind_whatever_comes_out) {
  const std::vector<std::uint8_t> zeros(16 << 20, 0);
  BatchBuilder builder({.codec = Codec::gzip});
  builder.append({.timestamp = now.value, .value = zeros});
  const SharedBytes large = std::move(builder).build();
  Decompressor decompressor;
  ASSERT_TRUE(validate_batch(large, {}, now, decompressor));
  EXPECT_LE(decompressor.held_bytes(), Decompressor::output_kept_max);
  ASSERT_FALSE(
      validate_batch(large, {.uncompressed_size_max = 15 << 20}, now, decompressor).has_value());
  EXPECT_LE(decompressor.held_bytes(), Decompressor::output_kept_max);
}

TEST(Validator, refusals_have_the_kind_that_apache_gives) {
  const SharedBytes good = sample_batch();
  const SharedBytes idempotent = sample_batch(
      {.producer_id = ProducerId(1), .producer_epoch = ProducerEpoch(0), .base_sequence = 0});
  auto flipped = to_vector(good.bytes());
  flipped.back() ^= 1;
  const auto attributes = [](std::uint16_t bits) { return bits; };
  struct Case {
    const char* what;
    SharedBytes records;
    ValidationRules rules;
    BatchRejection kind;
  };
  const Case cases[] = {
      {"no bytes", SharedBytes{}, {}, BatchRejection::invalid_record},
      {"part of a batch", good.slice(0, good.size() - 1), {}, BatchRejection::invalid_record},
      {"part of a header", good.slice(0, 30), {}, BatchRejection::invalid_record},
      {"two batches", joined(good, good.bytes()), {}, BatchRejection::invalid_record},
      {"garbage behind",
       joined(good, std::vector<std::uint8_t>(40, 0)),
       {},
       BatchRejection::invalid_record},
      {"magic 1", patched(good, layout::magic, std::int8_t{1}), {}, BatchRejection::invalid_record},
      {"magic 9",
       patched(good, layout::magic, std::int8_t{9}),
       {},
       BatchRejection::corrupt_message},
      {"length 3",
       patched(good, layout::batch_length, std::int32_t{3}),
       {},
       BatchRejection::corrupt_message},
      {"length 20",
       patched(good, layout::batch_length, std::int32_t{20}),
       {},
       BatchRejection::corrupt_message},
      {"wrong crc", SharedBytes::adopt(flipped), {}, BatchRejection::corrupt_message},
      {"base offset 1",
       sample_batch({.base_offset = Offset(1)}),
       {},
       BatchRejection::invalid_record},
      {"count 0",
       patched(good, layout::record_count, std::int32_t{0}),
       {},
       BatchRejection::invalid_record},
      {"count -1",
       patched(good, layout::record_count, std::int32_t{-1}),
       {},
       BatchRejection::invalid_record},
      {"count unlike range",
       patched(good, layout::record_count, std::int32_t{2}),
       {},
       BatchRejection::invalid_record},
      {"range unlike count",
       patched(good, layout::last_offset_delta, std::int32_t{-1}),
       {},
       BatchRejection::invalid_record},
      {"fewer records than said",
       [&] {
         const auto more = patched(good, layout::record_count, std::int32_t{4});
         return patched(more, layout::last_offset_delta, std::int32_t{3});
       }(),
       {},
       BatchRejection::invalid_record},
      {"more records than said",
       [&] {
         const auto fewer = patched(good, layout::record_count, std::int32_t{2});
         return patched(fewer, layout::last_offset_delta, std::int32_t{1});
       }(),
       {},
       BatchRejection::invalid_record},
      {"control batch",
       sample_batch({.kind = BatchKind::control}),
       {},
       BatchRejection::invalid_record},
      {"producer without sequence",
       patched(idempotent, layout::base_sequence, std::int32_t{-1}),
       {},
       BatchRejection::invalid_record},
      {"client's LogAppendTime",
       sample_batch({.log_append_time = 1000}),
       {},
       BatchRejection::invalid_timestamp},
      {"too large",
       good,
       {.max_message_bytes = good.size() - 1},
       BatchRejection::message_too_large},
      {"larger than a segment",
       good,
       {.segment_bytes = good.size() - 1},
       BatchRejection::record_list_too_large},
      {"old request with zstd",
       sample_batch({.codec = Codec::zstd}),
       {.zstd = ZstdRule::refused},
       BatchRejection::unsupported_compression_type},
      {"codec 5",
       patched(good, layout::attributes, attributes(5)),
       {},
       BatchRejection::unsupported_compression_type},
      {"not gzip at all",
       patched(good, layout::attributes, attributes(1)),
       {},
       BatchRejection::invalid_record},
      {"expands beyond the limit",
       sample_batch({.codec = Codec::zstd}, 1000),
       {.uncompressed_size_max = 1000},
       BatchRejection::message_too_large},
      {"too large once decompressed",
       sample_batch({.codec = Codec::gzip}, 1000),
       {.codec = Codec::none, .max_message_bytes = 10'000},
       BatchRejection::message_too_large},
  };
  for (const Case& c : cases) {
    const Validation result = validate(c.records, c.rules);
    ASSERT_FALSE(result.has_value()) << c.what;
    EXPECT_EQ(result.error().kind, c.kind) << c.what << ": " << result.error().message;
    EXPECT_FALSE(result.error().message.empty()) << c.what;
  }
}

TEST(Validator, limits_are_inclusive) {
  const SharedBytes good = sample_batch();
  EXPECT_TRUE(validate(good, {.max_message_bytes = good.size()}));
  const auto area = good.size() - batch_header_size;
  EXPECT_TRUE(validate(sample_batch({.codec = Codec::lz4}), {.uncompressed_size_max = area}));
  EXPECT_FALSE(validate(sample_batch({.codec = Codec::lz4}), {.uncompressed_size_max = area - 1}));
}

TEST(Validator, a_compacted_topic_takes_no_record_without_key_and_says_which) {
  for (const Codec codec : {Codec::none, Codec::zstd}) {
    BatchBuilder builder({.codec = codec});
    builder.append({.timestamp = 1, .key = as_bytes("k")});
    builder.append({.timestamp = 1, .value = as_bytes("v")});
    builder.append({.timestamp = 1, .key = as_bytes("")});
    builder.append({.timestamp = 1});
    const SharedBytes records = std::move(builder).build();
    EXPECT_TRUE(validate(records));
    const Validation result = validate(records, {.keys = KeyRule::required});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, BatchRejection::invalid_record);
    ASSERT_EQ(result.error().record_errors.size(), 2u);
    EXPECT_EQ(result.error().record_errors[0].batch_index, 1);
    EXPECT_EQ(result.error().record_errors[1].batch_index, 3);
  }
}

SharedBytes batch_at(std::initializer_list<std::int64_t> timestamps) {
  BatchBuilder builder({});
  for (const std::int64_t timestamp : timestamps) builder.append({.timestamp = timestamp});
  return std::move(builder).build();
}

TEST(Validator, create_time_must_lie_within_the_topics_range) {
  const ValidationRules rules{.timestamp_before_max_ms = 100, .timestamp_after_max_ms = 10};
  EXPECT_TRUE(validate(batch_at({now.value - 100, now.value, now.value + 10}), rules));
  EXPECT_TRUE(validate(batch_at({no_timestamp}), rules));
  const Validation result =
      validate(batch_at({now.value - 101, now.value, now.value + 11, no_timestamp}), rules);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, BatchRejection::invalid_timestamp);
  ASSERT_EQ(result.error().record_errors.size(), 2u);
  EXPECT_EQ(result.error().record_errors[0].batch_index, 0);
  EXPECT_EQ(result.error().record_errors[1].batch_index, 2);
}

TEST(Validator, extreme_timestamps_and_ranges_do_not_overflow) {
  constexpr auto min = std::numeric_limits<std::int64_t>::min();
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(validate(batch_at({max})));
  EXPECT_FALSE(validate(batch_at({min}), {.timestamp_before_max_ms = 5}));
  EXPECT_TRUE(validate(batch_at({max, min}), {.timestamp_type = TimestampType::log_append_time}));
  EXPECT_TRUE(validate(batch_at({max}), {.timestamp_after_max_ms = max}));
}

TEST(Validator, a_missing_key_does_not_hide_a_wrong_timestamp) {
  const Validation result =
      validate(batch_at({now.value, 0}), {.timestamp_before_max_ms = 1, .keys = KeyRule::required});
  ASSERT_FALSE(result.has_value());
  // As in Apache the key is looked at first, and one record gives one error.
  EXPECT_EQ(result.error().kind, BatchRejection::invalid_record);
  EXPECT_EQ(result.error().record_errors.size(), 2u);
}

TEST(Validator, reported_record_errors_are_limited) {
  BatchBuilder builder({});
  for (std::size_t i = 0; i < record_errors_max + 5; ++i) builder.append({.timestamp = 1});
  const Validation result = validate(std::move(builder).build(), {.keys = KeyRule::required});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().record_errors.size(), record_errors_max);
  EXPECT_EQ(result.error().message.substr(0, 5), "1005 ");
}

TEST(Validator, log_append_time_stamps_the_header_of_a_copy) {
  for (const Codec codec : all_codecs) {
    const SharedBytes records = sample_batch({.codec = codec});
    const auto before = to_vector(records.bytes());
    const Validation result = validate(records, {.timestamp_type = TimestampType::log_append_time});
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->rewrite, Rewrite::header);
    EXPECT_EQ(result->batch.timestamp_type(), TimestampType::log_append_time);
    EXPECT_EQ(result->batch.max_timestamp(), now.value);
    EXPECT_EQ(result->max_timestamp, now.value);
    EXPECT_EQ(result->max_timestamp_offset_delta, 0);
    EXPECT_TRUE(result->batch.verify_crc());
    EXPECT_EQ(result->batch.codec(), codec);
    EXPECT_EQ(to_vector(records.bytes()), before);
  }
}

TEST(Validator, a_wrong_maximum_timestamp_is_corrected) {
  const SharedBytes records = sample_batch();
  const Validation result = validate(patched(records, layout::max_timestamp, std::int64_t{5}));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->rewrite, Rewrite::header);
  EXPECT_EQ(to_vector(result->bytes.bytes()), to_vector(records.bytes()));
}

TEST(Validator, the_topics_codec_is_forced_from_every_codec_to_every_codec) {
  for (const Codec from : all_codecs) {
    for (const Codec to : all_codecs) {
      const SharedBytes records = sample_batch({.codec = from,
                                                .kind = BatchKind::transactional,
                                                .producer_id = ProducerId(5),
                                                .producer_epoch = ProducerEpoch(1),
                                                .base_sequence = 9});
      const Validation result = validate(records, {.codec = to});
      ASSERT_TRUE(result.has_value()) << result.error().message;
      EXPECT_EQ(result->rewrite, from == to ? Rewrite::none : Rewrite::whole);
      EXPECT_EQ(result->batch.codec(), to);
      EXPECT_TRUE(result->batch.verify_crc());
      EXPECT_EQ(values(result->batch), sample_values);
      EXPECT_EQ(result->batch.producer_id(), ProducerId(5));
      EXPECT_EQ(result->batch.base_sequence(), 9);
      EXPECT_TRUE(result->batch.is_transactional());
    }
  }
}

TEST(Validator, recompression_and_log_append_time_go_together) {
  const Validation result = validate(
      sample_batch(), {.codec = Codec::zstd, .timestamp_type = TimestampType::log_append_time});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->batch.timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(result->batch.max_timestamp(), now.value);
  EXPECT_TRUE(result->batch.verify_crc());
  EXPECT_EQ(values(result->batch).front(), "0:1000000:value-0");
}

TEST(Validator, inner_offsets_with_gaps_are_renumbered) {
  for (const Codec codec : all_codecs) {
    BatchBuilder builder({.codec = codec,
                          .kind = BatchKind::transactional,
                          .producer_id = ProducerId(5),
                          .producer_epoch = ProducerEpoch(1),
                          .base_sequence = 9});
    const Header headers[] = {{.key = "h", .value = as_bytes("x")}};
    builder.append_at(3, {.timestamp = 7, .value = as_bytes("a"), .headers = headers});
    builder.append_at(8, {.timestamp = 9, .value = as_bytes("b")});
    const SharedBytes gaps =
        patched(std::move(builder).build(), layout::last_offset_delta, std::int32_t{1});
    const Validation result = validate(gaps);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->rewrite, Rewrite::whole);
    EXPECT_EQ(result->batch.codec(), codec);
    EXPECT_TRUE(result->batch.verify_crc());
    EXPECT_EQ(values(result->batch), (std::vector<std::string>{"0:7:a", "1:9:b"}));
    EXPECT_EQ(result->max_timestamp_offset_delta, 1);
    EXPECT_EQ(result->batch.base_sequence(), 9);
    EXPECT_TRUE(result->batch.is_transactional());
  }
}

/// Whatever the damage, with a CRC that is right: a refusal, or a batch that reads to its end.
TEST(Validator, random_damage_under_a_right_crc_never_crashes) {
  Prng prng(11);
  int accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    const Codec codec = all_codecs[prng.below(5)];
    auto bytes = to_vector(sample_batch({.codec = codec}, 5).bytes());
    const std::uint64_t changes = 1 + prng.below(3);
    for (std::uint64_t i = 0; i < changes; ++i) {
      const std::size_t at = layout::attributes + prng.below(bytes.size() - layout::attributes);
      bytes[at] = static_cast<std::uint8_t>(prng.next());
    }
    update_crc(bytes);
    const ValidationRules rules{
        .codec = prng.chance(500'000) ? std::optional(all_codecs[prng.below(5)]) : std::nullopt,
        .timestamp_type =
            prng.chance(500'000) ? TimestampType::log_append_time : TimestampType::create_time,
        .uncompressed_size_max = 1 << 16};
    const Validation result = validate(SharedBytes::adopt(std::move(bytes)), rules);
    if (!result) continue;
    ++accepted;
    EXPECT_TRUE(result->batch.verify_crc());
    EXPECT_EQ(values(result->batch).size(), static_cast<std::size_t>(result->batch.record_count()));
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace moldau::records
