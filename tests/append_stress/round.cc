#include "round.h"

#include <chrono>
#include <thread>

#include "env/real/block_on.h"
#include "faults.h"
#include "producers.h"
#include "records/builder.h"
#include "storage/log_dir.h"

namespace moldau::stress {

using storage::Durability;
using storage::KnownLog;
using storage::LogConfig;
using storage::LogDir;
using storage::TopicPartition;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t targets = 3;
constexpr int producers_count = 50;
constexpr auto deadline = 60s;  // of what must happen at all

std::shared_ptr<const LogConfig> small_segments(Durability durability = Durability::durable) {
  auto config = std::make_shared<LogConfig>();
  config->segment_bytes = 40'000;
  config->index_interval_bytes = 500;
  config->retention_ms = storage::unlimited;
  config->durability = durability;
  return config;
}

TopicPartition client_log(std::size_t index) {
  return {"c", PartitionId(static_cast<std::int32_t>(index))};
}
const TopicPartition follower_log{"f", PartitionId(0)};

/// All bytes below the limit, batch after batch.
std::vector<std::uint8_t> read_whole(const storage::Log& log, std::vector<std::string>& wrong) {
  std::vector<std::uint8_t> bytes;
  const auto positions = log.positions();
  auto at = positions.log_start;
  while (at < positions.written_end) {
    const auto plan = log.read({.from = at,
                                .limit = positions.written_end,
                                .max_bytes = 1 << 20,
                                .mode = storage::ReadMode::blocking});
    if (!plan || plan->file == nullptr) {
      wrong.push_back(fmt::format("{}: nothing at {}", log.name(), at));
      return bytes;
    }
    std::vector<std::uint8_t> part(plan->length);
    const auto count = plan->file->pread(part, plan->position);
    if (!count || *count != part.size()) wrong.push_back(fmt::format("{}: short read", log.name()));
    records::BatchIterator batches(part);
    while (const auto batch = batches.next()) at = batch->next_offset();
    if (batches.position() == 0) {
      wrong.push_back(fmt::format("{}: no batch at {}", log.name(), at));
      return bytes;
    }
    bytes.insert(bytes.end(), part.begin(),
                 part.begin() + static_cast<std::ptrdiff_t>(batches.position()));
  }
  return bytes;
}

class Round {
 public:
  Round(env::Env& env, std::string directory, std::uint64_t seed)
      : faults_(seed),
        env_(env, faults_),
        path_(std::move(directory)),
        prng_(seed),
        chaos_prng_(prng_.split("chaos")),
        watch_prng_(prng_.split("watch")),
        follow_prng_(prng_.split("follow")) {}

  RoundResult run();

 private:
  void open();
  void create_client_log(std::size_t index);
  void chaos();
  void watch();
  void follow();
  void wait_for_producers();
  void delete_and_recreate();
  void verify();
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    result_.wrong.push_back(std::move(what));
  }

  Faults faults_;
  FaultyEnv env_;
  const std::string path_;
  Prng prng_;
  Prng chaos_prng_;  // of one thread each
  Prng watch_prng_;
  Prng follow_prng_;
  std::unique_ptr<LogDir> dir_;
  Targets targets_;
  std::vector<std::shared_ptr<Producer>> producers_;
  std::shared_ptr<OneReplica> follower_replica_ = std::make_shared<OneReplica>();
  std::shared_ptr<storage::Log> follower_;
  std::vector<std::uint8_t> followed_;       // what the follower's log must be a prefix of
  std::vector<std::uint64_t> follow_sizes_;  // of its batches: offset -> end in followed_
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  RoundResult result_;
};

void Round::create_client_log(std::size_t index) {
  // One of them is a page-cache topic.
  const KnownLog fresh{client_log(index), Uuid{},
                       small_segments(index == 1 ? Durability::page_cache : Durability::durable)};
  auto created = dir_->create(std::span(&fresh, 1));
  if (!created) {
    note("create: " + created.error().to_string());
    return;
  }
  Target target{created->front(), std::make_shared<OneReplica>(), std::make_shared<Model>()};
  target.log->set_listener(target.replica);
  targets_.set(index, std::move(target));
}

void Round::open() {
  auto dir = LogDir::open(env_, {.path = path_, .min_free_bytes = 0});
  if (!dir) {
    note("open: " + dir.error().to_string());
    return;
  }
  dir_ = std::move(*dir);
}

