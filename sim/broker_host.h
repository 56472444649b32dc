#pragma once

#include <optional>
#include <string>

#include "broker/node.h"
#include "env/sim/world.h"
#include "sim/bench.h"

namespace moldau::sim {

/// Why a start may fail.
enum class Excuse : std::uint8_t { none, disk };

/// The simulated machine that the broker runs on, and the one who starts it again.
class BrokerHost {
 public:
  static constexpr std::uint16_t port = 9092;

  BrokerHost(env::SimWorld& world, env::SimNode& node, const Scenario& scenario, History& history);

  /// Only when down.
  void start();
  /// The machine loses power or the process is killed, now. Nothing if it is down or on its way.
  void crash(env::CrashKind kind, std::string why);
  /// SIGTERM.
  void stop();

  bool is_up() const { return node_.is_up(); }
  bool is_ready() const { return ready_; }
  /// It could not start, or its directory is offline, or its process has ended: somebody has to do
  /// something.
  bool needs_attention() const { return attention_; }
  /// It serves without a directory that has failed.
  bool is_half() const { return half_since_.has_value(); }
  int lives() const { return lives_; }
  /// While a fault of the disk is under way a start may fail.
  void excuse(Excuse excuse) { excuse_ = excuse; }
  /// And while what it can not do without is damaged.
  void excuse_damage(bool excused) { damage_excused_ = excused; }
  /// Its process has ended by itself, after a stop: the machine is idle.
  bool has_ended() const { return ended_; }
  env::SimNode& node() { return node_; }

 private:
  env::Task<> live(env::Env& env);
  void look_at(const broker::Node& node);

  env::SimWorld& world_;
  env::SimNode& node_;
  History& history_;
  const broker::BrokerConfig config_;
  const Duration half_lives_;
  int lives_{0};
  bool ready_{false};
  bool attention_{false};
  std::optional<MonoTime> half_since_;
  bool ended_{false};
  bool crashed_{false};  // in this life
  Excuse excuse_{Excuse::none};
  bool damage_excused_{false};
  std::string why_;
  env::Signal* stop_{nullptr};  // of the life under way
};

}  // namespace moldau::sim
