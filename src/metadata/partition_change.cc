#include "metadata/partition_change.h"

#include <algorithm>
#include <utility>

#include "metadata/features.h"

namespace moldau::metadata {
namespace {

using Nodes = std::vector<NodeId>;

constexpr NodeId no_leader_change{-2};

bool contains(const Nodes& nodes, NodeId node) {
  return std::ranges::find(nodes, node) != nodes.end();
}
bool contains_all(const Nodes& nodes, const Nodes& others) {
  return std::ranges::all_of(others, [&](NodeId node) { return contains(nodes, node); });
}
Nodes without(const Nodes& nodes, const Nodes& others) {
  Nodes result;
  std::ranges::copy_if(nodes, std::back_inserter(result),
                       [&](NodeId node) { return !contains(others, node); });
  return result;
}

class Change {
 public:
  Change(const PartitionRegistration& partition, PartitionTarget target,
         const PartitionPolicy& policy)
      : partition_(partition),
        policy_(policy),
        assigned_(std::move(target.directories)),
        isr_(std::move(target.isr).value_or(partition.isr)),
        replicas_(std::move(target.replicas).value_or(partition.replicas)),
        removing_(std::move(target.removing_replicas).value_or(partition.removing_replicas)),
        adding_(std::move(target.adding_replicas).value_or(partition.adding_replicas)),
        elr_(partition.eligible_leader_replicas),
        recovery_(target.leader_recovery_state.value_or(partition.leader_recovery_state)),
        unclean_shutdown_(std::move(target.unclean_shutdown_replicas)) {}

  protocol::PartitionChangeRecord make() {
    complete_reassignment();
    update_elr();
    elect();
    if (record_.leader == no_leader_change && !contains_all(replicas_, partition_.replicas)) {
      record_.leader = partition_.leader;  // a bumped epoch makes the dropped replicas stop
    }
    record_elr();
    if (!record_.isr && (!isr_.empty() || policy_.elr_enabled) && isr_ != partition_.isr) {
      record_.isr = isr_;
    }
    bump_epoch_on_shrink();
    record_last_known_leader();
    record_assignment();
    if (recovery_ != partition_.leader_recovery_state) {
      record_.leader_recovery_state = static_cast<std::int8_t>(recovery_);
    }
    return std::move(record_);
  }

 private:
  /// All replicas of the target are in the ISR: the old ones go.
  void complete_reassignment() {
    if (removing_.empty() && adding_.empty()) return;
    const Nodes new_replicas = without(replicas_, removing_);
    const Nodes new_isr = without(isr_, removing_);
    if (new_replicas.empty() || new_isr.empty() || !contains_all(new_isr, new_replicas)) return;
    replicas_ = new_replicas;
    isr_ = new_isr;
    removing_.clear();
    adding_.clear();
  }

  void update_elr() {
    if (!policy_.elr_enabled) return;
    if (static_cast<std::int32_t>(isr_.size()) >= policy_.min_isr) {
      elr_.clear();
      return;
    }
    Nodes candidates = elr_;
    for (const NodeId node : partition_.isr) {
      if (!contains(candidates, node)) candidates.push_back(node);
    }
    elr_ = without(without(candidates, isr_), unclean_shutdown_);
    std::ranges::sort(elr_);
  }

  bool may_lead(NodeId node) const {
    const bool has_everything = contains(isr_, node) || (isr_.empty() && contains(elr_, node));
    return has_everything && policy_.is_acceptable_leader(node);
  }
  bool may_elect_last_known_leader() const {
    return policy_.elr_enabled && elr_.empty() && isr_.empty() &&
           partition_.last_known_elr.size() == 1 &&
           policy_.is_acceptable_leader(partition_.last_known_elr[0]);
  }

