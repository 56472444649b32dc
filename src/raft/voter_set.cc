#include "raft/voter_set.h"

#include <algorithm>

namespace moldau::raft {
namespace {

bool same(const ReplicaKey& a, const ReplicaKey& b) {
  return a.id == b.id &&
         (a.directory_id == b.directory_id || a.directory_id.is_zero() || b.directory_id.is_zero());
}

}  // namespace

VoterSet::VoterSet(std::vector<Voter> voters) : voters_(std::move(voters)) {
  std::ranges::sort(voters_, {}, [](const Voter& voter) { return voter.key.id; });
}

VoterSet VoterSet::from_record(const protocol::VotersRecord& record) {
  std::vector<Voter> voters;
  for (const auto& from : record.voters) {
    Voter voter{.key = {from.voter_id, from.voter_directory_id},
                .endpoints = {},
                .kraft_version_min = from.kraft_version_feature.min_supported_version,
                .kraft_version_max = from.kraft_version_feature.max_supported_version};
    for (const auto& endpoint : from.endpoints) {
      voter.endpoints.push_back({endpoint.name.str(), endpoint.host.str(), endpoint.port});
    }
    voters.push_back(std::move(voter));
  }
  return VoterSet(std::move(voters));
}

protocol::VotersRecord VoterSet::to_record() const {
  protocol::VotersRecord record;
  for (const Voter& voter : voters_) {
    protocol::VotersRecord::Voter to;
    to.voter_id = voter.key.id;
    to.voter_directory_id = voter.key.directory_id;
    for (const Endpoint& endpoint : voter.endpoints) {
      to.endpoints.push_back({Text(endpoint.name), Text(endpoint.host), endpoint.port});
    }
    to.kraft_version_feature = {voter.kraft_version_min, voter.kraft_version_max};
    record.voters.push_back(std::move(to));
  }
  return record;
}

const Voter* VoterSet::find(NodeId id) const {
  const auto found =
      std::ranges::find(voters_, id, [](const Voter& voter) { return voter.key.id; });
  return found == voters_.end() ? nullptr : &*found;
}

bool VoterSet::contains(const ReplicaKey& key) const {
  const Voter* voter = find(key.id);
  return voter != nullptr && same(voter->key, key);
}

VoterSet VoterSet::with_updated(const Voter& voter) const {
  VoterSet result = *this;
  for (Voter& old : result.voters_) {
    if (same(old.key, voter.key)) old = voter;
  }
  return result;
}

}  // namespace moldau::raft
