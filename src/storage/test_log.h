#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "env/scope.h"
#include "env/sim/sim_env.h"
#include "env/sim/world.h"
#include "records/builder.h"
#include "records/control.h"
#include "storage/checkpoints.h"
#include "storage/file_names.h"
#include "storage/log_dir.h"
#include "storage/log_private.h"
#include "storage/test_hooks.h"

/// A log directory on a simulated node, for the tests of this room.
namespace moldau::storage::testing {

/// What became of one append.
struct Reply : AppendWaiter {
  using AppendWaiter::AppendWaiter;
  void on_append_done(std::uint32_t, AppendOutcome result) override {
    EXPECT_FALSE(outcome) << "told twice";
    outcome = result;
  }
  std::optional<AppendOutcome> outcome;
};

struct BatchSpec {
  int records{1};
  std::size_t value_size{10};
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t base_sequence{records::no_sequence};
  std::int64_t timestamp{1000};
  records::Codec codec{records::Codec::none};
  Offset base_offset{0};
  LeaderEpoch leader_epoch{0};
  records::BatchKind kind{records::BatchKind::data};
};

/// Timestamps ascend by one from record to record.
inline SharedBytes make_batch(const BatchSpec& spec) {
  records::BatchBuilder builder({.base_offset = spec.base_offset,
                                 .leader_epoch = spec.leader_epoch,
                                 .codec = spec.codec,
                                 .kind = spec.kind,
                                 .producer_id = spec.producer_id,
                                 .producer_epoch = spec.producer_epoch,
                                 .base_sequence = spec.base_sequence});
  const std::string value(spec.value_size, 'v');
  for (int i = 0; i < spec.records; ++i) {
    builder.append({.timestamp = spec.timestamp + i, .value = as_bytes(value)});
  }
  return std::move(builder).build();
}

/// The one in-sync replica: the high watermark follows the limit.
class OneReplica : public LogListener {
 public:
  void on_written(Log&, Wakeups&) override { ++writes; }
  void on_limit(Log& log, Wakeups& wakeups) override {
    log.advance_high_watermark(log.positions().limit, wakeups);
  }
  void on_offline(Log&, const Error&, Wakeups&) override { ++offline; }
  int writes{0};
  int offline{0};
};

class LogTest : public ::testing::Test {
 public:
  ~LogTest() override { shut_down(); }

 protected:
  explicit LogTest(std::uint64_t seed = 1)
      : world_(seed, quiet()), node_(world_.add_node("n", {.workers = 3})) {
    config_.retention_ms = unlimited;  // the batches are from 1970
    boot();
  }

  static env::SimOptions quiet() {
    env::SimOptions options;
    options.disk.cold_reads_per_million = 0;
    return options;
  }

  void boot() {
    hooked_ = std::make_unique<HookedEnv>(node_.start(), hook_);
    env_ = hooked_.get();
  }
  /// Everything of this life goes, as if the process ended.
  void shut_down() {
    log_.reset();
    dir_.reset();
    if (node_.is_up()) {
      node_.stop();
      world_.run_until([&] { return !node_.is_up(); });
    }
  }
  /// Ends this life as `kind` says and starts the next.
  void crash(env::CrashKind kind) {
    node_.crash(kind);
    on_call = nullptr;
    log_.reset();
    dir_.reset();
    world_.run_until([&] { return !node_.is_up(); });
    boot();
  }

  env::Worker& worker(int index = 0) { return env_->workers().at(index); }
  template <class Work>
  auto on_pool(Work work) {
    std::optional<std::invoke_result_t<Work&>> result;
    world_.run(worker(), run_there(dir_->pool(), worker(), work, result));
    return std::move(*result);
  }
  template <class T>
  T await(env::Task<T> task) {
    std::optional<T> result;
    EXPECT_TRUE(world_.run(worker(), keep(std::move(task), result))) << "deadlock";
    return std::move(*result);
  }
  void run_for(std::int64_t ms) { world_.run_for(milliseconds(ms)); }

  Result<> open_dir(LogDirOptions options = {}) {
    options.path = root;
    if (!options.min_free_bytes) options.min_free_bytes = 0;
    auto dir = LogDir::open(*env_, std::move(options));
    if (!dir) return std::unexpected(std::move(dir).error());
    dir_ = std::move(*dir);
    return {};
  }
  /// Opens the directory with the one partition in it, new.
  void start_log() {
    ASSERT_TRUE(open_dir());
    const KnownLog fresh{name, Uuid::of(1, 2), config()};
    auto created = on_pool([&] { return dir_->create(std::span(&fresh, 1)); });
    ASSERT_TRUE(created) << created.error().to_string();
    use(created->front());
  }
  Result<LoadReport> load() {
    auto report = await(dir_->load(worker(), [this](const TopicPartition& found) {
      return KnownLog{.name = found, .topic_id = {}, .config = config()};
    }));
    if (report && !report->logs.empty()) use(report->logs.front());
    return report;
  }
  /// Opens and loads; the log must come up.
  LoadReport restart() {
    EXPECT_TRUE(open_dir());
    auto report = load();
    EXPECT_TRUE(report) << report.error().to_string();
    EXPECT_NE(log_, nullptr);
    return report ? std::move(*report) : LoadReport{};
  }
  Result<> close(std::int64_t broker_epoch = 7) {
    return await(dir_->close(worker(), BrokerEpoch(broker_epoch)));
  }
  void use(std::shared_ptr<Log> log) {
    log_ = std::move(log);
    listener_ = std::make_shared<OneReplica>();
    log_->set_listener(listener_);
    Wakeups wakeups(env_->workers());
    listener_->on_limit(*log_, wakeups);
  }