/// The disk fills up, writes hang, a partition goes, checkpoints are written.
void Round::chaos() {
  while (!stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + chaos_prng_.below(15)));
    switch (chaos_prng_.below(6)) {
      case 0:
        faults_.full_writes = static_cast<int>(1 + chaos_prng_.below(2));
        std::this_thread::sleep_for(std::chrono::milliseconds(chaos_prng_.below(10)));
        faults_.full_writes = 0;
        dir_->housekeeping();
        break;
      case 1:
        faults_.slow_write_ms = static_cast<int>(6 + chaos_prng_.below(20));
        break;
      case 2:
        delete_and_recreate();
        break;
      default:
        dir_->housekeeping();
        break;
    }
  }
}

void Round::delete_and_recreate() {
  const auto old = targets_.get(2);
  const auto removed =
      env::block_on(env_.workers().at(0), dir_->remove(old.log, env_.workers().at(0)));
  if (!removed && !dir_->is_offline()) note("remove: " + removed.error().to_string());
  if (removed) create_client_log(2);
}

/// The invariants of docs/append.md, looked at from outside, and what readers see.
void Round::watch() {
  // Kept alive, so that a new log is not taken for one that has gone.
  std::map<std::shared_ptr<storage::Log>, Offset> high_watermarks;
  auto& prng = watch_prng_;
  while (!stop_) {
    const auto target = targets_.get(prng.below(targets));
    const auto p = target.log->positions();
    if (!(p.log_start <= p.last_stable_offset && p.last_stable_offset <= p.high_watermark &&
          p.high_watermark <= p.limit && p.limit <= p.written_end &&
          p.durable_end <= p.written_end)) {
      note(fmt::format("{}: start {} stable {} hw {} limit {} durable {} written {}",
                       target.log->name(), p.log_start, p.last_stable_offset, p.high_watermark,
                       p.limit, p.durable_end, p.written_end));
    }
    auto& seen = high_watermarks[target.log];
    if (p.high_watermark < seen) {
      note(fmt::format("{}: the high watermark went back from {} to {}, limit {} written {}",
                       target.log->name(), seen, p.high_watermark, p.limit, p.written_end));
    }
    seen = p.high_watermark;
    if (p.high_watermark > Offset(0)) {
      const Offset from(static_cast<std::int64_t>(
          prng.below(static_cast<std::uint64_t>(p.high_watermark.value()))));
      const auto plan = target.log->read({.from = from,
                                          .limit = p.high_watermark,
                                          .max_bytes = 4096,
                                          .mode = storage::ReadMode::blocking});
      // A deleted partition's files may be gone from their names.
      if (!plan && !target.log->is_offline()) note("read: " + plan.error().to_string());
      if (plan && plan->file != nullptr) {
        std::vector<std::uint8_t> bytes(plan->length);
        const auto count = plan->file->pread(bytes, plan->position);
        if (!count || *count != bytes.size()) note("a plan that cannot be read");
        records::BatchIterator batches(bytes);
        while (const auto batch = batches.next()) {
          if (!batch->verify_crc()) note("a reader saw a bad batch");
          if (batch->last_offset() >= p.high_watermark) note("a reader saw too much");
        }
      }
    }
    std::this_thread::sleep_for(200us);
  }
}

