#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "frames.h"

namespace group_load {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

enum class Protocol : std::uint8_t { classic, consumer };

struct Group {
  std::string id;
  std::vector<Assigned> plan;  ///< the leader's, of the last round
};

/// One request under way; those of other members wait.
struct Connection {
  int socket = -1;
  std::string input;
  bool busy = false;
  std::size_t asking = 0;  ///< the member
  std::deque<std::pair<std::size_t, std::string>> queue;
};

/// One member, at most one request under way.
struct Member {
  enum class State : std::uint8_t { joins, syncs, works };

  Connection* connection = nullptr;
  Group* group = nullptr;
  std::string id;
  std::int32_t generation = 0;  ///< or its epoch
  State state = State::joins;
  bool leads = false;
  std::string owned;      ///< partitions as the broker wrote them, consumer protocol
  bool must_say = false;  ///< what it owns has changed since it last said so
  std::size_t partitions = 0;
  std::int64_t committed = 0;
  bool settled = false;

  bool waits = false;  ///< for an answer
  Api asked = Api::heartbeat;
  Time asked_at;
  Time heartbeat_at;
  Time commit_at;
  Time due_at;  ///< the earlier one; other entries in the queue are of before
};

/// The next request of a member that joins, or its heartbeat.
inline std::string next_request(Member& member, Protocol protocol, const std::string& topic) {
  const Group& group = *member.group;
  if (protocol == Protocol::consumer) {
    const std::string owned = member.must_say ? member.owned : std::string();
    member.must_say = false;
    member.asked = Api::consumer_heartbeat;
    return consumer_heartbeat_request(group.id, member.id, member.generation, topic, owned);
  }
  switch (member.state) {
    case Member::State::joins:
      member.asked = Api::join;
      return join_request(group.id, member.id, topic);
    case Member::State::syncs: {
      member.asked = Api::sync;
      const auto plan = member.leads ? group.plan : std::vector<Assigned>();
      return sync_request(group.id, member.generation, member.id, topic, plan);
    }
    case Member::State::works:
      break;
  }
  member.asked = Api::heartbeat;
  return heartbeat_request(group.id, member.generation, member.id);
}

constexpr std::int16_t none = 0;
constexpr std::int16_t rebalance_in_progress = 27;
constexpr std::int16_t member_id_required = 79;
constexpr std::int16_t stale_member_epoch = 113;

inline void join_again(Member& member) {
  member.state = Member::State::joins;
  member.partitions = 0;
}

/// Returns the error that the load cannot live with, or none.
inline std::int16_t on_join(Member& member, Reader reader) {
  reader.i32();
  const std::int16_t error = reader.i16();
  member.generation = reader.i32();
  reader.text();
  reader.text();
  const std::string leader(reader.text());
  reader.i8();
  const std::string id(reader.text());
  if (error == member_id_required) member.id = id;
  if (error != none) return error == member_id_required ? none : error;
  member.leads = leader == id;
  if (member.leads) {
    member.group->plan.clear();
    const auto count = static_cast<std::int32_t>(reader.count());
    for (std::int32_t i = 0; i < count; ++i) {
      member.group->plan.push_back({.member = std::string(reader.text()), .partition = i});
      reader.text();
      reader.text();
      reader.tags();
    }
  }
  member.state = Member::State::syncs;
  return none;
}

inline std::int16_t on_sync(Member& member, Reader reader) {
  reader.i32();
  const std::int16_t error = reader.i16();
  if (error == rebalance_in_progress) {
    join_again(member);
    return none;
  }
  reader.text();
  reader.text();
  member.partitions = reader.text().empty() ? 0 : 1;
  member.state = Member::State::works;
  return error;
}

inline std::int16_t on_heartbeat(Member& member, Reader reader) {
  reader.i32();
  const std::int16_t error = reader.i16();
  if (error == rebalance_in_progress) {
    join_again(member);
    return none;
  }
  return error;
}

/// `interval`: what the broker wants between two heartbeats.
inline std::int16_t on_consumer_heartbeat(Member& member, std::string_view body,
                                          std::int32_t& interval) {
  Reader reader(body);
  reader.i32();
  if (const auto error = reader.i16()) return error;
  reader.text();
  reader.text();
  member.generation = reader.i32();
  interval = reader.i32();
  member.state = Member::State::works;
  if (reader.i8() < 0) return none;
  Writer owned;
  member.partitions = 0;
  const std::size_t topics = reader.count();
  owned.count(topics);
  for (std::size_t i = 0; i < topics; ++i) {
    owned.out += reader.take(16);
    const std::size_t partitions = reader.count();
    owned.count(partitions).out += reader.take(4 * partitions);
    owned.tags();
    reader.tags();
    member.partitions += partitions;
  }
  member.must_say = owned.out != member.owned;
  member.owned = owned.out;
  return none;
}

}  // namespace group_load
