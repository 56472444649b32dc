// A partition's log, step by step as docs/append.md has it: giving offsets and queueing (plan),
// putting down what has queued (write), the flush round that acknowledges (flush). And reading.

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "storage/log_dir.h"
#include "storage/log_private.h"
#include "tests/bench/micro/batches.h"
#include "tests/bench/micro/counting.h"
#include "tests/bench/micro/memory_env.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

using storage::ReadMode;

constexpr std::int64_t timestamp = 1'700'000'000'000;

/// The one in-sync replica.
class OneReplica final : public storage::LogListener {
 public:
  void on_written(storage::Log&, storage::Wakeups&) override {}
  void on_limit(storage::Log& log, storage::Wakeups& wakeups) override {
    log.advance_high_watermark(log.positions().limit, wakeups);
  }
  void on_offline(storage::Log&, const Error& error, storage::Wakeups&) override {
    CHECK(false, "offline: {}", error.to_string());
  }
};

/// A log in memory, on a directory that has no other.
class LogRig {
 public:
  explicit LogRig(const storage::LogConfig& config) {
    auto opened = storage::LogDir::open(env, {.path = "/data", .min_free_bytes = 0});
    CHECK(opened.has_value(), "no directory: {}", opened.error().to_string());
    dir_ = std::move(*opened);
    const storage::KnownLog fresh{
        {"t", PartitionId(0)}, Uuid{}, std::make_shared<storage::LogConfig>(config)};
    auto created = dir_->create(std::span(&fresh, 1));
    CHECK(created.has_value(), "no log: {}", created.error().to_string());
    log = created->front();
    log->set_listener(replica_);
    env.run_all();
  }
  ~LogRig() {
    log.reset();
    dir_.reset();
    env.run_all();
  }
  LogRig(const LogRig&) = delete;
  LogRig& operator=(const LogRig&) = delete;

  MemoryEnv env;
  std::shared_ptr<storage::Log> log;

 private:
  std::unique_ptr<storage::LogDir> dir_;
  const std::shared_ptr<OneReplica> replica_ = std::make_shared<OneReplica>();
};

class Acknowledgements final : public storage::AppendWaiter {
 public:
  using AppendWaiter::AppendWaiter;
  void on_append_done(std::uint32_t, storage::AppendOutcome outcome) override {
    CHECK(outcome == storage::AppendOutcome::done, "an append has failed");
    ++count;
  }
  int count{0};
};

enum class Step : std::uint8_t { plan, write, flush };
enum class Idempotence : std::uint8_t { none, idempotent };

struct AppendLoad {
  BatchSize size;
  Step counted;
  int batches;  ///< that queue up before they are written together
  Idempotence idempotence{Idempotence::none};
};

/// Rounds of so many batches; one of the steps is measured.
class Append final : public Work {
 public:
  explicit Append(const AppendLoad& load) : load_(load) {}

  void prepare() override {
    waiting_.clear();
    for (int i = 0; i < load_.batches; ++i) {
      waiting_.push_back(load_.idempotence == Idempotence::none
                             ? make_batch(load_.size, timestamp)
                             : producer_.next(load_.size, timestamp));
    }
    done_->count = 0;
    if (load_.counted > Step::plan) plan();
    if (load_.counted > Step::write) write();
  }
  void run() override {
    if (load_.counted == Step::plan) plan();
    if (load_.counted == Step::write) write();
    if (load_.counted == Step::flush) rig_.env.run_all();
  }
  void finish() override {
    rig_.env.run_all();
    CHECK(done_->count == load_.batches, "{} of {} appends are done", done_->count, load_.batches);
  }

 private:
  void plan() {
    for (auto& batch : waiting_) {
      const auto answer = rig_.log->append(
          {.batch = std::move(batch), .leader_epoch = LeaderEpoch(0), .waiter = done_});
      CHECK(answer.status == storage::AppendStatus::assigned, "an append was refused");
    }
  }
  void write() { rig_.env.run_worker(); }

  const AppendLoad load_;
  LogRig rig_{{}};
  std::shared_ptr<Acknowledgements> done_ = std::make_shared<Acknowledgements>(rig_.env.worker());
  IdempotentProducer producer_{ProducerId(7)};
  std::vector<SharedBytes> waiting_;
};

enum class From : std::uint8_t {
  active,  ///< the segment that is written to: indexes in memory
  sealed,  ///< an older one: indexes in files
  end,     ///< the last batch
};

/// A log of two segments and a half, of batches of 1 KiB with ascending timestamps.
class FullLog {
 public:
  static constexpr int batches = 5'000;
  static constexpr std::int64_t segment_bytes = std::int64_t{2} << 20;

