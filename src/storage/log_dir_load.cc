// Start of a log directory: find the partitions, load them in parallel, sync what recovery changed.

#include <algorithm>

#include "env/signal.h"
#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

namespace {

/// The partition's own bytes are wrong, not the directory: it is set aside alone.
bool is_damage(Errc code) {
  return code == Errc::corrupt || code == Errc::truncated || code == Errc::unsupported ||
         code == Errc::too_large;
}

}  // namespace

Result<LoadOutcome> LogDir::State::load_partition(const KnownLog& known, Shutdown shutdown) {
  const auto& name = known.name;
  LoadRequest request{
      .name = name,
      .directory = fmt::format("{}/{}", options.path, partition_directory_name(name)),
      .topic_id = known.topic_id,
      .config = known.config,
      .shutdown = shutdown,
      .recovery_point = {},
      .log_start = {},
      .high_watermark = {}};
  TRY(check_known_damage(name, request.directory));
  {
    env::Lock guard(checkpoint_mutex);
    request.recovery_point = recovery_points.find(name).value_or(Offset(0));
    request.log_start = log_starts.find(name);
    request.high_watermark = high_watermarks.find(name);
  }
  return load_log(disk(), wall(), request);
}

std::shared_ptr<Log> LogDir::State::add(LoadedLog loaded, std::shared_ptr<const LogConfig> config) {
  auto name = loaded.name;
  auto log = std::make_shared<Log>(
      std::make_unique<Log::Private>(shared_from_this(), std::move(loaded), std::move(config)));
  env::Lock guard(mutex);
  logs[std::move(name)] = log;
  return log;
}

Result<std::shared_ptr<Log>> LogDir::load_one(const KnownLog& known) {
  return state_->load_one(known, state_->last_shutdown());
}

Result<std::shared_ptr<Log>> LogDir::State::load_one(const KnownLog& known, Shutdown shutdown) {
  const auto path = fmt::format("{}/{}", options.path, partition_directory_name(known.name));
  if (!TRY(disk().exists(path))) return fail(Errc::not_found, path);
  auto outcome = TRY(load_partition(known, shutdown));
  std::vector<FlushItem> items(1);
  items[0].dirty = outcome.log.dirty;
  items[0].directory = outcome.log.directory;
  auto synced = sync_all(disk(), file_system(), options.flush_strategy, items);
  if (!synced) {
    take_offline(synced.error());
    return std::unexpected(std::move(synced).error());
  }
  if (outcome.torn_bytes_cut > 0) {
    env().log().warn("torn tail cut log={} bytes={}", known.name, outcome.torn_bytes_cut);
  }
  return add(std::move(outcome.log), known.config);
}

/// Live partitions that are not loaded yet, and copies. Deletions that were under way go on.
Result<LogDir::State::Found> LogDir::State::find_partitions() {
  Found found;
  std::set<TopicPartition> here;
  std::vector<TopicPartition> deleted;  // the end of a long name may be missing
  for (const auto& entry : TRY(disk().list(options.path))) {
    if (!entry.is_directory) continue;
    auto directory = parse_partition_directory(entry.name);
    if (!directory) continue;
    if (directory->kind == DirectoryKind::deleted) {
      remove_later(fmt::format("{}/{}", options.path, entry.name), 0);
      deleted.push_back(std::move(directory->name));
      continue;
    }
    if (directory->kind == DirectoryKind::future) {
      here.insert(directory->name);
      found.futures.push_back({directory->name, fmt::format("{}/{}", options.path, entry.name)});
    }
    if (directory->kind != DirectoryKind::live) continue;
    here.insert(directory->name);
    if (directory->name.topic == cluster_metadata_topic) continue;
    found.live.push_back(std::move(directory->name));
  }
  const auto was_deleted = [&](const TopicPartition& name) {
    return std::ranges::any_of(deleted, [&](const TopicPartition& one) {
      return one == name || (one.partition.value() < 0 && name.topic.starts_with(one.topic));
    });
  };
  env::Lock guard(checkpoint_mutex);
  for (const auto& [name, offset] : recovery_points.saved()) {
    if (offset == Offset(0) || here.contains(name)) continue;
    if (name.topic == cluster_metadata_topic) continue;
    if (was_deleted(name)) {
      recovery_points.erase(name);  // and saved before that directory is removed
    } else {
      found.vanished.push_back(name);
    }
  }
  return found;
}

