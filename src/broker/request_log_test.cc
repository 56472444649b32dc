#include "broker/request_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "protocol/header.h"
#include "protocol/json.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/sasl_authenticate.h"

namespace moldau::broker {
namespace {

class Lines final : public env::Log {
 public:
  std::vector<std::string> lines;

 protected:
  bool enabled(env::Level) const override { return true; }
  void write(env::Level, std::string_view line) override { lines.emplace_back(line); }
};

class RequestLogs : public testing::Test {
 protected:
  void log_as(std::string_view options) {
    log_ = std::make_unique<RequestLog>(lines_, parse_request_log(options).value(), Prng(1));
  }

  template <class Request, class Response>
  void note(const Request& request, const Response& response, std::int16_t version,
            Duration took = milliseconds(1)) {
    protocol::Writer asked;
    ASSERT_TRUE(protocol::encode_request_frame(
        {.correlation_id = 7, .client_id = Text::view(client_id_), .version = version}, request,
        asked));
    const auto frame = asked.take();
    protocol::Writer answered;
    ASSERT_TRUE(protocol::encode_response_frame({.correlation_id = 7, .version = version}, response,
                                                answered));
    net::Answer answer;
    answer.chunks.emplace_back(answered.take());
    log_->note(
        {.connection = connection_, .request = frame.slice(4, frame.size() - 4), .took = took},
        answer);
  }
  void note_one(Duration took = milliseconds(1)) {
    note(protocol::ApiVersionsRequest{}, protocol::ApiVersionsResponse{}, 0, took);
  }
  std::size_t logged(int requests) {
    lines_.lines.clear();
    for (int i = 0; i < requests; ++i) note_one();
    return lines_.lines.size();
  }

  Lines lines_;
  std::string client_id_{"me"};
  const net::ConnectionInfo connection_{
      .id = 1, .listener = "PLAINTEXT", .local = {}, .remote = {.host = "10.0.0.1", .port = 5}};
  std::unique_ptr<RequestLog> log_;
};

SharedBytes bytes_of(std::string_view text) {
  return SharedBytes::copy(as_bytes(text));
}

TEST_F(RequestLogs, a_line_has_the_request_and_its_answer) {
  log_as("all");
  protocol::MetadataRequest request;
  request.topics.emplace().emplace_back().name = "t";
  protocol::MetadataResponse response;
  response.controller_id = NodeId(1);
  note(request, response, 1);
  ASSERT_EQ(lines_.lines.size(), 1u);
  EXPECT_EQ(lines_.lines[0],
            R"(request api=Metadata version=1 correlation_id=7 client="me" remote=10.0.0.1:5 )"
            R"(listener=PLAINTEXT ms=1.000 request_bytes=19 answer_bytes=20 )"
            R"(request={"topics":[{"name":"t"}]} )"
            R"(answer={"brokers":[],"controllerId":1,"topics":[]})");
}

TEST_F(RequestLogs, no_credential_is_in_a_line) {
  log_as("all");
  note(protocol::SaslAuthenticateRequest{.auth_bytes = bytes_of("PASSWORD")},
       protocol::SaslAuthenticateResponse{.auth_bytes = bytes_of("SIGNATURE")}, 2);
  protocol::AlterUserScramCredentialsRequest scram;
  scram.upsertions.push_back({.name = "alice",
                              .mechanism = 1,
                              .iterations = 4096,
                              .salt = bytes_of("PASSWORD"),
                              .salted_password = bytes_of("PASSWORD")});
  note(scram, protocol::AlterUserScramCredentialsResponse{}, 0);
  protocol::IncrementalAlterConfigsRequest configs;
  auto& resource = configs.resources.emplace_back();
  for (const auto* name : {"ssl.key.password", "sasl.jaas.config", "my.own.key"}) {
    resource.configs.emplace_back().name = Text::copy(name);
    resource.configs.back().value = Text("PASSWORD");
  }
  note(configs, protocol::IncrementalAlterConfigsResponse{}, 1);
  ASSERT_EQ(lines_.lines.size(), 3u);
  for (const auto& line : lines_.lines) {
    EXPECT_TRUE(line.contains("[hidden]")) << line;
    // As text, and as base64 of the same bytes.
    for (const auto* secret : {"PASSWORD", "UEFTU1dPUkQ", "U0lHTkFUVVJF"}) {
      EXPECT_FALSE(line.contains(secret)) << line;
    }
  }
}

TEST_F(RequestLogs, no_client_can_forge_a_line) {
  log_as("all");
  client_id_ = "a\" remote=1.2.3.4:5\nbroker started\x1b[31m";
  note_one();
  const auto& line = lines_.lines.at(0);
  EXPECT_TRUE(line.contains(R"(client="a\" remote=1.2.3.4:5\u000abroker started\u001b[31m")"))
      << line;
  EXPECT_FALSE(line.contains('\n'));
}

TEST_F(RequestLogs, a_long_body_is_cut) {
  log_as("all");
  protocol::MetadataRequest request;
  request.topics.emplace();
  for (int i = 0; i < 10'000; ++i) request.topics->emplace_back().name = "some topic";
  note(request, protocol::MetadataResponse{}, 1);
  EXPECT_LT(lines_.lines.at(0).size(), 2 * RequestLog::body_bytes_max);
  EXPECT_TRUE(lines_.lines.at(0).contains(protocol::cut_mark));
}

TEST_F(RequestLogs, of_a_huge_request_only_the_size_is_said) {
  log_as("all");
  const std::string huge(RequestLog::frame_bytes_max, 'x');
  note(protocol::SaslAuthenticateRequest{.auth_bytes = bytes_of(huge)},
       protocol::SaslAuthenticateResponse{}, 2);
  EXPECT_TRUE(lines_.lines.at(0).contains(R"(request="too large to be shown" answer={)"))
      << lines_.lines.at(0);
}

TEST_F(RequestLogs, every_nth_a_fraction_or_the_slow_ones_are_chosen) {
  log_as("every=10");
  EXPECT_EQ(logged(100), 10u);
  log_as("0.25");
  const auto quarter = logged(1'000);
  EXPECT_GT(quarter, 200u);
  EXPECT_LT(quarter, 300u);
  log_as("slow=50");
  EXPECT_EQ(logged(100), 0u);
  note_one(milliseconds(50));
  EXPECT_EQ(lines_.lines.size(), 1u);
}

TEST_F(RequestLogs, a_request_that_failed_is_logged_with_its_error) {
  log_as("all");
  const auto garbage = bytes_of(std::string("\0\3\0\1\0\0\0\7", 8));
  log_->note({.connection = connection_, .request = garbage, .took = {}},
             fail(Errc::corrupt, "no body"));
  ASSERT_EQ(lines_.lines.size(), 1u);
  EXPECT_FALSE(lines_.lines[0].contains("answer")) << lines_.lines[0];
}

TEST(RequestLogOptions, are_read_from_words) {
  EXPECT_EQ(parse_request_log("all").value(), RequestLogOptions{.every = 1});
  EXPECT_EQ(parse_request_log("0.01,slow=500").value(),
            (RequestLogOptions{.per_million = 10'000, .slow = milliseconds(500)}));
  for (const auto* wrong :
       {"", "every=0", "every=x", "1.5", "0", "-1", "nan", "slow=", "all,", "x"}) {
    EXPECT_FALSE(parse_request_log(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace moldau::broker
