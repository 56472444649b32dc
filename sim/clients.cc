#include "sim/clients.h"

#include <algorithm>

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
}

env::Task<> Clients::live(env::Env& env) {
  scope_ = std::make_unique<env::Scope>(env.workers().at(0));
  scope_->spawn(watcher_->run());
  scope_->spawn(admin_->run());
  for (const auto& producer : producers_) scope_->spawn(producer->run());
  for (const auto& consumer : consumers_) scope_->spawn(consumer->run());
  static_cast<void>(co_await env::sleep_until(env.workers().at(0), MonoTime::max()));
  co_await scope_->stop();
  scope_.reset();
  producers_.clear();
  consumers_.clear();
  admin_.reset();
  auditor_.reset();
  watcher_.reset();
}

bool Clients::are_quiet() const {
  return std::ranges::all_of(producers_, &Producer::is_drained) &&
         std::ranges::all_of(consumers_, &Consumer::is_resting) && admin_->is_resting();
}

void Clients::probe() {
  auditor_->set_busy();
  scope_->spawn(auditor_->probe());
}

void Clients::audit() {
  auditor_->set_busy();
  scope_->spawn(auditor_->audit());
}

}  // namespace moldau::sim
