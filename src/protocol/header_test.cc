#include "protocol/header.h"

#include <gtest/gtest.h>

#include <set>

#include "protocol/error_code.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/produce.h"

namespace moldau::protocol {
namespace {

SharedBytes frame_of(std::string_view bytes) {
  return SharedBytes::copy(as_bytes(bytes));
}

TEST(Header, request_version_follows_the_flexible_versions) {
  EXPECT_EQ(request_header_version(ProduceRequest::info, 8), 1);
  EXPECT_EQ(request_header_version(ProduceRequest::info, 9), 2);
  EXPECT_EQ(request_header_version(ApiVersionsRequest::info, 3), 2);
}

TEST(Header, response_version_of_api_versions_is_always_0) {
  EXPECT_EQ(response_header_version(ProduceResponse::info, 8), 0);
  EXPECT_EQ(response_header_version(ProduceResponse::info, 9), 1);
  EXPECT_EQ(response_header_version(ApiVersionsResponse::info, 4), 0);
}

TEST(Header, client_id_is_never_compact) {
  Writer out;
  const ApiVersionsRequest request{.client_software_name = "a", .client_software_version = "1"};
  ASSERT_TRUE(
      encode_request_frame({.correlation_id = 7, .client_id = "me", .version = 3}, request, out));
  const std::string_view expected{
      "\0\0\0\x12"
      "\0\x12\0\x03\0\0\0\x07\0\x02me\0"
      "\x02"
      "a\x02"
      "1\0",
      22};
  EXPECT_EQ(as_text(out.written()), expected);
}

TEST(Header, is_read_before_the_request) {
  const auto header = decode_request_header(frame_of({"\0\x12\0\x03\0\0\0\x07\0\x02me\0rest", 17}));
  ASSERT_TRUE(header) << header.error().to_string();
  EXPECT_EQ(header->message.request_api_key, ApiKey::api_versions);
  EXPECT_EQ(header->message.request_api_version, 3);
  EXPECT_EQ(header->message.correlation_id, 7);
  EXPECT_EQ(*header->message.client_id, "me");
  EXPECT_EQ(header->end, 13U);
}

TEST(Header, of_api_versions_is_read_in_versions_yet_to_come) {
  const auto header = decode_request_header(frame_of({"\0\x12\0\x63\0\0\0\x07\xff\xff\0", 11}));
  ASSERT_TRUE(header) << header.error().to_string();
  EXPECT_EQ(header->message.request_api_version, 99);
  EXPECT_FALSE(header->message.client_id);
  EXPECT_EQ(header->end, 11U);
}

TEST(Header, of_an_unknown_api_is_unsupported) {
  EXPECT_EQ(decode_request_header(frame_of({"\0\x05\0\0\0\0\0\x07\xff\xff", 10})).error().code,
            Errc::unsupported);
  EXPECT_EQ(decode_request_header(frame_of({"\x7f\xff\0\0\0\0\0\x07\xff\xff", 10})).error().code,
            Errc::unsupported);
  EXPECT_EQ(decode_request_header(frame_of({"\0\x12\0", 3})).error().code, Errc::truncated);
}

TEST(Header, response_frames_carry_their_size) {
  Writer out;
  ASSERT_TRUE(encode_response_frame({.correlation_id = 7, .version = 9}, ProduceResponse{}, out));
  const std::string_view expected{"\0\0\0\x0b\0\0\0\x07\0\x01\0\0\0\0\0", 15};
  EXPECT_EQ(as_text(out.written()), expected);
  const SharedBytes frame = out.take();
  const auto header = decode_response_header<ProduceResponse>(frame.slice(4, frame.size() - 4), 9);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->message.correlation_id, 7);
  EXPECT_EQ(header->end, 5U);
}

TEST(ErrorCode, is_printed_as_kafka_prints_it) {
  EXPECT_EQ(fmt::format("{}", ErrorCode::not_leader_or_follower), "NOT_LEADER_OR_FOLLOWER");
  EXPECT_EQ(name(ErrorCode::none), "NONE");
  EXPECT_EQ(name(ErrorCode::unknown_server_error), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(name(static_cast<ErrorCode>(error_code_max)), "CONTROLLER_ID_NOT_REGISTERED");
  EXPECT_EQ(name(static_cast<ErrorCode>(error_code_max + 1)), "UNKNOWN");
  EXPECT_EQ(name(static_cast<ErrorCode>(-2)), "UNKNOWN");
}

TEST(ErrorCode, knows_what_clients_retry) {
  EXPECT_TRUE(is_retriable(ErrorCode::not_leader_or_follower));
  EXPECT_FALSE(is_retriable(ErrorCode::invalid_record));
  EXPECT_FALSE(message(ErrorCode::invalid_record).empty());
}

TEST(ErrorCode, has_a_name_of_its_own_and_a_meaning_of_one_line) {
  std::set<std::string_view> names;
  for (std::int16_t number = -1; number <= error_code_max; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    EXPECT_TRUE(names.insert(name(code)).second) << name(code);
    EXPECT_FALSE(message(code).empty()) << name(code);
    EXPECT_EQ(message(code).find('\n'), std::string_view::npos) << name(code);
  }
}

TEST(ApiKey, is_printed_as_kafka_prints_it) {
  EXPECT_EQ(fmt::format("{}", ApiKey::offset_for_leader_epoch), "OffsetForLeaderEpoch");
  EXPECT_EQ(name(static_cast<ApiKey>(500)), "Unknown");
}

}  // namespace
}  // namespace moldau::protocol