  struct Elected {
    NodeId leader{no_node};
    bool unclean{false};
  };
  Elected choose() const {
    if (policy_.election == Election::preferred && may_lead(replicas_[0])) return {replicas_[0]};
    if (may_lead(partition_.leader)) return {partition_.leader};
    for (const NodeId node : replicas_) {
      if (may_lead(node)) return {node};
    }
    if (may_elect_last_known_leader()) return {partition_.last_known_elr[0], true};
    if (policy_.election == Election::unclean) {
      for (const NodeId node : replicas_) {
        if (policy_.is_acceptable_leader(node)) return {node, true};
      }
    }
    return {};
  }
  void elect() {
    const Elected elected = choose();
    if (elected.leader == partition_.leader) return;
    record_.leader = elected.leader;
    if (contains(elr_, elected.leader)) {
      isr_ = {elected.leader};
      elr_ = without(elr_, isr_);
    }
    if (elected.unclean) {
      record_.isr = Nodes{elected.leader};
      recovery_ = LeaderRecoveryState::recovering;
    }
  }

  void record_elr() {
    const bool clean = !record_.isr.has_value();
    if (!clean || !policy_.elr_enabled) elr_.clear();
    if (elr_ != partition_.eligible_leader_replicas) record_.eligible_leader_replicas = elr_;
  }

  /// Brokers of old versions needed a new epoch to notice a smaller ISR (KAFKA-15021).
  void bump_epoch_on_shrink() {
    if (policy_.metadata_version >= level::no_epoch_bump_on_shrink) return;
    if (record_.leader != no_leader_change || !record_.isr) return;
    if (!contains_all(*record_.isr, partition_.isr)) record_.leader = partition_.leader;
  }

  void record_last_known_leader() {
    if (!policy_.elr_enabled) return;
    if (record_.leader == no_node && partition_.last_known_elr.empty()) {
      record_.last_known_elr = Nodes{partition_.leader};
    } else if (record_.leader >= NodeId(0) && !partition_.last_known_elr.empty()) {
      record_.last_known_elr = Nodes{};
    }
  }

  void record_assignment() {
    if (policy_.metadata_version >= level::directories) {
      std::vector<Uuid> directories;
      for (const NodeId node : replicas_) directories.push_back(directory_of(node));
      if (directories != partition_.directories) record_.directories = std::move(directories);
    }
    if (replicas_ != partition_.replicas) record_.replicas = replicas_;
    if (removing_ != partition_.removing_replicas) record_.removing_replicas = removing_;
    if (adding_ != partition_.adding_replicas) record_.adding_replicas = adding_;
  }

  Uuid directory_of(NodeId node) const {
    const auto assigned = assigned_.find(node);
    if (assigned != assigned_.end()) return assigned->second;
    return partition_.has_replica(node) ? partition_.directory_of(node)
                                        : policy_.default_directory(node);
  }

  const PartitionRegistration& partition_;
  const PartitionPolicy& policy_;
  std::map<NodeId, Uuid> assigned_;
  Nodes isr_;
  Nodes replicas_;
  Nodes removing_;
  Nodes adding_;
  Nodes elr_;
  LeaderRecoveryState recovery_;
  Nodes unclean_shutdown_;
  protocol::PartitionChangeRecord record_;
};

bool is_no_op(const protocol::PartitionChangeRecord& record) {
  return !record.isr && record.leader == no_leader_change && !record.replicas &&
         !record.removing_replicas && !record.adding_replicas && record.leader_recovery_state < 0 &&
         !record.directories && !record.eligible_leader_replicas && !record.last_known_elr;
}

}  // namespace

std::optional<Record> change_partition(const Uuid& topic_id, PartitionId id,
                                       const PartitionRegistration& partition,
                                       PartitionTarget target, const PartitionPolicy& policy) {
  auto record = Change(partition, std::move(target), policy).make();
  if (is_no_op(record)) return std::nullopt;
  record.topic_id = topic_id;
  record.partition_id = id;
  return Record{std::move(record), partition_change_version(policy.metadata_version)};
}

}  // namespace moldau::metadata
