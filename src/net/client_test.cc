#include "net/client.h"

#include <gtest/gtest.h>

#include "net/test_rig.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/list_offsets.h"

namespace moldau::net {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

/// Answers ApiVersions with its own version as throttle time, and ListOffsets with each topic of
/// the request; never answers a client called "mute", and answers "liar" with a wrong id.
class WireBroker final : public SessionFactory {
 public:
  std::unique_ptr<Session> open(const ConnectionInfo&, std::shared_ptr<Wakeup> wakeup) override {
    return std::make_unique<WireSession>(std::move(wakeup));
  }

 private:
  class WireSession final : public Session {
   public:
    explicit WireSession(std::shared_ptr<Wakeup> wakeup) : wakeup_(std::move(wakeup)) {}
    Road road(const SharedBytes&) const override { return Road::serial; }
    env::Task<Result<>> wait_for_room(const SharedBytes&) override { co_return Result<>{}; }
    std::unique_ptr<PendingAnswer> begin(SharedBytes) override { return nullptr; }
    env::Task<Result<Answer>> handle(SharedBytes frame) override {
      const auto header = CO_TRY(protocol::decode_request_header(std::move(frame)));
      const Text client = header->client_id.value_or("");
      if (client == "mute") CO_TRY(co_await env::sleep_until(wakeup_->worker(), MonoTime::max()));
      const std::int16_t version = header->request_api_version;
      protocol::Writer out;
      const protocol::ResponseFrame about{
          .correlation_id = header->correlation_id + (client == "liar" ? 1 : 0),
          .version = version};
      if (header->request_api_key == protocol::ApiKey::api_versions) {
        ApiVersionsResponse response;
        response.throttle_time_ms = version;
        CO_TRY(protocol::encode_response_frame(about, response, out));
      } else {
        const auto request =
            CO_TRY(protocol::decode<ListOffsetsRequest>(header.frame, version, header.end));
        ListOffsetsResponse response;
        for (const auto& topic : request->topics) response.topics.push_back({.name = topic.name});
        CO_TRY(protocol::encode_response_frame(about, response, out));
      }
      Answer answer;
      answer.chunks.emplace_back(out.take());
      co_return answer;
    }

   private:
    const std::shared_ptr<Wakeup> wakeup_;
  };
};

struct ClientRig {
  explicit ClientRig(env::Env& e) : env(e), server(e, budget, broker, {}) {}
  env::Worker& home() { return env.workers().at(0); }
  env::Task<std::unique_ptr<Client>> connect(std::string client_id = "test",
                                             Duration timeout = std::chrono::seconds(10)) {
    auto client = co_await Client::connect(env.transport(), home(), endpoint,
                                           {.client_id = std::move(client_id), .timeout = timeout});
    co_return std::move(client).value();
  }

  env::Env& env;
  std::shared_ptr<ByteBudget> shared_budget{std::make_shared<ByteBudget>(ByteBudget::capacity_min)};
  ByteBudget& budget{*shared_budget};
  WireBroker broker;
  Server server;
  env::Endpoint endpoint;
};

class ClientTest : public testing::TestWithParam<env::WorldKind> {
 protected:
  void tell(env::Task<> (*story)(ClientRig&)) {
    ClientRig rig(world_->env());
    world_->run(whole(rig, story));
  }

