#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/effort_test.h"
#include "base/prng.h"
#include "base/scenario_test.h"
#include "coordinator/group/groups_commands_test.h"

namespace moldau::coordinator {
namespace {

/// Clients that do anything at any time, with what they know and with what they should not.
class Chaos : public GroupsCommands {
 public:
  explicit Chaos(std::uint64_t seed) : prng_(seed) {
    run_line(fmt::format("new delay={} max-size={} retention=60000 sweep=20000 step-bytes={}",
                         pick({"0", "3000"}), pick({"3", "100"}), pick({"300", "100000"})));
  }

  void step() {
    const std::string client = fmt::format("c{}", prng_.below(5));
    const std::string at = client + pick({"", " group=h"});
    switch (prng_.below(12)) {
      case 0:
      case 1:
      case 2:
        return run_line(join(client, at));
      case 3:
      case 4:
        return run_line(fmt::format(
            "sync {} type=none name=none version={} assign={}:1,c0:2,c1:{}{}", at, prng_.below(5),
            client, std::string(prng_.below(200), 'x'), pick({"", "", " generation=1"})));
      case 5:
        return run_line(fmt::format("heartbeat {}{}", at, instance(client)));
      case 6:
        return run_line(fmt::format("leave {} version={}", at, prng_.below(6)));
      case 7:
        return run_line(fmt::format("commit {} offsets=t1/{}/{},t2/0/1{}", at, prng_.below(3),
                                    prng_.below(100), instance(client)));
      case 8:
        return run_line(pick({"delete", "delete group=h", "topic-deleted t1",
                              "delete-offsets partitions=t1/0,t2/0", "commit offsets=t3/0/1",
                              "commit offsets=t3/0/1 retention=5000 version=3"}));
      case 9:
        return run_line(pick({"load", "wait ms=0", "wait ms=0", "wait ms=0"}));
      default:
        return run_line(fmt::format("wait ms={}", prng_.below(4'000)));
    }
  }

  /// When everybody has gone silent nobody waits any more, and nobody is a member.
  void expect_rest() {
    run_line("wait ms=3600000");
    EXPECT_TRUE(parked_.empty());
    EXPECT_EQ(machine().member_count(), 0U);
    EXPECT_EQ(machine().group_count(), 0U);
    EXPECT_EQ(machine().offset_count(), 0U);
  }

  std::string story() const { return fmt::format("{}", fmt::join(lines_, "\n")); }

 private:
  std::string pick(const std::vector<std::string>& choices) {
    return choices[prng_.below(choices.size())];
  }
  static std::string instance(const std::string& client) {
    return client == "c0" || client == "c1" ? " instance=" + client : "";
  }
  std::string join(const std::string& client, const std::string& at) {
    return fmt::format("join {} version={} session={} rebalance={} protocols={}{}{}", at,
                       prng_.below(10), 6'000 + prng_.below(6'000), pick({"0", "4000", "30000"}),
                       pick({"range:t1", "range:t1", "range:t2,sticky:t1", "sticky:*x,range:t1"}),
                       instance(client), pick({"", "", " member=none"}));
  }
  void run_line(const std::string& line) {
    lines_.push_back(line);
    run(scenario::parse_command(line));
  }

  Prng prng_;
  std::vector<std::string> lines_;
};

TEST(GroupsChaos, ends_with_no_answer_owed_and_nothing_left) {
  for (std::uint64_t seed = 1; seed <= effort(200U); ++seed) {
    Chaos chaos(seed);
    for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i) chaos.step();
    chaos.expect_rest();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << "\n" << chaos.story();
  }
}

}  // namespace
}  // namespace moldau::coordinator
