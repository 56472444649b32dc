#include "records/time_lookup.h"

#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;

SharedBytes batch_of(std::initializer_list<std::int64_t> timestamps, BatchOptions options) {
  BatchBuilder builder(options);
  for (const std::int64_t timestamp : timestamps) builder.append({.timestamp = timestamp});
  return std::move(builder).build();
}

TEST(TimeLookup, finds_the_first_record_at_or_after_the_target) {
  Decompressor decompressor;
  for (const Codec codec : {Codec::none, Codec::zstd}) {
    const SharedBytes bytes =
        batch_of({10, 30, 20, 30}, {.base_offset = Offset(100), .codec = codec});
    const BatchView batch = BatchView::parse(bytes.bytes()).value();
    const auto find = [&](std::int64_t target, Offset from) {
      return first_at_or_after(batch, target, from, decompressor).value();
    };
    EXPECT_EQ(find(5, Offset(0)), (TimestampOffset{10, Offset(100)}));
    EXPECT_EQ(find(10, Offset(0)), (TimestampOffset{10, Offset(100)}));
    EXPECT_EQ(find(11, Offset(0)), (TimestampOffset{30, Offset(101)}));
    EXPECT_EQ(find(11, Offset(102)), (TimestampOffset{20, Offset(102)}));
    EXPECT_EQ(find(31, Offset(0)), std::nullopt);
    EXPECT_EQ(find(5, Offset(104)), std::nullopt);
    EXPECT_EQ(max_timestamp_record(batch, decompressor).value(),
              (TimestampOffset{30, Offset(101)}));
  }
}

TEST(TimeLookup, under_log_append_time_the_first_record_answers) {
  Decompressor decompressor;
  const SharedBytes bytes =
      batch_of({10, 30}, {.base_offset = Offset(100), .log_append_time = 500});
  const BatchView batch = BatchView::parse(bytes.bytes()).value();
  EXPECT_EQ(first_at_or_after(batch, 31, Offset(0), decompressor).value(),
            (TimestampOffset{500, Offset(100)}));
  EXPECT_EQ(max_timestamp_record(batch, decompressor).value(), (TimestampOffset{500, Offset(100)}));
}

TEST(TimeLookup, no_timestamps_or_no_records_have_no_answer) {
  Decompressor decompressor;
  const SharedBytes none = batch_of({no_timestamp}, {});
  EXPECT_EQ(max_timestamp_record(BatchView::parse(none.bytes()).value(), decompressor).value(),
            std::nullopt);
  const SharedBytes empty = batch_of({}, {.last_offset_delta = 3, .max_timestamp = 50});
  EXPECT_EQ(max_timestamp_record(BatchView::parse(empty.bytes()).value(), decompressor).value(),
            std::nullopt);
}

TEST(TimeLookup, damage_is_an_error_not_a_miss) {
  Decompressor decompressor;
  auto bytes = from_hex(testing::java_gzip);
  bytes.back() ^= 1;
  const BatchView batch = BatchView::parse(bytes).value();
  EXPECT_EQ(max_timestamp_record(batch, decompressor).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace moldau::records