 private:
  static env::Task<> whole(ClientRig& rig, env::Task<> (*story)(ClientRig&)) {
    rig.endpoint = rig.server.open({.name = "PLAINTEXT", .endpoint = {"127.0.0.1", 0}}).value();
    co_await story(rig);
    co_await rig.server.stop(rig.home().now() + milliseconds(200));
  }
  std::unique_ptr<env::TestWorld> world_ = make_world(GetParam());
};

ListOffsetsRequest ask_about(std::string topic) {
  ListOffsetsRequest request;
  request.topics.push_back({.name = Text(std::move(topic))});
  return request;
}

env::Task<> call_all_versions(ClientRig& rig) {
  const auto client = co_await rig.connect();
  for (std::int16_t version = 1; version <= 4; ++version) {
    const auto response = co_await client->call<ApiVersionsResponse>(ApiVersionsRequest{}, version);
    EXPECT_TRUE(response);
    if (response) EXPECT_EQ(response->message.throttle_time_ms, version);
  }
  for (std::int16_t version = 1; version <= 8; ++version) {
    const auto response = co_await client->call<ListOffsetsResponse>(ask_about("events"), version);
    EXPECT_TRUE(response);
    if (response) EXPECT_EQ(response->message.topics.at(0).name, "events");
  }
  EXPECT_TRUE(client->is_open());
}

TEST_P(ClientTest, typed_calls_with_old_and_flexible_headers) {
  tell(call_all_versions);
}

env::Task<> pipeline(ClientRig& rig) {
  const auto client = co_await rig.connect();
  std::vector<Client::Ticket> tickets;
  for (int i = 0; i < 30; ++i) {
    tickets.push_back(
        client->submit(client->encode(ask_about("t" + std::to_string(i)), 8).value()));
  }
  // In any order: here from the last to the first.
  for (int i = 29; i >= 0; --i) {
    const auto frame = co_await client->receive(tickets[static_cast<std::size_t>(i)]);
    const auto response = Client::decode<ListOffsetsResponse>(frame.value(), 8);
    EXPECT_EQ(response.value().message.topics.at(0).name, "t" + std::to_string(i));
  }
}

TEST_P(ClientTest, one_task_submits_several_and_receives_in_any_order) {
  tell(pipeline);
}

env::Task<> call_often(Client& client, int number, int& done) {
  for (int i = 0; i < 20; ++i) {
    const std::string topic = std::to_string(number) + "-" + std::to_string(i);
    const auto response = co_await client.call<ListOffsetsResponse>(ask_about(topic), 8);
    EXPECT_TRUE(response);
    if (response) EXPECT_EQ(response->message.topics.at(0).name, topic);
  }
  ++done;
}

env::Task<> share(ClientRig& rig) {
  const auto client = co_await rig.connect();
  env::Scope scope(rig.home());
  int done = 0;
  for (int i = 0; i < 20; ++i) scope.spawn(call_often(*client, i, done));
  const MonoTime deadline = rig.home().now() + std::chrono::seconds(20);
  while (done < 20 && rig.home().now() < deadline) {
    EXPECT_TRUE(co_await env::sleep_until(rig.home(), rig.home().now() + milliseconds(1)));
  }
  EXPECT_EQ(done, 20);
  co_await scope.stop();
}

TEST_P(ClientTest, many_tasks_share_one_connection) {
  tell(share);
}

env::Task<> wait_in_vain(Client& client, int& failed) {
  const auto response = co_await client.call<ApiVersionsResponse>(ApiVersionsRequest{}, 3);
  EXPECT_FALSE(response);
  if (!response && response.error().code == Errc::timed_out) ++failed;
}

env::Task<> time_out(ClientRig& rig) {
  const auto client = co_await rig.connect("mute", milliseconds(50));
  env::Scope scope(rig.home());
  int failed = 0;
  for (int i = 0; i < 3; ++i) scope.spawn(wait_in_vain(*client, failed));
  co_await wait_in_vain(*client, failed);
  EXPECT_TRUE(co_await env::sleep_until(rig.home(), rig.home().now() + milliseconds(20)));
  EXPECT_EQ(failed, 4);
  EXPECT_FALSE(client->is_open());
  const auto later = co_await client->call<ApiVersionsResponse>(ApiVersionsRequest{}, 3);
  EXPECT_FALSE(later);
  co_await scope.stop();
}

TEST_P(ClientTest, a_request_that_times_out_ends_the_connection_for_all) {
  tell(time_out);
}

env::Task<> be_lied_to(ClientRig& rig) {
  const auto client = co_await rig.connect("liar");
  const auto response = co_await client->call<ApiVersionsResponse>(ApiVersionsRequest{}, 3);
  EXPECT_FALSE(response);
  if (!response) EXPECT_EQ(response.error().code, Errc::corrupt);
  EXPECT_FALSE(client->is_open());
}

TEST_P(ClientTest, a_wrong_correlation_id_ends_the_connection) {
  tell(be_lied_to);
}

env::Task<> lose_server(ClientRig& rig) {
  const auto client = co_await rig.connect("mute");
  env::Scope scope(rig.home());
  struct Stop {
    static env::Task<> run(ClientRig& r) {
      co_await r.server.stop(r.home().now() + milliseconds(50));
    }
  };
  scope.spawn(Stop::run(rig));
  const auto response = co_await client->call<ApiVersionsResponse>(ApiVersionsRequest{}, 3);
  EXPECT_FALSE(response);
  if (!response) EXPECT_EQ(response.error().code, Errc::closed);
  co_await scope.stop();
}

TEST_P(ClientTest, a_server_that_goes_away_fails_what_is_under_way) {
  tell(lose_server);
}

env::Task<> refuse(ClientRig& rig) {
  auto listener = rig.env.transport().listen({"127.0.0.1", 0}, rig.home()).value();
  const env::Endpoint nobody = listener->local();
  listener->close();
  const auto client = co_await Client::connect(rig.env.transport(), rig.home(), nobody, {});
  EXPECT_FALSE(client);
}

TEST_P(ClientTest, connecting_to_nobody_is_an_error) {
  tell(refuse);
}

INSTANTIATE_TEST_SUITE_P(Worlds, ClientTest, testing::ValuesIn(env::all_worlds), env::world_name);

}  // namespace
}  // namespace moldau::net
