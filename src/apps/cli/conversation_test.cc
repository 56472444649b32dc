#include "apps/cli/conversation.h"

#include <gtest/gtest.h>

#include "apps/cli/capture_decode.h"
#include "apps/cli/test_captures.h"
#include "base/prng.h"
#include "protocol/error_code.h"
#include "protocol/header.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"

namespace moldau::apps {
namespace {

template <class T>
RawBytes request(const T& message, std::int16_t version, std::int32_t id) {
  protocol::Writer out;
  EXPECT_TRUE(protocol::encode_request_frame(
      {.correlation_id = id, .client_id = "me", .version = version}, message, out));
  const auto bytes = out.take();
  return {bytes.bytes().begin(), bytes.bytes().end()};
}

template <class T>
RawBytes response(const T& message, std::int16_t version, std::int32_t id) {
  protocol::Writer out;
  EXPECT_TRUE(
      protocol::encode_response_frame({.correlation_id = id, .version = version}, message, out));
  const auto bytes = out.take();
  return {bytes.bytes().begin(), bytes.bytes().end()};
}

/// A frame without its size.
SharedBytes inner(const RawBytes& bytes) {
  return SharedBytes::copy(Bytes(bytes).subspan(4));
}

class Decoding : public testing::Test {
 protected:
  std::vector<std::string> lines_;
  DecodedOutput output_{.print = [this](std::string_view line) { lines_.emplace_back(line); }};
  const protocol::JsonOptions json_{.records = protocol::JsonOptions::Records::summary};
  Conversation conversation_{json_, {}, output_};

