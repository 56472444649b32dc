#include "sim/broker_host.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::sim {

namespace {
/// How often somebody looks whether the directory is still there.
constexpr Duration look_every = milliseconds(20);
constexpr Duration stop_within = std::chrono::seconds(10);

broker::BrokerConfig make_config(const Scenario& scenario) {
  Properties properties = embedded_properties(directory_path(0));
  for (int more = 1; more < scenario.directories; ++more) {
    properties["log.dirs"] += "," + directory_path(more);
  }
  properties["flush.strategy"] = scenario.flush_strategy;
  // Small, like everything here: a full disk has to get past the reserve to be felt.
  properties["log.dir.min.free.bytes"] = "16384";
  properties["auto.create.topics.enable"] = "false";
  properties["group.min.session.timeout.ms"] = "100";
  properties["group.initial.rebalance.delay.ms"] =
      fmt::format("{}", to_ms(scenario.initial_rebalance_delay));
  for (const char* const bound : {"", "min.", "max."}) {
    const auto set = [&](const char* what, Duration value) {
      properties[fmt::format("group.consumer.{}{}.ms", bound, what)] =
          fmt::format("{}", to_ms(value));
    };
    set("session.timeout", scenario.consumer_session);
    set("heartbeat.interval", scenario.consumer_heartbeat);
    set("assignment.interval", scenario.consumer_assignment);
  }
  properties["offsets.topic.num.partitions"] = fmt::format("{}", scenario.offsets_partitions);
  properties["log.cleaner.backoff.ms"] = fmt::format("{}", to_ms(scenario.cleaner_backoff));
  properties["log.retention.check.interval.ms"] =
      fmt::format("{}", to_ms(scenario.retention_check));
  properties["log.initial.task.delay.ms"] = "0";
  auto values = StaticConfig::make(properties);
  CHECK(values.has_value(), "{}", values.error().to_string());
  auto config = broker::BrokerConfig::make(*std::move(values));
  CHECK(config.has_value(), "{}", config.error().to_string());
  config->open_log_files_max = scenario.open_files_max;
  config->scrub_first_after = scenario.scrub_every;
  config->scrub_interval = scenario.scrub_every;
  config->housekeeping_ms = to_ms(scenario.housekeeping);
  return *std::move(config);
}
}  // namespace

BrokerHost::BrokerHost(env::SimWorld& world, env::SimNode& node, const Scenario& scenario,
                       History& history)
    : world_(world),
      node_(node),
      history_(history),
      config_(make_config(scenario)),
      half_lives_(scenario.half_lives) {}

void BrokerHost::start() {
  ++lives_;
  attention_ = false;
  half_since_.reset();
  ended_ = false;
  crashed_ = false;
  why_ = "stopped";
  node_.start([this](env::Env& env) { return live(env); });
}

void BrokerHost::crash(env::CrashKind kind, std::string why) {
  if (!is_up()) return;
  crashed_ = true;
  why_ = std::move(why);
  node_.crash(kind);
}

void BrokerHost::stop() {
  if (stop_ != nullptr) {
    stop_->notify();
  } else {
    crash(env::CrashKind::kill, "killed before it could be stopped");
  }
}

env::Task<> BrokerHost::live(env::Env& env) {
  env::Worker& worker = env.workers().at(0);
  broker::Node node(env, config_);
  const auto started = co_await node.start();
  env::Signal stop(worker);
  if (started) {
    stop_ = &stop;
    ready_ = true;
    history_.add(
        BrokerStarted{world_.now(), lives_, static_cast<int>(node.quarantined_partitions())});
  } else if (!crashed_) {
    history_.add(BrokerStartFailed{world_.now(), lives_, started.error().to_string(),
                                   excuse_ == Excuse::disk || damage_excused_});
    attention_ = true;
  }
  while (started) {
    const auto woken = co_await stop.wait_until(world_.now() + look_every);
    if (woken || woken.error().code == Errc::cancelled) break;
    look_at(node);
  }
  ready_ = false;
  stop_ = nullptr;
  co_await node.stop(world_.now() + stop_within);
  history_.add(BrokerEnded{world_.now(), lives_, why_});
  attention_ = ended_ = true;
}

/// Without its first directory it is of no use, without another one for a while.
void BrokerHost::look_at(const broker::Node& node) {
  const auto directories = node.directory_stats();
  const auto is_offline = [](const auto& directory) { return directory.second.offline; };
  if (std::ranges::none_of(directories, is_offline)) return;
  if (!half_since_) half_since_ = world_.now();
  attention_ |= is_offline(directories.front()) || world_.now() - *half_since_ >= half_lives_;
}

}  // namespace moldau::sim
