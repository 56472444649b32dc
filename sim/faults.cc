#include "sim/faults.h"

#include "env/sim/schedule.h"

namespace moldau::sim {

using env::CrashKind;
using env::DiskOp;

namespace {
constexpr std::uint64_t operations_before_crash_max = 300;
constexpr std::uint64_t operations_of_start_max = 400;
constexpr std::uint64_t crash_in_start_per_million = 250'000;
constexpr std::uint64_t space_left_max = 40'000;  // around the reserve
constexpr int broker_node = 0;
constexpr int client_node = 1;

/// Where the machine goes down, after all that it can still do has happened.
constexpr Duration down_within = std::chrono::minutes(2);
}  // namespace

Faults::Faults(env::SimWorld& world, BrokerHost& host, const Scenario& scenario, History& history)
    : world_(world),
      host_(host),
      scenario_(scenario),
      history_(history),
      damage_(world, host, history),
      prng_(world.chance_of("faults")),
      capacity_(scenario.world.disk.capacity_bytes),
      latency_(scenario.world.network.latency),
      crashes_in_start_left_(scenario.budget.crashes_in_start_max) {}

void Faults::note(std::string what) {
  history_.add(FaultInjected{world_.now(), std::move(what)});
}

void Faults::later(Duration delay, std::string_view what, std::function<void()> job) {
  world_.schedule().at(world_.now() + delay, env::trace_id("faults"), what,
                       [job = std::move(job)] { job(); });
}

void Faults::inject(const PlannedFault& fault) {
  switch (fault.kind) {
    case FaultKind::power_cut:
      return power_cut("power cut");
    case FaultKind::kill:
      note("kill");
      return host_.crash(CrashKind::kill, "killed");
    case FaultKind::clean_stop:
      note("stop");
      return host_.stop();
    case FaultKind::clock_step:
      return step_clock(fault);
    case FaultKind::connection_reset:
    case FaultKind::cut_network:
    case FaultKind::slow_network:
      return break_network(fault);
    case FaultKind::full_disk:
      return fill_disk(fault);
    case FaultKind::damage_while_down:
    case FaultKind::damage_at_rest:
      return damage(fault);
    default:
      return break_disk(fault);
  }
}

void Faults::power_cut(std::string why) {
  note(why);
  host_.crash(CrashKind::power_cut, std::move(why));
}

void Faults::break_disk(const PlannedFault& fault) {
  env::SimDiskState& disk = host_.node().disk();
  armed_ = true;
  const std::uint64_t chance = fault.chance;
  const auto up_to = [chance](Duration most) {
    return Duration(1 + static_cast<std::int64_t>(chance >> 8) % most.count());
  };
  note(std::string(name(fault.kind)));
  switch (fault.kind) {
    case FaultKind::power_cut_in_work:
      disk.after_operations(1 + chance % operations_before_crash_max, [this] {
        host_.crash(CrashKind::power_cut, "power cut in an operation of the disk");
      });
      break;
    case FaultKind::failed_sync:
      disk_failed_ = true;
      host_.excuse(Excuse::disk);
      disk.fail_next(chance % 4 == 0 ? DiskOp::sync_names : DiskOp::sync);
      break;
    case FaultKind::failed_write:
      disk_failed_ = true;
      host_.excuse(Excuse::disk);
      disk.fail_next(DiskOp::write);
      break;
    case FaultKind::failed_read:
      host_.excuse(Excuse::disk);
      disk.fail_next(DiskOp::read);
      break;
    case FaultKind::slow_disk:
      disk.slow_down(world_.now() + up_to(std::chrono::seconds(3)),
                     milliseconds(1 + static_cast<std::int64_t>(chance % 30)));
      break;
    case FaultKind::stalled_write:
      disk.stall_next(DiskOp::write, scenario_.budget.stall_max, ".log");
      break;
    default:
      disk.stall_next(DiskOp::sync, up_to(scenario_.budget.stall_max / 3));
      break;
  }
}

void Faults::damage(const PlannedFault& fault) {
  if (fault.kind == FaultKind::damage_at_rest) {
    return damage_.strike(fault.chance, Damage::When::running);
  }
  damage_when_down_.push_back(fault.chance);
  power_cut("power cut with damage");
}

void Faults::fill_disk(const PlannedFault& fault) {
  env::SimDiskState& disk = host_.node().disk();
  const std::uint64_t left = fault.chance % space_left_max;
  note(fmt::format("{} bytes of space left", left));
  disk.set_capacity(disk.used_bytes() + left);
  host_.excuse(Excuse::disk);
  armed_ = true;
  later(milliseconds(100 + static_cast<std::int64_t>((fault.chance >> 32) % 2'000)), "space",
        [this] {
          if (!healed_) note("space is back");
          host_.node().disk().set_capacity(capacity_);
        });
}

void Faults::step_clock(const PlannedFault& fault) {
  const std::int64_t most = scenario_.budget.clock_step_max.count();
  const Duration target((static_cast<std::int64_t>(fault.chance >> 1) % most) *
                        ((fault.chance & 1) != 0 ? 1 : -1));
  note(fmt::format("wall clock steps to {} s off", to_ms(target) / 1000));
  host_.node().step_wall(target - clock_offset_);
  clock_offset_ = target;
  history_.add(ClockStepped{world_.now(), target});
}

void Faults::break_network(const PlannedFault& fault) {
  env::SimNetwork& network = world_.network();
  const Duration until = milliseconds(50 + static_cast<std::int64_t>((fault.chance >> 8) % 3'000));
  const std::uint64_t form = fault.chance % 4;
  note(std::string(name(fault.kind)));
  if (fault.kind == FaultKind::connection_reset) {
    if (form == 0) network.reset_connections(broker_node, client_node);
    if (form != 0) network.reset_one();
  } else if (fault.kind == FaultKind::cut_network) {
    if (form != 0) network.cut(broker_node, client_node);
    if (form != 1) network.cut(client_node, broker_node);
    later(until, "heal", [&network] { network.heal_all(); });
  } else {
    network.options().latency.most = milliseconds(5 + static_cast<std::int64_t>(form) * 60);
    later(until, "heal", [this, &network] { network.options().latency = latency_; });
  }
}

void Faults::heal() {
  healed_ = true;
  world_.network().heal_all();
  world_.network().options().latency = latency_;
  host_.node().disk().set_capacity(capacity_);
  const bool is_damaged = damage_.is_any() || !damage_when_down_.empty();
  if (!armed_ && !is_damaged && !host_.needs_attention() && !host_.is_half()) return;
  power_cut("power cut, so that nothing of the faults is left");
  // Its program may end before the machine is down: then it is attended to at once.
  const int lives = host_.lives();
  pass_until([this, lives] { return !host_.is_up() || host_.lives() != lives; }, down_within);
  armed_ = false;
  host_.excuse(Excuse::none);
}

void Faults::pass(Duration duration) {
  bool over = false;
  later(duration, "pass", [&over] { over = true; });
  while (history_.is_good()) {
    world_.run_until(
        [&] { return over || !host_.is_up() || host_.needs_attention() || !history_.is_good(); });
    if (over) return;
    attend();
  }
  // The event refers to this call.
  world_.run_until([&over] { return over; });
}

bool Faults::pass_until(const std::function<bool()>& done, Duration bound) {
  const MonoTime deadline = world_.now() + bound;
  while (history_.is_good()) {
    if (done()) return true;
    const bool changed = world_.run_until(
        [&] { return done() || !host_.is_up() || host_.needs_attention() || !history_.is_good(); },
        deadline);
    if (!changed) return false;
    if (!done()) attend();
  }
  return true;  // no further complaint
}

/// The machine goes down if it is of no use, and up again after a while.
void Faults::attend() {
  if (host_.is_up() && host_.has_ended()) {
    host_.node().stop();
  } else if (host_.is_up() && host_.needs_attention()) {
    host_.crash(CrashKind::power_cut, "its disk is no good, or it did not start");
  } else if (host_.is_up()) {
    return;  // a checker has complained: the run is over
  }
  const bool is_down =
      world_.run_until([this] { return !host_.is_up(); }, world_.now() + down_within);
  if (!is_down) {
    history_.add(BoundMissed{world_.now(), "the broker's program does not end"});
    return;
  }
  const Duration down(prng_.between(0, scenario_.budget.down_max.count()));
  if (!healed_) world_.run_for(down);
  // Also when its program was killed or has ended by itself meanwhile.
  if (healed_ || disk_failed_) host_.node().disk().crash();
  for (const std::uint64_t chance : std::exchange(damage_when_down_, {})) {
    if (!healed_) damage_.strike(chance, Damage::When::down);
  }
  if (healed_) damage_.mend();
  host_.start();
  if (healed_ || crashes_in_start_left_ == 0 || !prng_.chance(crash_in_start_per_million)) return;
  --crashes_in_start_left_;
  host_.node().disk().after_operations(1 + prng_.below(operations_of_start_max), [this] {
    host_.crash(CrashKind::power_cut, "power cut while it started");
  });
}

}  // namespace moldau::sim
