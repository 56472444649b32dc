#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/fetched_record.h"
#include "apps/cli/groups.h"

/// What `group explain` knows when it answers: plain values, so that the answer is a function.
namespace moldau::apps {

struct OpenTransaction {
  std::int64_t producer_id{0};
  std::int32_t producer_epoch{0};
  std::int64_t start_offset{0};
  std::int64_t last_timestamp_ms{-1};  ///< when it last wrote
};

/// A partition that a member has, that the group has committed, or that members subscribe to. The
/// group was looked at twice; `..._before` is of the first look.
struct PartitionFacts {
  TopicPartition partition;
  bool exists{true};
  bool has_leader{true};
  std::string refusal{};  ///< the error of its leader: "KAFKA_STORAGE_ERROR"; empty: it serves
  std::optional<std::int64_t> start{};
  std::optional<std::int64_t> end{};
  std::optional<std::int64_t> last_stable{};
  std::optional<std::int64_t> committed{};
  std::optional<std::int64_t> end_before{};
  std::optional<std::int64_t> committed_before{};
  std::optional<std::size_t> owner{};   ///< index into the members
  bool is_subscribed{false};            ///< by some member
  bool was_read{false};                 ///< so that no `next` means that there is none
  std::optional<FetchedRecord> next{};  ///< the first record that is not committed
  std::vector<OpenTransaction> open{};  ///< that hold the last stable offset

  std::int64_t lag() const {
    return committed && end ? std::max<std::int64_t>(0, *end - *committed) : 0;
  }
};

/// What a Moldau broker tells at `/groups/NAME` beyond Kafka's APIs; all times in its clock.
struct CoordinatorView {
  struct Member {
    std::string id;
    std::string client;  ///< "billing-app at 10.0.0.1"
    std::string doing;
    std::optional<std::int64_t> heard_ms_ago;
    std::int64_t session_timeout_ms{0};
  };
  struct Wait {
    std::string member;
    std::string client;
    std::string what;
    std::vector<std::string> partitions;
    std::optional<std::int64_t> for_ms;
    std::optional<std::int64_t> left_ms;
  };
  struct Event {
    std::int64_t time_ms{0};
    std::int64_t last_time_ms{0};
    std::int64_t count{1};
    std::string event;  ///< "session_timeout"
    std::string cause;  ///< of a rebalance
    std::string member;
    std::string client;
    std::string text;
  };

  std::int64_t time_ms{0};
  std::int64_t loaded_at_ms{0};
  std::string state;
  std::int64_t generation{0};
  std::optional<std::int64_t> state_for_ms;
  std::vector<Member> members;
  std::vector<Wait> waits_for;
  std::vector<Event> timeline;  ///< the oldest first
};

struct GroupFacts {
  std::string id;
  std::int64_t now_ms{0};
  std::int64_t looked_for_ms{0};    ///< between the two looks; 0: there was one
  std::string coordinator_problem;  ///< why nothing is known: "COORDINATOR_NOT_AVAILABLE"
  std::vector<std::int32_t> offsets_partitions_without_leader;  ///< of __consumer_offsets
  std::optional<GroupDescription> group;    ///< null: there is no such group, or a problem
  std::vector<PartitionFacts> partitions;   ///< sorted
  std::vector<std::string> missing_topics;  ///< subscribed to, and not there
  std::optional<CoordinatorView> view;  ///< null: no Moldau broker, or its page is not reachable
  std::optional<std::int64_t> offsets_retention_ms;
};

}  // namespace moldau::apps