  bool said(std::string_view text) const {
    for (const auto& line : lines_) {
      if (line.contains(text)) return true;
    }
    return false;
  }
  std::string all() const { return fmt::format("{}", fmt::join(lines_, "\n")); }
};

TEST_F(Decoding, a_request_says_what_it_is_and_what_is_in_it) {
  protocol::MetadataRequest metadata;
  metadata.topics.emplace().emplace_back().name = "t";
  conversation_.request(inner(request(metadata, 4, 7)));
  EXPECT_EQ(lines_, std::vector<std::string>{
                        R"({"type":"request","api":"Metadata","apiKey":3,"version":4,)"
                        R"("correlationId":7,"clientId":"me","body":{"topics":[{"name":"t"}],)"
                        R"("allowAutoTopicCreation":true}})"});
}

TEST_F(Decoding, an_answer_is_read_as_its_request_says_whatever_the_order) {
  conversation_.request(inner(request(protocol::MetadataRequest{}, 1, 1)));
  conversation_.request(inner(request(protocol::ApiVersionsRequest{}, 0, 2)));
  conversation_.response(inner(response(protocol::ApiVersionsResponse{}, 0, 2)));
  conversation_.response(inner(response(protocol::MetadataResponse{}, 1, 1)));
  ASSERT_EQ(lines_.size(), 4u);
  EXPECT_TRUE(lines_[2].starts_with(
      R"({"type":"response","api":"ApiVersions","apiKey":18,"version":0,"correlationId":2)"));
  EXPECT_TRUE(
      lines_[3].starts_with(R"({"type":"response","api":"Metadata","apiKey":3,"version":1)"));
  EXPECT_EQ(output_.errors, 0u);
}

TEST_F(Decoding, an_api_versions_of_the_future_is_answered_in_version_0) {
  auto future = request(protocol::ApiVersionsRequest{}, 3, 1);
  future[7] = 99;
  conversation_.request(inner(future));
  protocol::ApiVersionsResponse refusal;
  refusal.error_code = protocol::ErrorCode::unsupported_version;
  conversation_.response(inner(response(refusal, 0, 1)));
  EXPECT_EQ(output_.errors, 1u);
  EXPECT_TRUE(said(R"("version":0,"correlationId":1,"body":{"errorCode":35)")) << all();
}

TEST_F(Decoding, what_does_not_decode_is_an_error_and_the_next_is_still_read) {
  auto broken = request(protocol::MetadataRequest{}, 4, 7);
  broken.resize(broken.size() - 2);
  conversation_.request(inner(broken));
  conversation_.response(SharedBytes::copy(Bytes(number(5, 4))));
  conversation_.response(SharedBytes());
  conversation_.request(SharedBytes());
  conversation_.request(inner(request(protocol::ApiVersionsRequest{}, 0, 2)));
  EXPECT_EQ(output_.errors, 4u);
  ASSERT_EQ(lines_.size(), 5u);
  EXPECT_NE(lines_[0].find(R"("error":"truncated)"), std::string::npos) << lines_[0];
  EXPECT_NE(lines_[0].find(R"("start":"00030004)"), std::string::npos) << lines_[0];
  EXPECT_NE(lines_[1].find("its request was not seen"), std::string::npos) << lines_[1];
  EXPECT_EQ(lines_[4].find("error"), std::string::npos) << lines_[4];
}

TEST_F(Decoding, bytes_that_may_hold_a_password_are_not_shown_when_they_do_not_decode) {
  auto broken = request(
      protocol::SaslAuthenticateRequest{.auth_bytes = SharedBytes::copy(as_bytes("PASSWORD"))}, 1,
      7);
  broken[broken.size() - 9] = 0x7f;  // the length
  conversation_.request(inner(broken));
  conversation_.request(SharedBytes::copy(as_bytes(std::string("\0alice\0PASSWORD", 15))));
  EXPECT_EQ(output_.errors, 2u);
  EXPECT_FALSE(said("50415353")) << all();  // PASS
}

TEST_F(Decoding, tokens_behind_an_old_sasl_handshake_are_told_from_requests) {
  conversation_.request(inner(request(protocol::SaslHandshakeRequest{.mechanism = "PLAIN"}, 0, 1)));
  conversation_.response(inner(response(protocol::SaslHandshakeResponse{}, 0, 1)));
  conversation_.request(SharedBytes::copy(as_bytes(std::string("\0alice\0PASSWORD", 15))));
  conversation_.response(SharedBytes());
  conversation_.request(inner(request(protocol::ApiVersionsRequest{}, 0, 2)));
  ASSERT_EQ(lines_.size(), 5u);
  EXPECT_EQ(lines_[2], R"({"type":"saslToken","sizeInBytes":15})");
  EXPECT_EQ(lines_[3], R"({"type":"saslToken","sizeInBytes":0})");
  EXPECT_TRUE(lines_[4].contains(R"("api":"ApiVersions")"));
  EXPECT_EQ(output_.errors, 0u);
}

TEST_F(Decoding, requests_without_answers_do_not_pile_up) {
  for (std::size_t i = 0; i <= Conversation::expected_max; ++i) {
    conversation_.request(
        inner(request(protocol::ApiVersionsRequest{}, 0, static_cast<std::int32_t>(i))));
  }
  lines_.clear();
  conversation_.response(inner(response(protocol::ApiVersionsResponse{}, 0, 0)));
  EXPECT_TRUE(said("its request was not seen"));
}

TEST_F(Decoding, a_correlation_id_that_comes_again_and_again_finds_every_answer) {
  const auto ask = inner(request(protocol::ApiVersionsRequest{}, 0, 1));
  const auto answer = inner(response(protocol::ApiVersionsResponse{}, 0, 1));
  for (std::size_t i = 0; i < Conversation::expected_max + 5; ++i) {
    conversation_.request(ask);
    conversation_.response(answer);
  }
  EXPECT_EQ(output_.errors, 0u);
}

TEST_F(Decoding, a_request_is_not_forgotten_for_those_that_have_got_their_answers) {
  conversation_.request(inner(request(protocol::MetadataRequest{}, 1, 0)));
  for (std::size_t i = 1; i < Conversation::expected_max + 5; ++i) {
    const auto id = static_cast<std::int32_t>(i);
    conversation_.request(inner(request(protocol::ApiVersionsRequest{}, 0, id)));
    conversation_.response(inner(response(protocol::ApiVersionsResponse{}, 0, id)));
  }
  conversation_.response(inner(response(protocol::MetadataResponse{}, 1, 0)));
  EXPECT_EQ(output_.errors, 0u);
}

/// A packet between 10.0.0.1, the client, and 10.0.0.2.
RawBytes packet(const TestSegment& segment) {
  auto bytes = ipv4(tcp(segment));
  if (segment.from == 9092) std::swap(bytes[15], bytes[19]);
  return bytes;
}

RawBytes asked(std::uint32_t sequence, RawBytes payload) {
  return packet({.sequence = sequence, .payload = std::move(payload)});
}
RawBytes answered(std::uint32_t sequence, RawBytes payload) {
  return packet({.from = 9092, .to = 50'000, .sequence = sequence, .payload = std::move(payload)});
}

TEST_F(Decoding, a_capture_that_loses_a_segment_says_so_and_goes_on) {
  const auto first = request(protocol::ApiVersionsRequest{}, 0, 1);
  const auto size = static_cast<std::uint32_t>(first.size());
  const auto third = request(protocol::ApiVersionsRequest{}, 0, 3);
  const auto answer = response(protocol::ApiVersionsResponse{}, 0, 3);
  const auto file = pcap({packet({.sequence = 99, .syn = true}), asked(100, first),
                          asked(100, first), asked(100 + 2 * size, third), answered(500, answer)},
                         101);
  const auto decoded = decode_capture(ByteSource::of(file), {.json = json_}, output_);
  EXPECT_TRUE(decoded);
  ASSERT_EQ(lines_.size(), 3u) << all();
  EXPECT_TRUE(lines_[0].starts_with(R"({"type":"request","from":"10.0.0.1:50000",)"
                                    R"("to":"10.0.0.2:9092","api":"ApiVersions")"))
      << lines_[0];
  EXPECT_TRUE(lines_[1].contains(fmt::format("{} bytes are not in the capture", size)));
  EXPECT_TRUE(lines_[2].contains(R"("correlationId":3)")) << lines_[2];
}

TEST_F(Decoding, a_capture_of_other_ports_names_them) {
  const auto file = pcap({packet({.to = 19'092, .payload = raw("x")})}, 101);
  const auto decoded = decode_capture(ByteSource::of(file), {.json = json_}, output_);
  ASSERT_FALSE(decoded);
  EXPECT_TRUE(decoded.error().context.contains("19092")) << decoded.error().context;
}

TEST_F(Decoding, both_sides_of_a_connection_are_put_together) {
  const auto ask = request(protocol::MetadataRequest{}, 1, 9);
  const auto answer = response(protocol::MetadataResponse{}, 1, 9);
  const RawBytes front(answer.begin(), answer.begin() + 6);
  const RawBytes back(answer.begin() + 6, answer.end());
  const auto file =
      pcapng({asked(7, ask), packet({.from = 9092, .to = 50'000, .sequence = 69, .syn = true}),
              answered(76, back), answered(70, front)},
             101, ByteOrder::big);
  EXPECT_TRUE(decode_capture(ByteSource::of(file), {.json = json_}, output_));
  ASSERT_EQ(lines_.size(), 2u) << all();
  EXPECT_TRUE(lines_[1].contains(R"("from":"10.0.0.2:9092","to":"10.0.0.1:50000")")) << lines_[1];
}

TEST_F(Decoding, more_connections_than_can_be_followed_are_forgotten_and_not_refused) {
  const auto file = [&] {
    std::vector<RawBytes> packets;
    const auto ask = request(protocol::ApiVersionsRequest{}, 0, 1);
    for (std::uint32_t i = 0; i <= captured_connections_max; ++i) {
      auto bytes = asked(1, ask);
      bytes[13] = static_cast<std::uint8_t>(i >> 16);
      bytes[14] = static_cast<std::uint8_t>(i >> 8);
      bytes[15] = static_cast<std::uint8_t>(i);
      packets.push_back(std::move(bytes));
    }
    return pcap(packets, 101);
  }();
  EXPECT_TRUE(decode_capture(ByteSource::of(file), {.json = json_}, output_));
  EXPECT_EQ(lines_.size(), captured_connections_max + 1);
  EXPECT_EQ(output_.errors, 0u);
}

TEST_F(Decoding, a_capture_with_any_bytes_changed_is_decoded_to_some_end) {
  protocol::MetadataRequest metadata;
  metadata.topics.emplace().emplace_back().name = "topic";
  const auto file =
      pcapng({packet({.sequence = 99, .syn = true}), asked(100, request(metadata, 12, 1)),
              answered(7, response(protocol::MetadataResponse{}, 12, 1)),
              asked(150, request(protocol::SaslHandshakeRequest{}, 0, 2)),
              asked(190, request(metadata, 4, 3))},
             101, ByteOrder::little);
  Prng prng(1);
  for (int round = 0; round < 3'000; ++round) {
    auto changed = file;
    for (std::uint64_t i = prng.below(4); i < 5; ++i) {
      changed[prng.below(changed.size())] = static_cast<std::uint8_t>(prng.next());
    }
    changed.resize(changed.size() - prng.below(10));
    (void)decode_capture(ByteSource::of(changed), {.json = json_}, output_);
    ASSERT_LT(lines_.size(), 50u);
    lines_.clear();
  }
}

}  // namespace
}  // namespace moldau::apps