env::Task<Result<LoadReport>> LogDir::load(env::Worker& home, Describe describe) {
  auto& state = *state_;
  std::vector<State::Loading> loading;
  LoadReport report;
  {
    auto listed = co_await env::run_on(state.pool(), env::IoClass::background, home,
                                       [&state] { return state.find_partitions(); });
    auto found = CO_TRY(std::move(listed));
    for (const auto& name : found.live) loading.push_back({describe(name), std::nullopt});
    report.vanished = std::move(found.vanished);
    report.futures = std::move(found.futures);
  }
  // What is recovered stays open until it is synced: the segment, and some small files.
  const std::size_t at_once = state.open_files()->in_bulk() / 2;
  for (std::size_t begin = 0; begin < loading.size(); begin += at_once) {
    const auto some =
        std::span(loading).subspan(begin).first(std::min(at_once, loading.size() - begin));
    co_await state.load_in_parallel(home, some);
    auto loaded = co_await state.finish_loading(home, some, report);
    if (!loaded) {
      state.take_offline(loaded.error());
      co_return std::unexpected(std::move(loaded).error());
    }
  }
  state.all_loaded.store(true, std::memory_order_relaxed);
  co_return report;
}

env::Task<> LogDir::State::load_in_parallel(env::Worker& home, std::span<Loading> loading) {
  const auto jobs = std::clamp<std::size_t>(
      static_cast<std::size_t>(pool().threads(env::IoClass::flush)), 1, loading.size());
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> running{jobs};
  env::Signal done(home);
  for (std::size_t i = 0; i < jobs; ++i) {
    // The flush class has the most threads, and nothing to flush yet.
    pool().submit(env::IoClass::flush, [this, loading, &next, &running, &done] {
      for (auto at = next++; at < loading.size(); at = next++) {
        loading[at].outcome.emplace(load_partition(loading[at].known, last_shutdown()));
      }
      if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) done.notify();
    });
  }
  co_await env::detail::wait_uncancelled(done);
}

/// Makes what was recovered durable, and lets the logs be found.
env::Task<Result<>> LogDir::State::finish_loading(env::Worker& home, std::span<Loading> loaded,
                                                  LoadReport& report) {
  std::vector<FlushItem> recovered;
  for (auto& item : loaded) {
    auto& outcome = *item.outcome;
    if (!outcome) {
      if (!is_damage(outcome.error().code)) co_return std::unexpected(outcome.error());
      report.quarantined.push_back({item.known.name, outcome.error()});
      has_quarantined.store(true, std::memory_order_relaxed);
      continue;
    }
    if (outcome->torn_bytes_cut > 0) {
      env_.log().warn("torn tail cut log={} bytes={} end={}", item.known.name,
                      outcome->torn_bytes_cut, outcome->log.end);
    }
    report.torn_bytes_cut += outcome->torn_bytes_cut;
    report.segments_recovered += outcome->segments_recovered;
    auto& flush = recovered.emplace_back();
    flush.dirty = std::exchange(outcome->log.dirty, {});
    flush.directory = outcome->log.directory;
  }
  CO_TRY(co_await env::run_on(pool(), env::IoClass::flush, home, [this, &recovered] {
    return sync_all(disk(), file_system(), options.flush_strategy, recovered);
  }));
  for (auto& item : loaded) {
    if (!*item.outcome) continue;
    report.logs.push_back(add(std::move((*item.outcome)->log), std::move(item.known.config)));
  }
  co_return Result<>();
}

}  // namespace moldau::storage
