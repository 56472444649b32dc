#include "sim/clients.h"

#include <algorithm>
#include <ranges>

#include "sim/broker_host.h"

namespace moldau::sim {

Clients::Clients(env::SimNode& node, const Scenario& scenario, History& history, std::string broker)
    : node_(node), scenario_(scenario), history_(history), broker_(std::move(broker)) {}

void Clients::start() {
  env::Env& env = node_.start([this](env::Env& mine) { return live(mine); });
  bench_.emplace(Bench{.env = env,
                       .history = history_,
                       .scenario = scenario_,
                       .broker = {.host = broker_, .port = BrokerHost::port}});
  int actor = 0;
  // Each has an admin of its own.
  watcher_ = std::make_unique<Auditor>(*bench_, actor);
  auditor_ = std::make_unique<Auditor>(*bench_, actor + 2);
  actor += 4;
  admin_ = std::make_unique<Admin>(*bench_, actor++);
  for (const auto& plan : scenario_.producers) {
    producers_.push_back(std::make_unique<Producer>(*bench_, actor++, plan));
  }
  for (const auto& plan : scenario_.consumers) {
    consumers_.push_back(std::make_unique<Consumer>(*bench_, actor++, plan));
  }
  for (int group = 0; group < static_cast<int>(scenario_.groups.size()); ++group) {
    auto& members = groups_.emplace_back();
    auto& consumers = consumer_groups_.emplace_back();
    const GroupPlan& plan = scenario_.groups[static_cast<std::size_t>(group)];
    for (int number = 0; const MemberPlan& member : plan.members) {
      if (plan.by_epoch) {
        consumers.push_back(
            std::make_unique<ConsumerMember>(*bench_, actor++, group, number, member));
      } else {
        members.push_back(std::make_unique<GroupMember>(*bench_, actor++, group, number, member));
      }
      ++number;
    }
  }
  if (!scenario_.has_groups()) return;
  observer_ = std::make_unique<GroupObserver>(*bench_, actor++);
  group_auditor_ = std::make_unique<GroupObserver>(*bench_, actor++);
}

env::Task<> Clients::live(env::Env& env) {
  scope_ = std::make_unique<env::Scope>(env.workers().at(0));
  scope_->spawn(watcher_->run());
  scope_->spawn(admin_->run());
  for (const auto& producer : producers_) scope_->spawn(producer->run());
  for (const auto& consumer : consumers_) scope_->spawn(consumer->run());
  for (const auto& group : groups_) {
    for (const auto& member : group) scope_->spawn(member->run());
  }
  for (const auto& group : consumer_groups_) {
    for (const auto& member : group) scope_->spawn(member->run());
  }
  if (observer_) scope_->spawn(observer_->run());
  static_cast<void>(co_await env::sleep_until(env.workers().at(0), MonoTime::max()));
  co_await scope_->stop();
  scope_.reset();
  group_auditor_.reset();
  observer_.reset();
  groups_.clear();
  consumer_groups_.clear();
  producers_.clear();
  consumers_.clear();
  admin_.reset();
  auditor_.reset();
  watcher_.reset();
}

bool Clients::are_quiet() const {
  return std::ranges::all_of(producers_, &Producer::is_drained) &&
         std::ranges::all_of(consumers_, &Consumer::is_resting) && admin_->is_resting() &&
         std::ranges::all_of(groups_ | std::views::join, &GroupMember::is_resting) &&
         std::ranges::all_of(consumer_groups_ | std::views::join, &ConsumerMember::is_resting) &&
         (observer_ == nullptr || observer_->is_resting());
}

void Clients::probe() {
  auditor_->set_busy();
  scope_->spawn(auditor_->probe());
}

void Clients::audit() {
  auditor_->set_busy();
  scope_->spawn(auditor_->audit());
  if (!group_auditor_) return;
  group_auditor_->set_busy();
  scope_->spawn(group_auditor_->audit());
}

bool Clients::is_audited() const {
  return auditor_->is_idle() && (group_auditor_ == nullptr || group_auditor_->is_idle());
}

void Clients::settle_groups() {
  bench_->steady = true;
  bench_->steady_since = bench_->now();
}

/// And every partition has its one owner.
bool Clients::is_settled(const std::vector<std::unique_ptr<ConsumerMember>>& members) const {
  if (members.empty()) return true;
  OwnedPartitions owned;
  std::size_t sum = 0;
  for (const auto& member : members) {
    const MembershipProof& proof = member->proof();
    if (proof.sent_at < bench_->steady_since || !proof.has_committed) return false;
    if (proof.generation != members.front()->proof().generation) return false;
    owned.insert(member->owned().begin(), member->owned().end());
    sum += member->owned().size();
  }
  const Catalog& catalog = history_.catalog();
  const auto all = catalog.safe_partitions();
  return sum == owned.size() && std::ranges::all_of(all, [&](const PartitionRef where) {
           return owned.contains({catalog.at(where.topic).id, where.partition});
         });
}

bool Clients::are_groups_settled() const {
  const bool are_consumers = std::ranges::all_of(
      consumer_groups_, [this](const auto& members) { return is_settled(members); });
  if (!are_consumers) return false;
  return std::ranges::all_of(groups_, [this](const auto& members) {
    return std::ranges::all_of(members, [&](const auto& member) {
      const MembershipProof& proof = member->proof();
      return proof.sent_at >= bench_->steady_since && proof.has_committed &&
             proof.generation == members.front()->proof().generation;
    });
  });
}

}  // namespace moldau::sim
