#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/effort_test.h"
#include "base/prng.h"
#include "base/scenario_test.h"
#include "coordinator/group/consumer/consumer_commands_test.h"

namespace moldau::coordinator {
namespace {

using Partition = std::pair<Uuid, PartitionId>;
using Partitions = std::set<Partition>;

/// Clients that keep to the protocol, each at its own pace, with answers that get lost, topics that
/// change, members that fall silent and coordinators that are loaded anew.
///
/// A client uses what it is given at once, and gives up what it is to give up only later. So what
/// two of them use is never the same partition, if neither has been fenced.
class ConsumerChaos : public ConsumerCommands {
 public:
  explicit ConsumerChaos(std::uint64_t seed) : prng_(seed) {
    run_line(fmt::format(
        "new consumer-session=20000 consumer-max-size={} assignors={} "
        "step-bytes={} retention=60000 sweep=20000",
        pick({"3", "100"}), pick({"uniform,range", "range,uniform"}), pick({"300", "100000"})));
    run_line("topic t1 partitions=4");
    run_line("topic t2 partitions=3");
  }

  void step() {
    const std::string name = fmt::format("c{}", prng_.below(5));
    Client& client = clients_of_group_[name];
    switch (prng_.below(16)) {
      case 0:
        return run_line(fmt::format("topic {} partitions={}", pick({"t1", "t2", "t3"}),
                                    pick({"0", "1", "4", "5", "7"})));
      case 1:
        return run_line(fmt::format("wait ms={}", prng_.below(8'000)));
      case 2:
        return client.joined ? go(name, client) : join(name, client);
      case 3:
        return run_line(
            pick({"load", "wall ms=11000", "wait ms=0", "delete", "beat c9 epoch=3",
                  "commit offsets=t1/0/1", "leave members=c3", "join x", "join x member=ghost"}));
      case 4:
      case 5:
      case 6:
      case 7:
        return give_up(client);
      default:
        return client.joined ? beat(name, client) : join(name, client);
    }
  }

  void expect_nobody_shares() {
    std::map<Partition, std::string> users;
    const auto described = machine().consumer_describe(context(), group_).reply;
    for (const auto& member : described->members) {
      for (const Partition& partition : clients_of_group_[member.member_id.str()].uses) {
        const auto [at, is_first] = users.emplace(partition, member.member_id.str());
        EXPECT_TRUE(is_first) << at->second << " and " << member.member_id.view() << " use t"
                              << partition.first.least() << "/" << partition.second.value();
      }
    }
  }

  /// When topics stay as they are and everybody does its part, the group comes to rest, and every
  /// partition of a topic that somebody wants is in use.
  void expect_convergence() {
    run_line("topic t1 partitions=4");
    for (const std::string name : {"c0", "c1"}) join(name, clients_of_group_[name]);
    for (int round = 0; round < 30; ++round) {
      for (auto& [name, client] : clients_of_group_) {
        if (client.joined) beat(name, client, /*may_lose=*/false);
        give_up(client);
      }
      run_line("wait ms=1000");
    }
    const auto described = machine().consumer_describe(context(), group_).reply;
    if (described->members.empty()) return;
    EXPECT_EQ(described->group_state, "Stable");
    for (const auto& member : described->members) {
      Partitions target;
      for (const auto& topic : member.target_assignment.topic_partitions) {
        for (const PartitionId p : topic.partitions) target.emplace(topic.topic_id, p);
      }
      const Client& client = clients_of_group_[member.member_id.str()];
      if (client.joined) EXPECT_EQ(client.uses, target) << member.member_id.view();
    }
  }

  /// Everybody falls silent: nothing is left.
  void expect_rest() {
    run_line("wait ms=3600000");
    EXPECT_EQ(machine().member_count(), 0U);
    EXPECT_EQ(machine().group_count(), 0U);
    EXPECT_EQ(machine().offset_count(), 0U);
  }

  std::string story() const { return fmt::format("{}", fmt::join(lines_, "\n")); }

 private:
  struct Client {
    bool joined{false};
    Partitions uses;
    Partitions given;  ///< by the last answer that said
    std::string subscription;
    bool says_all{false};  ///< as the last answer got lost
  };

  std::string pick(const std::vector<std::string>& choices) {
    return choices[prng_.below(choices.size())];
  }
  static std::string instance(const std::string& name) {
    return name == "c0" || name == "c1" ? " instance=" + name : "";
  }
  std::string subscription() {
    return pick({"names=t1", "names=t1+t2", "names=t2+t3", "names=none", "names=none regex=t[12]",
                 "names=t3 regex=t.*", "names=t1 regex=none"});
  }
  static std::string write(const Partitions& partitions) {
    std::string text;
    for (const auto& [topic, partition] : partitions) {
      text += fmt::format("{}t{}:{}", text.empty() ? "" : ";", topic.least(), partition);
    }
    return text.empty() ? "none" : text;
  }

  void join(const std::string& name, Client& client) {
    client = {.subscription = subscription()};
    run_line(fmt::format("come {} {} rebalance={}{}{}", name, client.subscription,
                         pick({"3000", "60000"}), instance(name),
                         pick({"", "", " assignor=range"})));
    take(name, client);
  }

  void beat(const std::string& name, Client& client, bool may_lose = true) {
    std::string line = "beat " + name + instance(name);
    const bool changes = may_lose && prng_.below(6) == 0;
    if (changes) client.subscription = subscription();
    if (client.says_all || prng_.below(3) != 0 || !may_lose) line += " owned=" + write(client.uses);
    if (client.says_all) line += " rebalance=60000";
    if (client.says_all || changes) line += " " + client.subscription;
    client.says_all = may_lose && prng_.below(6) == 0;
    const Told before = told_[name];
    run_line(line);
    if (client.says_all) {
      told_[name] = before;
    } else {
      take(name, client);
    }
  }

  void go(const std::string& name, Client& client) {
    client = {};
    run_line(fmt::format("go {}{}{}", name, instance(name), pick({"", " for=while"})));
    told_[name] = {};
  }

  void give_up(Client& client) {
    std::erase_if(client.uses, [&](const Partition& p) { return !client.given.contains(p); });
  }

  /// The client learns what it was told.
  void take(const std::string& name, Client& client) {
    const Told& told = told_[name];
    if (told.error != protocol::ErrorCode::none) {
      client = {};
      told_[name] = {};
      return;
    }
    client.joined = true;
    if (!told.was_told) return;
    client.given.clear();
    for (const auto& topic : parse_partitions(told.assignment)) {
      for (const PartitionId p : topic.partitions) client.given.emplace(topic.topic_id, p);
    }
    client.uses.insert(client.given.begin(), client.given.end());
  }

  void run_line(const std::string& line) {
    lines_.push_back(line);
    run(scenario::parse_command(line));
    expect_nobody_shares();
  }

  Prng prng_;
  std::map<std::string, Client> clients_of_group_;
  std::vector<std::string> lines_;
};

TEST(ConsumerGroupChaos, never_lets_two_members_use_a_partition_and_comes_to_rest) {
  for (std::uint64_t seed = 1; seed <= (is_sanitized ? 4U : 60U); ++seed) {
    ConsumerChaos chaos(seed);
    for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) chaos.step();
    if (!testing::Test::HasFailure()) chaos.expect_convergence();
    if (!testing::Test::HasFailure()) chaos.expect_rest();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << "\n" << chaos.story();
  }
}

}  // namespace
}  // namespace moldau::coordinator
