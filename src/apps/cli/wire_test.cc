#include "apps/cli/wire.h"

#include <gtest/gtest.h>

#include "apps/cli/explain.h"
#include "env/test_world.h"
#include "net/server.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/list_groups.h"

namespace moldau::apps {
namespace {

using protocol::ApiKey;
using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

/// An old broker: ApiVersions up to 2, ListGroups up to 1, nothing else. It refuses newer versions
/// of ApiVersions as KIP-511 says, and answers ListGroups with its version as throttle time.
class OldBroker final : public net::SessionFactory {
 public:
  static constexpr std::int16_t api_versions_max = 2;

  std::unique_ptr<net::Session> open(const net::ConnectionInfo&,
                                     std::shared_ptr<net::Wakeup>) override {
    return std::make_unique<OldSession>();
  }

 private:
  class OldSession final : public net::Session {
   public:
    Road road(const SharedBytes&) const override { return Road::serial; }
    env::Task<Result<>> wait_for_room(const SharedBytes&) override { co_return Result<>{}; }
    std::unique_ptr<net::PendingAnswer> begin(SharedBytes) override { return nullptr; }
    env::Task<Result<net::Answer>> handle(SharedBytes frame) override {
      const auto header = CO_TRY(protocol::decode_request_header(std::move(frame)));
      const auto version = header->request_api_version;
      protocol::Writer out;
      if (header->request_api_key == ApiKey::api_versions) {
        const bool is_known = version <= api_versions_max;
        ApiVersionsResponse response;
        response.error_code = is_known ? ErrorCode::none : ErrorCode::unsupported_version;
        response.api_keys = {{ApiKey::api_versions, 0, api_versions_max},
                             {ApiKey::list_groups, 0, 1},
                             {ApiKey::metadata, 20, 30}};
        CO_TRY(protocol::encode_response_frame({.correlation_id = header->correlation_id,
                                                .version = is_known ? version : std::int16_t{0}},
                                               response, out));
      } else {
        ListGroupsResponse response;
        response.throttle_time_ms = version;
        CO_TRY(protocol::encode_response_frame(
            {.correlation_id = header->correlation_id, .version = version}, response, out));
      }
      net::Answer answer;
      answer.chunks.emplace_back(out.take());
      co_return answer;
    }
  };
};

class TestedWorld final : public World {
 public:
  env::Env& env() override { return world_.env(); }
  void run(env::Task<> task) override { world_.run(std::move(task)); }
  std::string_view version() const override { return "1.2.3"; }

 private:
  env::RealTestWorld world_;
};

class WireTest : public testing::Test {
 protected:
  WireTest() : server_(world_.env(), *budget_, broker_, {}) {
    const auto open = [](WireTest& self) -> env::Task<> {
      self.endpoint_ =
          self.server_.open({.name = "PLAINTEXT", .endpoint = {"127.0.0.1", 0}}).value();
      co_return;
    };
    world_.run(open(*this));
  }
  ~WireTest() override {
    const auto stop = [](WireTest& self) -> env::Task<> {
      co_await self.server_.stop(self.world_.worker().now() + milliseconds(200));
    };
    world_.run(stop(*this));
  }

