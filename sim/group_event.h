#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "protocol/error_code.h"
#include "sim/catalog.h"

/// What members of groups, and observers of their offsets, do and see. Groups go by number.
namespace moldau::sim {

/// "group-0": of the scenario. The observer's own, without members, is the one behind them.
std::string group_name(int group);

/// As whom somebody speaks to a group: nobody in particular, without a generation.
struct GroupIdentity {
  std::string member_id;
  std::string instance_id;  ///< empty: not static
  std::int32_t generation{-1};
  bool by_epoch{false};  ///< of the consumer protocol: the generation is its member epoch

  /// The one of that id, or an earlier one of the same static member: it has left its assignment to
  /// this one. (The ids of static members begin with their instance ids.)
  bool is_or_replaces(const std::string& other_id) const {
    return other_id == member_id ||
           (!instance_id.empty() && other_id.starts_with(instance_id + "-"));
  }
};

/// An offset goes out to be committed, for one partition, with the commit's number as its metadata.
/// Ends as one of the next two.
struct CommitSent {
  MonoTime at;
  int commit{0};  ///< unique in the run
  int group{-1};
  PartitionRef where;
  std::optional<Offset> offset;  ///< null: to be deleted
  GroupIdentity as;
};
struct CommitAnswered {
  MonoTime at;
  MonoTime sent_at{};
  int commit{0};
  int group{-1};
  PartitionRef where;
  protocol::ErrorCode error{};
  GroupIdentity as;
};
struct CommitLost {
  MonoTime at;
  int commit{0};
  int group{-1};
  PartitionRef where;
};
/// OffsetFetch, for one partition.
struct OffsetTold {
  MonoTime at;
  MonoTime asked_at{};
  int group{-1};
  PartitionRef where;
  Offset offset{no_offset};
  int commit{0};  ///< from its metadata; 0: none, -1: not of our making
};

struct GroupJoined {
  MonoTime at;
  MonoTime asked_at{};
  int group{-1};
  GroupIdentity as;
  bool leads{false};
};
/// Topics by name, as in the bytes.
using AssignedPartitions = std::vector<std::pair<std::string, int>>;
struct AssignmentSent {
  MonoTime at;
  int group{-1};
  std::int32_t generation{-1};
  int assignment{0};                               ///< unique in the run, and in the bytes
  std::map<std::string, AssignedPartitions> to{};  ///< by member id
};
struct AssignmentTold {
  MonoTime at;
  int group{-1};
  GroupIdentity as;
  int assignment{0};  ///< 0: no bytes
  AssignedPartitions partitions{};
};

// --- The consumer protocol ----------------------------------------------------------------------

/// By topic id.
using OwnedPartition = std::pair<Uuid, int>;
using OwnedPartitions = std::set<OwnedPartition>;
/// A heartbeat was taken.
struct EpochTold {
  MonoTime at;
  MonoTime sent_at{};
  int group{-1};
  GroupIdentity as;  ///< with the epoch that it was told
  bool joins{false};
  OwnedPartitions owned{};                    ///< when it was sent
  std::optional<OwnedPartitions> assigned{};  ///< null: as before
};
/// From here on it does not own them; the group does not know yet.
struct PartitionsReleased {
  MonoTime at;
  int group{-1};
  GroupIdentity as;
  OwnedPartitions partitions{};
};

}  // namespace moldau::sim
