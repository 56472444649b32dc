#include "sim/run.h"

#include <fmt/format.h>

#include <cstdio>

#include "sim/faults.h"

namespace moldau::sim {

namespace {

constexpr std::size_t story_lines_max = 40;
constexpr Duration settle = milliseconds(200);
// How long each step of the end may take on a broker that nothing disturbs.
constexpr Duration live_within = std::chrono::seconds(60);
constexpr Duration drained_within = std::chrono::seconds(20);
constexpr Duration audited_within = std::chrono::seconds(60);
constexpr Duration stopped_within = std::chrono::seconds(30);

double ms_of(MonoTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e6;
}

env::SimOptions world_options(const Scenario& scenario, const RunOptions& options) {
  env::SimOptions world = scenario.world;
  world.print_every = options.print_hash_every;
  return world;
}

/// One run, from end to end.
class Run {
 public:
  Run(std::uint64_t seed, const RunOptions& options);
  /// Both machines go down: what runs on them refers to this.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  RunResult go();

 private:
  env::SimNodeOptions broker_machine() const;
  void work_under_faults();
  void become_calm();
  void reckon();
  void end();
  /// Puts a missed bound into the history.
  void expect(const std::function<bool()>& done, Duration bound, const char* what);
  RunResult result() const;

  const RunOptions options_;
  const Scenario scenario_;
  History history_;
  env::SimWorld world_;
  env::SimNode& broker_node_;
  env::SimNode& client_node_;
  BrokerHost host_;
  Clients clients_;
  Faults faults_;
  MonoTime begun_;
};

Run::Run(std::uint64_t seed, const RunOptions& options)
    : options_(options),
      scenario_(Scenario::draw(seed)),
      world_(seed, world_options(scenario_, options)),
      broker_node_(world_.add_node("broker", broker_machine())),
      client_node_(world_.add_node("clients", {.workers = 1, .log_sink = {}})),
      host_(world_, broker_node_, scenario_, history_),
      clients_(client_node_, scenario_, history_, "broker"),
      faults_(world_, host_, scenario_, history_),
      begun_(world_.now()) {
  watch_all(history_);
  for (const TopicPlan& plan : scenario_.topics) {
    if (plan.retention) history_.catalog().declare(plan.name, *plan.retention);
  }
  if (!options_.verbose) return;
  history_.follow([](MonoTime at, const std::string& line) {
    fmt::print(stderr, "{:14.3f} {}\n", ms_of(at), line);
  });
}

Run::~Run() {
  for (env::SimNode* const node : {&broker_node_, &client_node_}) {
    node->crash(env::CrashKind::power_cut);
    world_.run_until([node] { return !node->is_up(); });
  }
}

env::SimNodeOptions Run::broker_machine() const {
  env::SimNodeOptions machine{.workers = scenario_.broker_workers, .log_sink = {}};
  if (options_.verbose) {
    machine.log_sink = [](env::Level, std::string_view line) {
      fmt::print(stderr, "               broker: {}\n", line);
    };
  }
  return machine;
}

RunResult Run::go() {
  host_.start();
  clients_.start();
  work_under_faults();
  become_calm();
  reckon();
  if (scenario_.ends_with_crash && history_.is_good()) {
    faults_.power_cut("power cut at the end");
    reckon();
  }
  end();
  return result();
}

void Run::work_under_faults() {
  expect([this] { return host_.is_ready(); }, live_within, "the first start");
  faults_.pass(milliseconds(300));
  for (const PlannedFault& fault : scenario_.faults) {
    faults_.pass(fault.after);
    if (!history_.is_good()) return;
    faults_.inject(fault);
  }
  faults_.pass(milliseconds(500));
}

/// Faults stop. Soon every partition takes records again and the controller topics; from then on
/// nobody may be kept waiting.
void Run::become_calm() {
  if (!history_.is_good()) return;
  faults_.heal();
  expect([this] { return host_.is_ready(); }, live_within, "a start after the faults");
  clients_.probe();
  expect([this] { return clients_.auditor().is_idle(); }, live_within,
         "every partition and the controller at work after the faults");
  clients_.settle_groups();
  expect([this] { return clients_.are_groups_settled(); }, live_within,
         "the members of every group together after the faults");
  if (!history_.is_good()) return;
  history_.add(CalmBegun{world_.now()});
  faults_.pass(scenario_.calm);
}

/// Everybody comes to an end; then all that is in the logs is compared with all that was seen.
void Run::reckon() {
  if (!history_.is_good()) return;
  Bench& bench = clients_.bench();
  bench.producing = bench.consuming = false;
  expect([this] { return host_.is_ready() && clients_.are_quiet(); }, live_within + drained_within,
         "answers to all that is under way");
  // What was sent over connections that are gone may still come to the log.
  faults_.pass(settle);
  if (!history_.is_good()) return;
  clients_.audit();
  expect([this] { return clients_.is_audited(); }, audited_within, "reading all logs and offsets");
}

void Run::end() {
  clients_.stop();
  world_.run_until([this] { return !clients_.is_up(); });
  if (!history_.is_good()) return;
  if (host_.is_up()) host_.stop();
  const bool ended = world_.run_until([this] { return !host_.is_up() || host_.has_ended(); },
                                      world_.now() + stopped_within);
  if (!ended) history_.add(BoundMissed{world_.now(), "an orderly stop"});
}

void Run::expect(const std::function<bool()>& done, Duration bound, const char* what) {
  if (!history_.is_good() || faults_.pass_until(done, bound)) return;
  history_.add(
      BoundMissed{world_.now(), fmt::format("{} took more than {} ms", what, to_ms(bound))});
}

RunResult Run::result() const {
  RunResult result{.trace_hash = world_.trace_hash(),
                   .events = world_.events(),
                   .starts = static_cast<std::uint64_t>(host_.lives()),
                   .virtual_time = world_.now() - begun_};
  for (const Event& event : history_.events()) {
    if (std::holds_alternative<BatchAcked>(event)) ++result.batches_acked;
    const auto* fetched = std::get_if<Fetched>(&event);
    if (fetched != nullptr) result.records_read += fetched->records.size();
  }
  if (history_.is_good()) return result;
  const Violation& first = history_.violations().front();
  result.failure = first.checker + "\n";
  for (const Violation& violation : history_.violations()) {
    result.failure += fmt::format(
        "{} at {:.3f} ms{}: {}\n", violation.checker, ms_of(violation.at),
        violation.where ? ", " + history_.catalog().name(*violation.where) : "", violation.what);
  }
  result.failure += history_.story(first, story_lines_max);
  return result;
}

}  // namespace

RunResult run_seed(std::uint64_t seed, const RunOptions& options) {
  return Run(seed, options).go();
}

}  // namespace moldau::sim
