#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/uuid.h"
#include "protocol/records/raft_records.h"

namespace moldau::raft {

/// kraft.version levels that we speak: 0 is a static quorum, 1 a dynamic one (KIP-853).
inline constexpr std::int16_t kraft_version_min = 0;
inline constexpr std::int16_t kraft_version_max = 1;

/// One replica of the metadata log: a node on one disk. A node with another disk is another voter.
struct ReplicaKey {
  NodeId id{no_node};
  Uuid directory_id{};  ///< zero: not known (kraft.version 0)
  bool operator==(const ReplicaKey&) const = default;
};

struct Endpoint {
  std::string name;  ///< of the listener
  std::string host;
  std::uint16_t port{0};
  bool operator==(const Endpoint&) const = default;
};

struct Voter {
  ReplicaKey key;
  std::vector<Endpoint> endpoints;
  std::int16_t kraft_version_min{raft::kraft_version_min};
  std::int16_t kraft_version_max{raft::kraft_version_max};
  bool operator==(const Voter&) const = default;
};

/// Who decides what is committed. A value; ordered by node id.
class VoterSet {
 public:
  VoterSet() = default;
  explicit VoterSet(std::vector<Voter> voters);
  static VoterSet from_record(const protocol::VotersRecord& record);
  protocol::VotersRecord to_record() const;

  const std::vector<Voter>& voters() const { return voters_; }
  bool empty() const { return voters_.empty(); }
  std::size_t size() const { return voters_.size(); }
  /// Null if the node is not a voter.
  const Voter* find(NodeId id) const;
  /// The node with that directory; without a directory id on either side the node's id is enough.
  bool contains(const ReplicaKey& key) const;
  bool is_only_voter(const ReplicaKey& key) const { return size() == 1 && contains(key); }
  /// With the voter of the same key replaced by this one.
  VoterSet with_updated(const Voter& voter) const;

  bool operator==(const VoterSet&) const = default;

 private:
  std::vector<Voter> voters_;
};

}  // namespace moldau::raft
