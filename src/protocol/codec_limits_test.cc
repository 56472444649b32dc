// Bytes that break the format, and what would take too much memory.
#include <gtest/gtest.h>

#include "base/varint.h"
#include "protocol/codec.h"
#include "protocol/decoder.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"
#include "protocol/test_hex.h"

namespace moldau::protocol {
namespace {

TEST(Codec, refuses_strings_over_32767_bytes) {
  FindCoordinatorRequest request;
  request.key = Text(std::string(32'768, 'x'));
  EXPECT_EQ(encode(request, 3).error().code, Errc::too_large);
  request.key = Text(std::string(32'767, 'x'));
  const SharedBytes bytes = *encode(request, 3);
  EXPECT_TRUE(decode<FindCoordinatorRequest>(bytes, 3));
}

TEST(Codec, skips_unknown_tagged_fields) {
  // Two unknown tags behind the fields: 5 with two bytes, 300 with none.
  const auto request = decode<ApiVersionsRequest>(unhex("0361620231"
                                                        "02"
                                                        "05"
                                                        "02abcd"
                                                        "ac0200"),
                                                  3);
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->message.client_software_name, "ab");
  EXPECT_EQ(request->end, 13U);
}

TEST(Codec, a_known_tag_must_fill_its_size) {
  const auto response = decode<ApiVersionsResponse>(unhex("0000"
                                                          "01"
                                                          "00000000"
                                                          "01"
                                                          "0109"
                                                          "000000000000000500"),
                                                    3);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::corrupt);
}

TEST(Codec, huge_counts_fail_before_memory_is_taken) {
  const auto fails = [](std::string_view bytes, std::int16_t version) {
    const auto result = decode<MetadataRequest>(unhex(bytes), version);
    return result ? Errc::invalid : result.error().code;
  };
  EXPECT_EQ(fails("7fffffff", 1), Errc::truncated);
  EXPECT_EQ(fails("7fffffff"
                  "0000",
                  1),
            Errc::truncated);
  EXPECT_EQ(fails("80000000", 1), Errc::corrupt);
  EXPECT_EQ(fails("ffffffff0f", 12), Errc::corrupt);
  EXPECT_EQ(fails("ffffffff07", 12), Errc::truncated);
  // 3 topics of at least 18 bytes each are announced, 17 bytes are there.
  EXPECT_EQ(fails("04"
                  "0000000000000000000000000000000000",
                  12),
            Errc::truncated);
}

/// A MetadataRequest v9 of topics without names, two bytes each.
SharedBytes nameless_topics(std::uint32_t count) {
  std::vector<std::uint8_t> bytes(5);
  bytes.resize(put_uvarint(bytes.data(), count + 1));
  for (std::uint32_t i = 0; i < count; ++i) bytes.insert(bytes.end(), {1, 0});
  bytes.insert(bytes.end(), {0, 0, 0, 0});
  return SharedBytes::adopt(std::move(bytes));
}

TEST(Codec, elements_that_cost_more_memory_than_bytes_are_limited_in_sum) {
  using Topic = MetadataRequest::MetadataRequestTopic;
  constexpr auto most = static_cast<std::uint32_t>(Decoder::array_bytes_max / sizeof(Topic));
  EXPECT_TRUE(decode<MetadataRequest>(nameless_topics(most), 9));
  EXPECT_EQ(decode<MetadataRequest>(nameless_topics(most + 1), 9).error().to_string(),
            "too_large: MetadataRequest v9: Topics: more elements than memory is given for");
}

TEST(Codec, endless_varints_are_corrupt) {
  EXPECT_EQ(decode<MetadataRequest>(unhex("ffffffffffffffffffff"), 12).error().code, Errc::corrupt);
  EXPECT_EQ(decode<MetadataRequest>(unhex("8080808080808080808000"), 12).error().code,
            Errc::corrupt);
  EXPECT_EQ(decode<MetadataRequest>(unhex("808080"), 12).error().code, Errc::truncated);
}

TEST(Codec, negative_sizes_other_than_null_are_corrupt) {
  EXPECT_EQ(decode<MetadataRequest>(unhex("00000001fffe"), 1).error().code, Errc::corrupt);
  EXPECT_EQ(decode<MetadataRequest>(unhex("fffffffe"), 1).error().code, Errc::corrupt);
}

TEST(Codec, errors_name_message_version_and_field) {
  const auto result = decode<MetadataRequest>(unhex("00000001"
                                                    "0005"
                                                    "61"),
                                              1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().context, "MetadataRequest v1: Topics.Name: ends early");
}

}  // namespace
}  // namespace moldau::protocol
