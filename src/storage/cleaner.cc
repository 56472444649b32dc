#include "storage/cleaner.h"

#include <algorithm>
#include <cmath>

#include "storage/file_names.h"

namespace moldau::storage {

namespace {

/// How long a cleaning waits for who has the log's files.
constexpr Duration busy_pause = milliseconds(10);

std::int64_t now_ms(DirContext& dir) {
  return dir.env().clock().now().time_since_epoch() / milliseconds(1);
}

std::size_t step_bytes(const CleanerConfig& config) {
  return static_cast<std::size_t>(
      std::clamp(config.io_buffer_bytes, Cleaner::step_bytes_min, Cleaner::step_bytes_max));
}

}  // namespace

env::Task<> Cleaner::run(env::Worker& home) {
  for (;;) {
    const auto backoff = std::max(cleaners_->config().backoff_ms, backoff_ms_min);
    if (!co_await env::sleep_until(home, home.now() + milliseconds(backoff))) co_return;
    for (;;) {
      const auto outcome = co_await clean_next(home);
      if (outcome == Outcome::stopped) co_return;
      if (outcome == Outcome::not_done) break;
    }
  }
}

env::Task<Cleaner::Outcome> Cleaner::clean_next(env::Worker& home) {
  const auto turn =
      co_await env::run_on(dir_.pool(), env::IoClass::background, home, [this] { return begin(); });
  if (turn == nullptr) co_return Outcome::not_done;
  for (;;) {
    bool busy = false;
    const auto begun = home.now();
    const auto outcome = co_await env::run_on(dir_.pool(), env::IoClass::background, home,
                                              [&] { return step(*turn, busy); });
    if (outcome) co_return *outcome;
    cleaners_->note_io(turn->cleaning->step_io_bytes(), begun);
    const bool goes_on =
        busy ? (co_await env::sleep_until(home, home.now() + busy_pause)).has_value()
             : co_await wait_for_rate(home);
    if (goes_on) continue;
    co_await env::run_on(dir_.pool(), env::IoClass::background, home,
                         [&] { turn->cleaning->abandon(); });
    co_return Outcome::stopped;
  }
}

/// Looks every now and then whether the rate has been changed. False: stopped.
env::Task<bool> Cleaner::wait_for_rate(env::Worker& home) {
  constexpr Duration longest = milliseconds(1000);
  for (;;) {
    const auto now = home.now();
    const auto pause = cleaners_->pause(now);
    if (!co_await env::sleep_until(home, now + std::min(pause, longest))) co_return false;
    if (pause <= longest) co_return true;
  }
}

bool Cleaner::clean_one() {
  const auto turn = begin();
  while (turn != nullptr) {
    bool busy = false;
    const auto outcome = step(*turn, busy);
    if (outcome) return *outcome == Outcome::cleaned;
    if (!busy) continue;
    turn->cleaning->abandon();
    break;
  }
  return false;
}

std::unique_ptr<Cleaner::Turn> Cleaner::begin() {
  if (dir_.is_offline() || !cleaners_->try_begin(this, dir_.env().clock().now())) return nullptr;
  auto turn = std::make_unique<Turn>(cleaners_);
  auto chosen = choose(cleaners_->config());
  if (!chosen) return nullptr;
  turn->cleaning.emplace(std::move(*chosen));
  return turn;
}

std::optional<Cleaning::Request> Cleaner::choose(const CleanerConfig& config) {
  Choice best;
  double ratio_max = 0;
  const auto logs = host_.all_logs();
  forget_set_aside(logs);
  for (const auto& log : logs) {
    const auto log_config = log->config();
    if (!log_config->cleanup_compact || log->name().topic == cluster_metadata_topic) continue;
    if (log->is_offline() || log->priv().is_moving() || is_set_aside(log->name())) continue;
    const auto before = log->priv().segment_list();
    // Before the range: what cuts the log from here on ends the cleaning.
    const auto generation = log->priv().current_generation();
    const auto positions = log->positions();
    const auto range = range_of(*log, *log_config, positions);
    if (!range) {
      // Not if somebody has just taken segments away.
      const bool is_same = before == log->priv().segment_list() && !log->is_offline();
      if (!is_same) continue;
      failures_.fetch_add(1, std::memory_order_relaxed);
      put_aside(log->name(), range.error());
      continue;
    }
    ratio_max = std::max(ratio_max, range->dirty_bytes > 0 ? range->dirty_ratio() : 0);
    if (!range->is_due(*log_config)) continue;
    if (best.log != nullptr && range->dirty_ratio() <= best.range.dirty_ratio()) continue;
    best = {.log = log, .range = *range, .generation = generation};
    best.on_disk_first =
        log_config->durability == Durability::page_cache ? positions.last_stable_offset : Offset(0);
  }
  dirty_ratio_max_.store(ratio_max, std::memory_order_relaxed);
  last_look_ms_.store(now_ms(dir_), std::memory_order_relaxed);
  if (best.log == nullptr) return std::nullopt;
  return Cleaning::Request{.log = std::move(best.log),
                           .range = best.range,
                           .generation = best.generation,
                           .on_disk_first = best.on_disk_first,
                           .newest = map_for(best.range, config),
                           .step_bytes = step_bytes(config),
                           .now = dir_.wall()};
}

Result<CleanableRange> Cleaner::range_of(Log& log, const LogConfig& config,
                                         const Positions& positions) {
  return cleanable_range(*log.priv().segment_list(), config,
                         {.clean_offset = host_.clean_offset(log.name()),
                          .recovery_point = host_.saved_recovery_point(log.name()),
                          .positions = positions,
                          .wall = dir_.wall()});
}

/// As large as the dirty part can need, at most this cleaning's share of the buffer.
OffsetMap Cleaner::map_for(const CleanableRange& range, const CleanerConfig& config) {
  const auto share = config.dedupe_buffer_bytes / std::max(config.threads, 1);
  const auto slots_max =
      std::max<std::int64_t>(share, 0) / static_cast<std::int64_t>(OffsetMap::slot_bytes);
  const auto load_factor = std::isfinite(config.load_factor)
                               ? std::clamp(config.load_factor, 0.01, 1.0)
                               : CleanerConfig{}.load_factor;
  const auto needed = static_cast<double>(range.end - range.first_dirty) / load_factor + 2;
  const auto slots = std::min(needed, static_cast<double>(slots_max));
  std::array<std::uint8_t, sizeof(SipKey)> bytes{};
  dir_.env().entropy().fill(bytes);
  SipKey secret;
  std::memcpy(&secret, bytes.data(), sizeof secret);
  return OffsetMap(static_cast<std::size_t>(slots), load_factor, secret);
}

std::optional<Cleaner::Outcome> Cleaner::step(Turn& turn, bool& busy) {
  auto& cleaning = *turn.cleaning;
  const auto before = cleaning.stats();
  const auto progress = cleaning.step();
  const auto& after = cleaning.stats();
  bytes_read_.fetch_add(after.bytes_read - before.bytes_read, std::memory_order_relaxed);
  bytes_written_.fetch_add(after.bytes_written - before.bytes_written, std::memory_order_relaxed);
  if (!progress) return on_failed(cleaning, progress.error());
  switch (*progress) {
    case Cleaning::Progress::busy:
      busy = true;
      return std::nullopt;
    case Cleaning::Progress::more:
      return std::nullopt;
    case Cleaning::Progress::ended:
      cleaning.abandon();
      return Outcome::not_done;
    case Cleaning::Progress::done:
      break;
  }
  cleanings_.fetch_add(1, std::memory_order_relaxed);
  const auto freed = static_cast<std::int64_t>(after.bytes_before - after.bytes_after);
  if (freed > 0) bytes_freed_.fetch_add(static_cast<std::uint64_t>(freed));
  dir_.env().log().info("log cleaned log={} end={} bytes_before={} bytes_after={} bytes_read={}",
                        cleaning.log().name(), cleaning.clean_end(), after.bytes_before,
                        after.bytes_after, after.bytes_read);
  return Outcome::cleaned;
}

Cleaner::Outcome Cleaner::on_failed(Cleaning& cleaning, const Error& error) {
  cleaning.abandon();
  if (dir_.is_offline() || cleaning.log().is_offline()) return Outcome::not_done;
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (error.code == Errc::no_space) {
    if (!dir_.below_reserve()) {
      dir_.env().log().warn("no room to clean a log, tried again log={} error=\"{}\"",
                            cleaning.log().name(), error.to_string());
    }
    // A smaller one may have room, and make some.
    const auto backoff = std::max(cleaners_->config().backoff_ms, backoff_ms_min);
    set_aside(cleaning.log().name(), milliseconds(backoff), Why::no_space);
    return Outcome::set_aside;
  }
  put_aside(cleaning.log().name(), error);
  return Outcome::set_aside;
}

bool Cleaner::is_set_aside(const TopicPartition& name) const {
  env::Lock lock(mutex_);
  return set_aside_.contains(name);
}

void Cleaner::forget_set_aside(const std::vector<std::shared_ptr<Log>>& logs) {
  const auto now = dir_.env().clock().now();
  env::Lock lock(mutex_);
  std::erase_if(set_aside_, [&](const auto& entry) {
    return entry.second.until <= now ||
           std::ranges::none_of(logs, [&](const auto& log) { return log->name() == entry.first; });
  });
  count_uncleanable();
}

void Cleaner::count_uncleanable() {
  const auto count = std::ranges::count_if(
      set_aside_, [](const auto& entry) { return entry.second.why == Why::failed; });
  uncleanable_.store(static_cast<std::uint64_t>(count), std::memory_order_relaxed);
}

void Cleaner::put_aside(const TopicPartition& name, const Error& error) {
  dir_.env().log().error("log can not be cleaned, tried again later log={} error=\"{}\"", name,
                         error.to_string());
  set_aside(name, set_aside_for, Why::failed);
}

void Cleaner::set_aside(const TopicPartition& name, Duration time, Why why) {
  const auto now = dir_.env().clock().now();
  env::Lock lock(mutex_);
  set_aside_[name] = {.until = now + time, .why = why};
  count_uncleanable();
}

void Cleaner::collect(LogDirStats& stats) const {
  stats.cleanings = cleanings_.load(std::memory_order_relaxed);
  stats.cleaner_failures = failures_.load(std::memory_order_relaxed);
  stats.cleaner_bytes_read = bytes_read_.load(std::memory_order_relaxed);
  stats.cleaner_bytes_written = bytes_written_.load(std::memory_order_relaxed);
  stats.cleaner_bytes_freed = bytes_freed_.load(std::memory_order_relaxed);
  stats.uncleanable_logs = uncleanable_.load(std::memory_order_relaxed);
  if (const auto last = last_look_ms_.load(std::memory_order_relaxed); last >= 0) {
    stats.cleaner_idle_ms = now_ms(dir_) - last;
  }
  stats.dirty_ratio_max = dirty_ratio_max_.load(std::memory_order_relaxed);
}

}  // namespace moldau::storage