/// A fetcher: appends what its leader has, and truncates, while flush rounds run.
void Round::follow() {
  auto& prng = follow_prng_;
  while (!stop_ && !follower_->is_offline()) {
    if (prng.chance(30'000) && !follow_sizes_.empty()) {
      const auto high_watermark = follower_->positions().high_watermark.value();
      const auto end = static_cast<std::int64_t>(follow_sizes_.size());
      const auto target =
          high_watermark + static_cast<std::int64_t>(
                               prng.below(static_cast<std::uint64_t>(end - high_watermark + 1)));
      const auto cut = env::block_on(env_.workers().at(1),
                                     follower_->truncate_to(Offset(target), env_.workers().at(1)));
      if (!cut) {
        if (!dir_->is_offline()) note("truncate: " + cut.error().to_string());
        return;
      }
      if (follower_->positions().written_end != Offset(std::min(target, end))) {
        note(
            fmt::format("truncated to {}, ends at {}", target, follower_->positions().written_end));
      }
      follow_sizes_.resize(static_cast<std::size_t>(std::min(target, end)));
      followed_.resize(follow_sizes_.empty() ? 0 : follow_sizes_.back());
    }
    records::BatchBuilder builder(
        {.base_offset = Offset(static_cast<std::int64_t>(follow_sizes_.size())),
         .leader_epoch = LeaderEpoch(0)});
    const std::string value(prng.below(300), static_cast<char>('A' + prng.below(26)));
    builder.append({.timestamp = 1'000'000, .value = as_bytes(value)});
    const auto batch = std::move(builder).build();
    const auto appended = follower_->append_as_follower(batch);
    if (appended) {
      followed_.insert(followed_.end(), batch.bytes().begin(), batch.bytes().end());
      follow_sizes_.push_back(followed_.size());
    } else if (appended.error().code != Errc::unavailable && !follower_->is_offline()) {
      note("follow: " + appended.error().to_string());
      return;
    }
    if (prng.chance(500'000)) std::this_thread::sleep_for(100us);
  }
}

void Round::wait_for_producers() {
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (const auto& producer : producers_) {
    while (!producer->idle()) {
      if (std::chrono::steady_clock::now() > end) {
        note("nobody told " + producer->describe());
        break;
      }
      std::this_thread::sleep_for(1ms);
    }
    if (producer->unexpected() != 0) {
      note(fmt::format("{} unexpected answers: {}", producer->unexpected(), producer->describe()));
    }
  }
}

RoundResult Round::run() {
  open();
  if (!dir_) return result_;
  for (std::size_t i = 0; i < targets; ++i) create_client_log(i);
  const KnownLog fresh{follower_log, Uuid{}, small_segments()};
  follower_ = dir_->create(std::span(&fresh, 1)).value().front();
  follower_->set_listener(follower_replica_);

  for (int i = 0; i < producers_count; ++i) {
    // Most of them on one partition.
    const auto target = i < 30 ? 0U : 1U + static_cast<unsigned>(i) % 2U;
    producers_.push_back(std::make_shared<Producer>(env_, env_.workers().at(i % 8), targets_,
                                                    target, ProducerId(i), prng_.next()));
    producers_.back()->start();
  }
  {
    std::jthread watcher([this] { watch(); });
    std::jthread follower([this] { follow(); });
    std::jthread chaos_thread([this] { chaos(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + prng_.below(400)));
    stop_ = true;
  }
  faults_.full_writes = 0;
  const bool flush_fails = prng_.chance(400'000);
  if (flush_fails) {
    faults_.sync_fails = true;
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!dir_->is_offline() && std::chrono::steady_clock::now() < end) {
      // A late failure of chaos() may have left the disk full until somebody looks again.
      if (dir_->stats().below_reserve) dir_->housekeeping();
      std::this_thread::sleep_for(1ms);
    }
    if (!dir_->is_offline()) note("a failed flush did not take the directory offline");
    faults_.sync_fails = false;
    for (const auto& producer : producers_) producer->give_up();
  } else {
    dir_->housekeeping();
  }
  for (const auto& producer : producers_) producer->stop();
  wait_for_producers();
  if (!flush_fails && prng_.chance(500'000)) {
    auto& home = env_.workers().at(0);
    const auto closed = env::block_on(home, dir_->close(home, BrokerEpoch(1)));
    if (!closed) note("close: " + closed.error().to_string());
  }
  verify();
  return std::move(result_);
}

/// Starts again on what is there and compares it with the model.
void Round::verify() {
  std::vector<std::shared_ptr<Model>> models;
  for (std::size_t i = 0; i < targets; ++i) models.push_back(targets_.get(i).model);
  const auto follower_durable = follower_->positions().durable_end;
  producers_.clear();
  for (std::size_t i = 0; i < targets; ++i) targets_.set(i, {});
  follower_.reset();
  dir_.reset();
  open();
  if (!dir_) return;
  auto& home = env_.workers().at(0);
  const auto report = env::block_on(home, dir_->load(home, [](const TopicPartition& name) {
    return storage::KnownLog{.name = name, .topic_id = {}, .config = small_segments()};
  }));
  if (!report) return note("load: " + report.error().to_string());
  for (const auto& quarantined : report->quarantined) {
    note("quarantined: " + quarantined.error.to_string());
  }
  for (std::size_t i = 0; i < targets; ++i) {
    const auto log = dir_->find(client_log(i));
    if (log == nullptr) continue;  // the directory went offline between deletion and creation
    const auto bytes = read_whole(*log, result_.wrong);
    for (auto& what : models[i]->check(bytes, log->positions().log_start)) {
      note(fmt::format("{}: {}", log->name(), what));
    }
    result_.acknowledged += models[i]->size();
  }
  const auto follower = dir_->find(follower_log);
  const auto bytes = read_whole(*follower, result_.wrong);
  if (follower->positions().written_end < follower_durable)
    note("the follower lost durable batches");
  if (bytes.size() > followed_.size() ||
      !std::equal(bytes.begin(), bytes.end(), followed_.begin())) {
    note("the follower's log is not what it was given");
  }
}

}  // namespace

namespace {

/// What the round has posted to the workers, and what that has posted, has run.
void drain(env::Env& env) {
  for (int turn = 0; turn < 3; ++turn) {
    std::atomic<int> left{env.workers().count()};
    for (int i = 0; i < env.workers().count(); ++i) {
      env.workers().at(i).post([&left] { --left; });
    }
    while (left > 0) std::this_thread::sleep_for(100us);
  }
}

}  // namespace

RoundResult run_round(env::Env& env, const std::string& directory, std::uint64_t seed) {
  Round round(env, directory, seed);
  auto result = round.run();
  drain(env);
  return result;
}

RoundResult run_slow_directory(env::Env& inner, const std::string& directory, std::uint64_t seed) {
  RoundResult result;
  Faults faults(seed);
  std::atomic<int> writes{0};
  std::atomic<int> done{0};
  std::atomic<bool> hung{false};
  constexpr int wanted = 8 * 20;
  faults.while_writing = [&] {
    // The first is slow, and moves the writers of this directory to its pool; the second hangs
    // until the other directory has done all of its work meanwhile.
    if (++writes == 1) {
      std::this_thread::sleep_for(20ms);
      return;
    }
    hung = true;
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (done < wanted && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
  };
  FaultyEnv env(inner, faults);
  std::array<std::unique_ptr<LogDir>, 2> dirs;
  std::array<std::shared_ptr<storage::Log>, 2> logs;
  const auto replica = std::make_shared<OneReplica>();
  for (std::size_t i = 0; i < 2; ++i) {
    dirs[i] =
        LogDir::open(env, {.path = directory + (i == 0 ? "/slow" : "/quick"), .min_free_bytes = 0})
            .value();
    const KnownLog fresh{client_log(i), Uuid{}, small_segments()};
    logs[i] = dirs[i]->create(std::span(&fresh, 1)).value().front();
    logs[i]->set_listener(replica);
  }
  faults.blocked_directory = directory + "/slow/";
  class Count final : public storage::AppendWaiter {
   public:
    Count(env::Worker& home, std::atomic<int>& count) : AppendWaiter(home), count_(count) {}
    void on_append_done(std::uint32_t, storage::AppendOutcome outcome) override {
      if (outcome == storage::AppendOutcome::done) ++count_;
    }

   private:
    std::atomic<int>& count_;
  };
  const auto batch = [] {
    records::BatchBuilder builder({});
    builder.append({.timestamp = 1, .value = as_bytes("value")});
    return std::move(builder).build();
  };
  std::atomic<int> slow_done{0};
  const auto append = [&](storage::Log& log, env::Worker& home, std::atomic<int>& count) {
    static_cast<void>(log.append({.batch = batch(),
                                  .leader_epoch = LeaderEpoch(0),
                                  .waiter = std::make_shared<Count>(home, count)}));
  };
  const auto wait_until = [&](auto condition, const char* what) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) {
        result.wrong.emplace_back(what);
        return;
      }
      std::this_thread::sleep_for(1ms);
    }
  };
  append(*logs[0], env.workers().at(0), slow_done);
  wait_until([&] { return slow_done == 1; }, "the slow directory's first append");
  for (int i = 0; i < 8; ++i) {
    env.workers().at(i).post([&, i] { append(*logs[0], env.workers().at(i), slow_done); });
  }
  wait_until([&] { return hung.load(); }, "the write that hangs");
  for (int turn = 0; turn < 20; ++turn) {
    for (int i = 0; i < 8; ++i) {
      env.workers().at(i).post([&, i] { append(*logs[1], env.workers().at(i), done); });
    }
    std::this_thread::sleep_for(2ms);
  }
  wait_until([&] { return done >= wanted; }, "appends beside a write that hangs");
  wait_until([&] { return slow_done == 9; }, "appends after a write that hung");
  result.acknowledged = static_cast<std::uint64_t>(done + slow_done);
  for (auto& dir : dirs) {
    auto& home = env.workers().at(0);
    if (!env::block_on(home, dir->close(home, BrokerEpoch(1)))) result.wrong.emplace_back("close");
  }
  drain(env);
  return result;
}

}  // namespace moldau::stress