  std::shared_ptr<const LogConfig> config() const { return std::make_shared<LogConfig>(config_); }

  struct Sent {
    AppendAnswer answer;
    std::shared_ptr<Reply> reply;
  };
  /// From the test's own thread, which is no worker: the write goes to the pool.
  Sent append(const BatchSpec& spec = {}, int home = 0, WaitFor wait_for = WaitFor::committed) {
    auto reply = std::make_shared<Reply>(worker(home));
    const auto answer = log_->append({.batch = make_batch(spec),
                                      .leader_epoch = spec.leader_epoch,
                                      .wait_for = wait_for,
                                      .waiter = reply});
    return {answer, reply};
  }
  /// Appends and waits until it is acknowledged.
  AppendAnswer append_durably(const BatchSpec& spec = {}) {
    const auto sent = append(spec);
    EXPECT_EQ(sent.answer.status, AppendStatus::assigned);
    EXPECT_TRUE(world_.run_until([&] { return sent.reply->outcome.has_value(); }));
    EXPECT_EQ(sent.reply->outcome, AppendOutcome::done);
    return sent.answer;
  }
  /// Runs `job` once, in the middle of the next such call.
  void during_next(DiskCall wanted, std::function<std::optional<Error>()> job) {
    on_call = [this, wanted, job = std::move(job)](DiskCall call, const std::string&) {
      if (call != wanted) return std::optional<Error>();
      auto run = job;
      on_call = nullptr;
      return run();
    };
  }
  void settle() { run_for(500); }

  /// What the file says now; nothing if it is not there or damaged.
  OffsetCheckpoint read_checkpoint(std::string_view file) {
    const auto text = env::read_file(env_->disk(), fmt::format("{}/{}", root, file), 10'000);
    if (!text) return {};
    return parse_offset_checkpoint(as_text(*text), file).value_or(OffsetCheckpoint());
  }
  Offset saved_recovery_point() {
    const auto points = read_checkpoint(recovery_point_file);
    return points.contains(name) ? points.at(name) : no_offset;
  }

  std::vector<std::uint8_t> read_all(Offset from, Offset limit) {
    std::vector<std::uint8_t> bytes;
    const auto plan = log_->read({.from = from,
                                  .limit = limit,
                                  .max_bytes = 1 << 30,
                                  .minimum = ReadMinimum::first_batch_at_least,
                                  .mode = ReadMode::blocking});
    EXPECT_TRUE(plan) << plan.error().to_string();
    if (!plan || plan->file == nullptr) return bytes;
    bytes.resize(plan->length);
    const auto count = plan->file->pread(bytes, plan->position);
    EXPECT_TRUE(count && *count == plan->length);
    return bytes;
  }
  /// First and last offsets of the batches of one read.
  std::vector<std::pair<std::int64_t, std::int64_t>> batches(Offset from, Offset limit) {
    const auto bytes = read_all(from, limit);
    std::vector<std::pair<std::int64_t, std::int64_t>> found;
    records::BatchIterator iterator(bytes);
    while (const auto batch = iterator.next()) {
      EXPECT_TRUE(batch->verify_crc());
      found.emplace_back(batch->base_offset().value(), batch->last_offset().value());
    }
    EXPECT_TRUE(iterator.status());
    return found;
  }
  /// Every offset of the log, across segments, is there exactly once.
  void expect_contiguous() {
    const auto positions = log_->positions();
    auto at = positions.log_start;
    while (at < positions.written_end) {
      const auto found = batches(at, positions.written_end);
      ASSERT_FALSE(found.empty()) << "nothing at " << at.value();
      for (const auto& [first, last] : found) {
        ASSERT_EQ(first, at.value());
        at = Offset(last + 1);
      }
    }
  }

  std::string path(std::string_view file) const {
    return fmt::format("{}/{}/{}", root, name, file);
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    const auto entries = env_->disk().list(fmt::format("{}/{}", root, name));
    if (entries) {
      for (const auto& entry : *entries) names.push_back(entry.name);
    }
    return names;
  }
  bool has_file(std::string_view file) {
    const auto names = files();
    return std::ranges::find(names, file) != names.end();
  }
  std::uint64_t file_size(const std::string& file) {
    return env_->disk().open(file, env::OpenMode::read).value()->size().value();
  }
  void overwrite(const std::string& file, std::uint64_t position, Bytes bytes) {
    auto opened = env_->disk().open(file, env::OpenMode::write);
    ASSERT_TRUE(opened);
    ASSERT_TRUE((*opened)->pwritev(std::span(&bytes, 1), position));
  }

  const std::string root{"/data"};
  const TopicPartition name{"t", PartitionId(0)};
  LogConfig config_;
  env::SimWorld world_;
  env::SimNode& node_;
  /// Looks into every disk call, in the middle of which it may do what other threads would.
  DiskHook hook_ = [this](DiskCall call, const std::string& file) {
    return on_call ? on_call(call, file) : std::nullopt;
  };
  DiskHook on_call;
  std::unique_ptr<HookedEnv> hooked_;
  env::Env* env_{nullptr};
  std::unique_ptr<LogDir> dir_;
  std::shared_ptr<OneReplica> listener_;
  std::shared_ptr<Log> log_;

 private:
  template <class Work, class Value>
  static env::Task<> run_there(env::IoPool& pool, env::Worker& home, Work& work,
                               std::optional<Value>& result) {
    result.emplace(
        co_await env::run_on(pool, env::IoClass::background, home, [&work] { return work(); }));
  }
  template <class T>
  static env::Task<> keep(env::Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
};

}  // namespace moldau::storage::testing