  ClientOptions options() const {
    return {.bootstrap = endpoint_.to_string(), .properties = {}, .timeout_ms = 5'000};
  }

  TestedWorld world_;
  // Frames keep it alive.
  const std::shared_ptr<net::ByteBudget> budget_ =
      std::make_shared<net::ByteBudget>(net::ByteBudget::capacity_min);
  OldBroker broker_;
  net::Server server_;
  env::Endpoint endpoint_;
};

TEST_F(WireTest, a_broker_that_knows_only_old_versions_is_asked_in_those) {
  const auto wire = Wire::connect(world_, options()).value();
  EXPECT_EQ(wire->version_at(Wire::any, ApiVersionsRequest::info).value_or(-1), 2);
  const auto response = wire->ask<ListGroupsResponse>(Wire::any, ListGroupsRequest{});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->message.throttle_time_ms, 1);
}

TEST_F(WireTest, what_the_broker_does_not_serve_is_an_error_that_names_it) {
  const auto wire = Wire::connect(world_, options()).value();
  const auto missing = wire->version_at(Wire::any, protocol::FindCoordinatorRequest::info);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::unsupported);
  EXPECT_NE(missing.error().context.find("does not serve FindCoordinator"), std::string::npos);
  EXPECT_FALSE(wire->version_at(Wire::any, protocol::MetadataRequest::info));
}

TEST_F(WireTest, the_next_bootstrap_broker_is_tried_where_one_does_not_answer) {
  auto several = options();
  several.bootstrap = "127.0.0.1:1," + several.bootstrap;
  EXPECT_TRUE(Wire::connect(world_, several));
  const auto none = Wire::connect(world_, {.bootstrap = "127.0.0.1:1"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unavailable);
  EXPECT_NE(none.error().context.find("moldau server"), std::string::npos);
}

TEST_F(WireTest, patience_ends_with_the_time_for_one_request) {
  auto hasty = options();
  hasty.timeout_ms = 300;
  const auto wire = Wire::connect(world_, hasty).value();
  int attempts = 0;
  const auto never = wire->patiently([&]() -> Result<> {
    ++attempts;
    return fail(Errc::unavailable);
  });
  EXPECT_FALSE(never);
  EXPECT_GT(attempts, 1);
  attempts = 0;
  EXPECT_TRUE(wire->patiently([&]() -> Result<> {
    return ++attempts < 2 ? Result<>(fail(Errc::unavailable)) : Result<>();
  }));
  EXPECT_FALSE(wire->patiently([&]() -> Result<> {
    ++attempts;
    return fail(Errc::invalid);
  }));
  EXPECT_EQ(attempts, 3);
}

TEST(Wire, the_newest_version_that_both_have_is_taken) {
  protocol::MessageInfo ours = ListGroupsRequest::info;
  ours.versions = {2, 5};
  const auto with = [&](std::int16_t lowest, std::int16_t highest) {
    ApiVersionsResponse theirs;
    theirs.api_keys = {{ApiKey::metadata, 0, 99}, {ApiKey::list_groups, lowest, highest}};
    return common_version(ours, theirs);
  };
  EXPECT_EQ(with(0, 3), 3);
  EXPECT_EQ(with(4, 9), 5);
  EXPECT_EQ(with(2, 2), 2);
  EXPECT_EQ(with(0, 1), std::nullopt);
  EXPECT_EQ(with(6, 9), std::nullopt);
  EXPECT_EQ(common_version(ours, {}), std::nullopt);
}

TEST(Wire, bootstrap_addresses_are_read_in_every_form) {
  using Endpoints = std::vector<env::Endpoint>;
  EXPECT_EQ(parse_bootstrap("a:1,b").value(), (Endpoints{{"a", 1}, {"b", 9092}}));
  EXPECT_EQ(parse_bootstrap("[::1]:9093,[::1]").value(), (Endpoints{{"::1", 9093}, {"::1", 9092}}));
  EXPECT_EQ(parse_bootstrap("PLAINTEXT://a:1").value(), (Endpoints{{"a", 1}}));
  for (const auto* text : {"", "a:", "a:x", ":1", "a:0", "a:99999", "a:1,,b:2", "::1"}) {
    EXPECT_FALSE(parse_bootstrap(text)) << text;
  }
}

TEST(Explain, an_error_says_what_was_asked_what_was_said_and_what_to_do) {
  const auto error = explain(ErrorCode::non_empty_group, "group g", "The group is not empty.");
  EXPECT_EQ(error.context,
            "group g: The group is not empty (NON_EMPTY_GROUP). Stop its members, then try again; "
            "`moldau group describe` names them");
  EXPECT_EQ(explain(ErrorCode::not_coordinator, "x").code, Errc::unavailable);
  EXPECT_EQ(explain(ErrorCode::group_id_not_found, "x").code, Errc::not_found);
}

}  // namespace
}  // namespace moldau::apps
