#pragma once

#include "sim/broker_host.h"
#include "sim/clients.h"
#include "sim/damage.h"

namespace moldau::sim {

/// Breaks things as planned, and takes the broker's machine up again after everything.
class Faults {
 public:
  Faults(env::SimWorld& world, BrokerHost& host, const Scenario& scenario, History& history);

  void inject(const PlannedFault& fault);
  /// Lets time pass and starts the broker again whenever it is down or of no more use. Ends early
  /// when a checker has found something.
  void pass(Duration duration);
  /// As pass, until `done()`. False if it was not by then.
  bool pass_until(const std::function<bool()>& done, Duration bound);
  /// Nothing breaks from here on; what was to break and did not, goes away with a power cut.
  void heal();
  void power_cut(std::string why);

 private:
  void attend();
  void break_disk(const PlannedFault& fault);
  void break_network(const PlannedFault& fault);
  void damage(const PlannedFault& fault);
  void fill_disk(const PlannedFault& fault);
  void step_clock(const PlannedFault& fault);
  void later(Duration delay, std::string_view what, std::function<void()> job);
  void note(std::string what);

  env::SimWorld& world_;
  BrokerHost& host_;
  const Scenario& scenario_;
  History& history_;
  Damage damage_;
  std::vector<std::uint64_t> damage_when_down_;  // chances
  Prng prng_;
  const std::uint64_t capacity_;
  const env::Latency latency_;
  int crashes_in_start_left_;
  Duration clock_offset_{0};
  bool armed_{false};        // something may still break that no power cut has taken away
  bool disk_failed_{false};  // or is about to: a restart has to be a reboot
  bool healed_{false};
};

}  // namespace moldau::sim
