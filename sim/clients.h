#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "env/sim/world.h"
#include "sim/admin.h"
#include "sim/auditor.h"
#include "sim/consumer.h"
#include "sim/groups/consumer_member.h"
#include "sim/groups/member.h"
#include "sim/groups/observer.h"
#include "sim/producer.h"

namespace moldau::sim {

/// The machine that all clients run on. It does not crash: what clients saw is what counts.
class Clients {
 public:
  Clients(env::SimNode& node, const Scenario& scenario, History& history, std::string broker);

  void start();
  void stop() { node_.stop(); }
  bool is_up() const { return node_.is_up(); }

  Bench& bench() { return *bench_; }
  /// Nobody writes any more, and nobody but the auditor reads.
  bool are_quiet() const;
  Auditor& auditor() { return *auditor_; }
  /// Starts the auditor's task; it is over when he is idle.
  void probe();
  void audit();
  bool is_audited() const;
  /// From now on no member leaves its group of its own will.
  void settle_groups();
  /// Since then every member has been heard of in one generation of its group, and has committed.
  bool are_groups_settled() const;

 private:
  env::Task<> live(env::Env& env);
  bool is_settled(const std::vector<std::unique_ptr<ConsumerMember>>& members) const;

  env::SimNode& node_;
  const Scenario& scenario_;
  History& history_;
  const std::string broker_;
  std::optional<Bench> bench_;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Auditor> watcher_;                               // looks after each start
  std::unique_ptr<Auditor> auditor_;                               // works on demand
  std::vector<std::vector<std::unique_ptr<GroupMember>>> groups_;  // their members
  std::vector<std::vector<std::unique_ptr<ConsumerMember>>> consumer_groups_;
  std::unique_ptr<GroupObserver> observer_;       // null: there are no groups
  std::unique_ptr<GroupObserver> group_auditor_;  // works on demand
  std::unique_ptr<env::Scope> scope_;
};

}  // namespace moldau::sim
