#include "storage/log_dir.h"

#include <algorithm>

#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

namespace {

constexpr std::uint64_t small_file_bytes_max = std::uint64_t{1} << 20;
constexpr std::uint64_t reserve_bytes_max = std::uint64_t{1} << 30;
constexpr std::uint64_t kept_bytes_max = std::uint64_t{32} << 30;
constexpr std::uint64_t room_again_bytes = 1 << 20;

Result<std::optional<std::string>> read_text(env::Disk& disk, const std::string& path) {
  const auto bytes = env::read_file(disk, path, small_file_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(as_text(*bytes));
}

}  // namespace

LogDir::State::State(env::Env& environment, LogDirOptions dir_options)
    : DirContext(environment, environment.make_pool(dir_options.path),
                 dir_options.open_files != nullptr
                     ? dir_options.open_files
                     : std::make_shared<OpenFiles>(OpenFiles::unlimited),
                 dir_options.is_beside_others),
      options(std::move(dir_options)),
      flusher(*this, options.flush_strategy),
      recovery_points(environment.disk(), options.path, recovery_point_file),
      high_watermarks(environment.disk(), options.path, high_watermark_file),
      log_starts(environment.disk(), options.path, log_start_file),
      clean_offsets(environment.disk(), options.path, clean_offset_file),
      damage(environment.disk(), options.path, damage_file),
      cleaner(*this, *this,
              options.cleaners != nullptr ? options.cleaners : std::make_shared<Cleaners>()),
      scrubber(*this, *this,
               {.bytes_per_second = options.scrub_bytes_per_second,
                .first_after = options.scrub_first_after,
                .interval = options.scrub_interval}) {}

void LogDir::State::shut() {
  offline_.store(true, std::memory_order_release);
  for (const auto& log : all_logs()) {
    auto& log_state = log->priv();
    env::Lock guard(log_state.mutex);
    if (log_state.state != LogState::deleted) log_state.state = LogState::offline;
  }
  pool_.reset();
  lock.reset();
  flusher.drop();
  std::map<TopicPartition, std::shared_ptr<Log>> dropped;
  std::vector<std::shared_ptr<Log>> broken;
  env::Lock guard(mutex);
  logs.swap(dropped);
  repairs.swap(broken);
}

LogDir::LogDir(std::shared_ptr<State> state) : state_(std::move(state)) {}
LogDir::~LogDir() {
  state_->shut();
}

Result<std::unique_ptr<LogDir>> LogDir::open(env::Env& env, LogDirOptions options) {
  auto dir = std::make_unique<LogDir>(std::make_shared<State>(env, std::move(options)));
  TRY(dir->state_->open());
  return dir;
}

Result<> LogDir::State::open() {
  const auto in_root = [&](std::string_view name) {
    return fmt::format("{}/{}", options.path, name);
  };
  TRY(env::make_directories(disk(), options.path));
  file_system_ = TRY(disk().file_system(options.path));
  lock = TRY(disk().lock(in_root(lock_file)));
  if (const auto text = TRY(read_text(disk(), in_root(meta_properties_file)))) {
    meta = TRY(parse_meta_properties(*text));
  }
  {
    env::Lock guard(checkpoint_mutex);
    TRY(recovery_points.load());
    TRY(high_watermarks.load());
    TRY(log_starts.load());
    // Disposable: where it says nothing, all is dirty.
    if (const auto loaded = clean_offsets.load(); !loaded) {
      if (loaded.error().code != Errc::corrupt) return std::unexpected(loaded.error());
      env_.log().error("damaged, logs are compacted from their start error=\"{}\"",
                       loaded.error().to_string());
    }
    if (const auto loaded = damage.load(); !loaded) {
      if (loaded.error().code != Errc::corrupt) return std::unexpected(loaded.error());
      env_.log().error("damaged, scrubbing has to find again what it says error=\"{}\"",
                       loaded.error().to_string());
    }
  }
  // Gone for good before anything can be appended: a crash from here on is an unclean stop.
  if (const auto text = TRY(read_text(disk(), in_root(clean_shutdown_file)))) {
    clean_epoch = parse_clean_shutdown(*text);
    TRY(disk().remove_file(in_root(clean_shutdown_file)));
  }
  // Also where there is none: a process that was killed may have unlinked it and not synced that.
  TRY(disk().sync_directory(options.path));
  note_free_space();
  return {};
}

void LogDir::State::note_free_space() {
  const auto space = disk().space(options.path);
  if (!space) return;
  const auto reserve =
      options.min_free_bytes.value_or(std::min(space->total_bytes / 100, reserve_bytes_max));
  // Once it was full, a little more than the reserve: it would be full again at once.
  const auto slack = std::min(space->total_bytes / 100, room_again_bytes);
  const bool was = below_reserve();
  const bool below = space->free_bytes < reserve + (was ? slack : 0);
  free_bytes.store(space->free_bytes, std::memory_order_relaxed);
  below_reserve_.store(below, std::memory_order_relaxed);
  // Far from full: what is reserved ahead is nobody else's.
  const auto kept = std::max(2 * reserve, std::min(space->total_bytes / 8, kept_bytes_max));
  spare_bytes_.store(
      static_cast<std::int64_t>(space->free_bytes - std::min(kept, space->free_bytes)),
      std::memory_order_relaxed);
  if (below && !was) {
    env_.log().error("log directory is nearly full, produce is refused dir={} free={} reserve={}",
                     options.path, space->free_bytes, reserve);
  } else if (!below && was) {
    env_.log().info("log directory has room again dir={} free={}", options.path, space->free_bytes);
  }
}

/// Every log ends here at once; nothing is synced or retried any more.
void LogDir::State::take_offline(const Error& error) {
  if (offline_.exchange(true, std::memory_order_acq_rel)) return;
  env_.log().error("log directory goes offline dir={} error=\"{}\"", options.path,
                   error.to_string());
  Wakeups wakeups(env_.workers());
  for (const auto& log : all_logs()) {
    log->priv().go_offline(log, error, LogState::offline, wakeups);
  }
  wakeups.post();
  if (offline_callback) offline_callback(error);
}

std::vector<std::shared_ptr<Log>> LogDir::State::all_logs() const {
  env::Lock guard(mutex);
  std::vector<std::shared_ptr<Log>> result;
  result.reserve(logs.size());
  for (const auto& [name, log] : logs) result.push_back(log);
  return result;
}

const std::string& LogDir::path() const {
  return state_->options.path;
}
env::IoPool& LogDir::pool() {
  return state_->pool();
}
std::optional<BrokerEpoch> LogDir::clean_shutdown_epoch() const {
  return state_->clean_epoch;
}
const std::optional<MetaProperties>& LogDir::meta_properties() const {
  return state_->meta;
}

Result<> LogDir::write_meta_properties(const MetaProperties& properties) {
  TRY(env::replace_file(state_->disk(),
                        fmt::format("{}/{}", state_->options.path, meta_properties_file),
                        as_bytes(format_meta_properties(properties))));
  state_->meta = properties;
  return {};
}

std::shared_ptr<Log> LogDir::find(const TopicPartition& name) const {
  env::Lock guard(state_->mutex);
  const auto found = state_->logs.find(name);
  return found == state_->logs.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Log>> LogDir::logs() const {
  return state_->all_logs();
}

Result<> LogDir::State::forget_durably(std::span<const KnownLog> gone) {
  env::Lock guard(checkpoint_mutex);
  for (auto* checkpoint : all_checkpoints()) {
    bool stale = false;
    for (const auto& log : gone) {
      stale |= checkpoint->on_disk(log.name).has_value();
      checkpoint->erase(log.name);
    }
    if (stale) TRY(checkpoint->save());
  }
  return {};
}

Result<> LogDir::State::make_partition_directory(const KnownLog& log, FlushItem& made) {
  made.directory = fmt::format("{}/{}", options.path, partition_directory_name(log.name));
  made.dirty.directory = true;
  TRY(disk().make_directory(made.directory));
  if (!log.topic_id.is_zero()) {
    const auto text = format_partition_metadata(log.topic_id, log.name);
    made.dirty.files.push_back(TRY(write_file(
        disk(), fmt::format("{}/{}", made.directory, partition_metadata_file), as_bytes(text))));
  }
  auto file = TRY(write_file(
      disk(), fmt::format("{}/{}", made.directory, segment_file_name(Offset(0), log_suffix)),
      Bytes{}));
  if (log.config->preallocate) {
    TRY(file->reserve(static_cast<std::uint64_t>(log.config->segment_bytes)));
  }
  made.dirty.files.push_back(std::move(file));
  return {};
}

Result<std::vector<std::shared_ptr<Log>>> LogDir::create(std::span<const KnownLog> new_logs) {
  auto& state = *state_;
  if (state.is_offline()) return fail(Errc::io, "log directory is offline");
  for (const auto& log : new_logs) {
    const auto path = fmt::format("{}/{}", state.options.path, partition_directory_name(log.name));
    if (TRY(state.disk().exists(path))) return fail(Errc::exists, path);
  }
  // A partition of that name may have been here before: what the checkpoints say of it must not be
  // taken for the new one's after a crash.
  TRY(state.guarded(state.forget_durably(new_logs)));
  std::vector<FlushItem> made(new_logs.size() + 1);
  const auto make_all = [&]() -> Result<> {
    for (std::size_t i = 0; i < new_logs.size(); ++i) {
      TRY(state.make_partition_directory(new_logs[i], made[i]));
    }
    made.back().directory = state.options.path;
    made.back().dirty.directory = true;
    return sync_all(state.disk(), state.file_system(), state.options.flush_strategy, made);
  };
  if (auto result = make_all(); !result) {
    for (std::size_t i = 0; i < new_logs.size(); ++i) {
      if (!made[i].directory.empty())
        static_cast<void>(remove_all(state.disk(), made[i].directory));
    }
    if (result.error().code != Errc::no_space) state.take_offline(result.error());
    state.note_no_space();  // another directory is better for the next
    return std::unexpected(std::move(result).error());
  }
  std::vector<std::shared_ptr<Log>> created;
  for (std::size_t i = 0; i < new_logs.size(); ++i) {
    LoadedLog loaded{
        .name = new_logs[i].name, .topic_id = new_logs[i].topic_id, .directory = made[i].directory};
    loaded.segments.push_back(std::make_shared<Segment>(state.disk(), made[i].directory, Offset(0),
                                                        0, std::make_unique<MemoryIndexes>()));
    loaded.cursor.created_ms = state.wall().value;
    created.push_back(state.add(std::move(loaded), new_logs[i].config));
  }
  return created;
}

Result<std::string> LogDir::State::rename_away(const TopicPartition& name,
                                               const std::string& directory, DirectoryKind kind) {
  auto renamed =
      fmt::format("{}/{}", options.path, retired_directory_name(name, env_.entropy().uuid(), kind));
  const auto rename = [&]() -> Result<> {
    auto result = disk().rename(directory, renamed);
    // Whoever deletes a topic because the disk is full must not lose the directory by it. What is
    // left after a crash is a replica that is not in the metadata.
    if (!result && result.error().code == Errc::no_space && kind == DirectoryKind::deleted) {
      result = remove_all(disk(), directory);
    }
    TRY(std::move(result));
    return disk().sync_directory(options.path);
  };
  if (auto result = rename(); !result) {
    take_offline(result.error());
    return std::unexpected(std::move(result).error());
  }
  return renamed;
}

Result<> LogDir::State::rename_durably(const std::string& from, const std::string& to) {
  TRY(guarded(disk().rename(from, to)));
  const auto synced = disk().sync_directory(options.path);
  if (synced) return {};
  take_offline(synced.error());
  return fail(Errc::io, synced.error().to_string());  // also without room: a name has changed
}

Result<> LogDir::State::guarded(Result<> result) {
  const bool passes =
      result || result.error().code == Errc::no_space || result.error().code == Errc::exists;
  if (!passes) take_offline(result.error());
  return result;
}

void LogDir::State::forget_checkpoints(const TopicPartition& name) {
  env::Lock guard(checkpoint_mutex);
  for (auto* checkpoint : all_checkpoints()) {
    checkpoint->erase(name);
  }
}

void LogDir::forget(const TopicPartition& name) {
  state_->forget_checkpoints(name);
}

/// A deleted partition's directory is there until the recovery points have forgotten it; a stray is
/// there for good, and another partition of its name may be on its way to any directory. So the
/// checkpoints forget it at once: a start that found only its line would take that one for
/// vanished.
Result<> LogDir::State::forget_stray(const TopicPartition& name) {
  const KnownLog stray{.name = name, .topic_id = {}, .config = nullptr};
  auto forgotten = guarded(forget_durably(std::span(&stray, 1)));
  if (!forgotten && forgotten.error().code == Errc::no_space) return {};  // soon, by housekeeping
  return forgotten;
}

/// Exclusive, pool: the log has ended, nobody writes.
Result<> LogDir::State::retire(Log& log, DirectoryKind kind) {
  auto& log_state = log.priv();
  {
    env::Lock guard(mutex);
    logs.erase(log.name());  // no housekeeping finds it any more
  }
  if (kind == DirectoryKind::stray) TRY(forget_stray(log.name()));
  auto renamed = TRY(rename_away(log.name(), log.directory(), kind));
  std::int64_t delay_ms = 0;
  {
    env::Lock guard(log_state.mutex);
    log_state.directory = renamed;
    delay_ms = log_state.config->file_delete_delay_ms;
  }
  forget_checkpoints(log.name());
  if (kind == DirectoryKind::deleted) remove_later(std::move(renamed), delay_ms);
  return {};
}

namespace {

Error log_removed() {
  return Error{.code = Errc::closed, .context = "log was removed"};
}

}  // namespace

env::Task<Result<>> LogDir::remove(std::shared_ptr<Log> log, env::Worker& home) {
  auto& state = *state_;
  {
    Wakeups wakeups(state.env().workers());
    log->priv().go_offline(log, log_removed(), LogState::deleted, wakeups);
  }
  co_return co_await log->priv().exclusive(log, LogState::deleted, home, [&state, &log] {
    return state.retire(*log, DirectoryKind::deleted);
  });
}

env::Task<Result<>> LogDir::make_stray(std::shared_ptr<Log> log, env::Worker& home) {
  auto& state = *state_;
  {
    Wakeups wakeups(state.env().workers());
    log->priv().go_offline(log, log_removed(), LogState::deleted, wakeups);
  }
  co_return co_await log->priv().exclusive(log, LogState::deleted, home, [&state, &log] {
    return state.retire(*log, DirectoryKind::stray);
  });
}

env::Task<Result<>> LogDir::retire_quarantined(TopicPartition name, DirectoryKind kind,
                                               env::Worker& home) {
  auto& state = *state_;
  co_return co_await env::run_on(
      state.pool(), env::IoClass::flush, home, [&state, &name, kind]() -> Result<> {
        const auto directory =
            fmt::format("{}/{}", state.options.path, partition_directory_name(name));
        auto renamed = TRY(state.rename_away(name, directory, kind));
        // Not before: what is damaged must not be recovered as if nothing were known of it.
        if (kind == DirectoryKind::stray) return state.forget_stray(name);
        state.forget_checkpoints(name);
        if (kind == DirectoryKind::deleted) {
          state.remove_later(std::move(renamed), LogConfig{}.file_delete_delay_ms);
        }
        return {};
      });
}

env::Task<> LogDir::run(env::Worker& home) {
  for (;;) {
    const auto next = home.now() + milliseconds(state_->options.flush_checkpoint_ms);
    if (!co_await env::sleep_until(home, next)) co_return;
    co_await env::run_on(state_->pool(), env::IoClass::background, home,
                         [this] { state_->housekeeping(); });
  }
}

void LogDir::housekeeping() {
  state_->housekeeping();
}

env::Task<> LogDir::run_cleaner(env::Worker& home) {
  return state_->cleaner.run(home);
}

bool LogDir::clean_one() {
  return state_->cleaner.clean_one();
}

env::Task<> LogDir::run_scrubber(env::Worker& home) {
  return state_->scrubber.run(home);
}

void LogDir::scrub_all() {
  state_->scrubber.scrub_all();
}

Result<> LogDir::checkpoint_high_watermarks() {
  return state_->write_high_watermarks();
}

Result<> LogDir::checkpoint_log_starts() {
  if (state_->is_offline()) return fail(Errc::io, "log directory is offline");
  auto written = state_->write_log_starts();
  state_->note_checkpoint(log_start_file, written);
  return written;
}

bool LogDir::is_offline() const {
  return state_->is_offline();
}

void LogDir::take_offline(const Error& error) {
  state_->take_offline(error);
}

void LogDir::on_offline(std::function<void(const Error&)> callback) {
  state_->offline_callback = std::move(callback);
}

LogDirStats LogDir::stats() const {
  return state_->stats();
}

LogDirStats LogDir::State::stats() const {
  LogDirStats stats;
  flusher.collect(stats);
  cleaner.collect(stats);
  scrubber.collect(stats);
  stats.bytes_appended = counters_.bytes_appended.load(std::memory_order_relaxed);
  stats.writes = counters_.writes.load(std::memory_order_relaxed);
  stats.slow_writes = counters_.slow_writes.load(std::memory_order_relaxed);
  stats.moves_in = moves_in.load(std::memory_order_relaxed);
  stats.move_bytes_in = move_bytes_in.load(std::memory_order_relaxed);
  stats.append_failures = counters_.append_failures.load(std::memory_order_relaxed);
  const auto unflushed = unflushed_bytes_.load(std::memory_order_relaxed);
  stats.unflushed_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(unflushed, 0));
  for (const auto& log : all_logs()) {
    ++stats.logs;
    stats.log_bytes += log->size_bytes();
    auto& log_state = log->priv();
    env::Lock guard(log_state.mutex);
    stats.queued_bytes += log_state.queued_bytes;
    stats.quarantined_logs += log_state.quarantined ? 1 : 0;
  }
  stats.free_bytes = free_bytes.load(std::memory_order_relaxed);
  stats.below_reserve = below_reserve();
  stats.offline = is_offline();
  return stats;
}

}  // namespace moldau::storage
