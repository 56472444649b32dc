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
    for (const auto& plan : scenario_.groups[static_cast<std::size_t>(group)].members) {
      const int number = static_cast<int>(members.size());
      members.push_back(std::make_unique<GroupMember>(*bench_, actor++, group, number, plan));
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
  if (observer_) scope_->spawn(observer_->run());
  static_cast<void>(co_await env::sleep_until(env.workers().at(0), MonoTime::max()));
  co_await scope_->stop();
  scope_.reset();
  group_auditor_.reset();
  observer_.reset();
  groups_.clear();
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

bool Clients::are_groups_settled() const {
  return std::ranges::all_of(groups_, [this](const auto& members) {
    return std::ranges::all_of(members, [&](const auto& member) {
      const GroupMember::Proof& proof = member->proof();
      return proof.sent_at >= bench_->steady_since && proof.has_committed &&
             proof.generation == members.front()->proof().generation;
    });
  });
}

}  // namespace moldau::sim