  FullLog() : rig_({.segment_bytes = segment_bytes, .retention_ms = storage::unlimited}) {
    for (int i = 0; i < batches; ++i) {
      const auto answer = rig_.log->append(
          {.batch = make_batch(medium_batch, timestamp + i), .leader_epoch = LeaderEpoch(0)});
      CHECK(answer.status == storage::AppendStatus::assigned, "an append was refused");
      if (i % 16 == 0) rig_.env.run_all();
    }
    rig_.env.run_all();
    CHECK(segment(From::active).has_memory_indexes() && !segment(From::sealed).has_memory_indexes(),
          "the segments are not what is to be measured");
    // Opens the files that stay open.
    const auto sealed = log().read({.from = Offset(0),
                                    .limit = log().positions().high_watermark,
                                    .max_bytes = 1,
                                    .mode = ReadMode::blocking});
    CHECK(sealed && segment(From::sealed).lookup_timestamp(timestamp), "a file does not open");
  }

  storage::Log& log() { return *rig_.log; }
  storage::Segment& segment(From from) {
    const auto list = rig_.log->priv().segment_list();
    return from == From::sealed ? *list->front() : *list->back();
  }
  /// Different ones from call to call, the same in every program.
  Offset next_offset(From from) {
    const auto end = rig_.log->positions().written_end;
    if (from == From::end) return end - 1;
    const auto base = segment(from).base_offset();
    const auto count = from == From::sealed
                           ? rig_.log->priv().segment_list()->at(1)->base_offset() - base
                           : end - base;
    return base + static_cast<std::int64_t>(chance_.below(static_cast<std::uint64_t>(count)));
  }

 private:
  LogRig rig_;
  Prng chance_{1};
};

/// Does something with as many offsets as a run has operations.
class LookUp final : public Work {
 public:
  LookUp(std::shared_ptr<FullLog> log, From from, std::function<void(FullLog&, Offset)> operation)
      : log_(std::move(log)), from_(from), operation_(std::move(operation)) {}
  void prepare() override {
    for (auto& offset : offsets_) offset = log_->next_offset(from_);
  }
  void run() override {
    for (const auto offset : offsets_) operation_(*log_, offset);
  }

 private:
  const std::shared_ptr<FullLog> log_;
  const From from_;
  const std::function<void(FullLog&, Offset)> operation_;
  std::vector<Offset> offsets_{static_cast<std::size_t>(Path{}.operations)};
};

void plan_read(FullLog& log, Offset offset) {
  const auto limit = log.log().positions().high_watermark;
  const auto plan = log.log().read({.from = offset, .limit = limit, .max_bytes = 64 << 10});
  CHECK(plan && plan->file != nullptr, "nothing to read at {}", offset);
  benchmark::DoNotOptimize(&plan);
}

void look_up_offset(From from, FullLog& log, Offset offset) {
  const auto position = log.segment(from).lookup(offset, ReadMode::blocking);
  CHECK(position.has_value(), "no position: {}", position.error().to_string());
  benchmark::DoNotOptimize(&position);
}

void look_up_time(From from, FullLog& log, Offset offset) {
  const auto found = log.segment(from).lookup_timestamp(timestamp + offset.value());
  CHECK(found.has_value(), "no offset: {}", found.error().to_string());
  benchmark::DoNotOptimize(&found);
}

void find_time(FullLog& log, Offset offset) {
  const auto found = log.log().find_timestamp(timestamp + offset.value());
  CHECK(found && *found && (*found)->offset == offset, "not found: {}", offset);
}

void add_appends(Paths& paths) {
  constexpr int together = 16;
  const auto add = [&](const std::string& name, const AppendLoad& load) {
    paths.push_back({.name = "append/" + name, .operations = load.batches, .make = [load] {
                       return std::make_unique<Append>(load);
                     }});
  };
  for (const auto& size : batch_sizes) {
    add(fmt::format("plan/{}", size.name), {size, Step::plan, together});
    add(fmt::format("write/{}", size.name), {size, Step::write, together});
  }
  add("plan/1KiB/idempotent", {medium_batch, Step::plan, together, Idempotence::idempotent});
  add("write/1KiB/alone", {medium_batch, Step::write, 1});
  add("flush/1KiB", {medium_batch, Step::flush, together});
  add("flush/1KiB/alone", {medium_batch, Step::flush, 1});
}

void add_look_ups(Paths& paths) {
  const auto add = [&](const std::string& name, From from,
                       std::function<void(FullLog&, Offset)> operation) {
    paths.push_back({.name = name, .make = [=] {
                       return std::make_unique<LookUp>(std::make_shared<FullLog>(), from,
                                                       operation);
                     }});
  };
  add("read/plan/active", From::active, plan_read);
  add("read/plan/sealed", From::sealed, plan_read);
  add("read/plan/end", From::end, plan_read);
  for (const auto from : {From::active, From::sealed}) {
    const std::string where = from == From::active ? "active" : "sealed";
    using std::placeholders::_1;
    using std::placeholders::_2;
    add("index/offset/" + where, from, std::bind(look_up_offset, from, _1, _2));
    add("index/time/" + where, from, std::bind(look_up_time, from, _1, _2));
  }
  add("read/timestamp/active", From::active, find_time);
}

}  // namespace

void add_log_paths(Paths& paths) {
  add_appends(paths);
  add_look_ups(paths);
}

}  // namespace moldau::bench
