// What a log directory writes down from time to time, and what else is due then.

#include <algorithm>

#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

namespace {

constexpr std::uint64_t checkpoint_bytes_max = std::uint64_t{256} << 20;

/// Sealed segments that somebody has read keep their files open; they are opened again when needed.
void close_idle_files(Log& log) {
  const auto list = log.priv().segment_list();
  for (std::size_t i = 0; i + 1 < list->size(); ++i) (*list)[i]->close_files();
}

Result<> remove_entries(env::Disk& disk, const std::string& directory,
                        std::span<const env::DirEntry> entries) {
  for (const auto& entry : entries) {
    TRY(remove_all(disk, fmt::format("{}/{}", directory, entry.name)));
  }
  return {};
}

}  // namespace

Result<> CheckpointFile::load() {
  const auto bytes = env::read_file(disk_, path_, checkpoint_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return {};
  if (!bytes) return std::unexpected(bytes.error());
  auto parsed = parse_offset_checkpoint(as_text(*bytes), name_);
  if (!parsed) return std::unexpected(std::move(parsed).error().within(path_));
  on_disk_ = *parsed;
  entries_ = std::move(*parsed);
  exists_ = true;
  return {};
}

std::optional<Offset> CheckpointFile::find(const TopicPartition& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Offset> CheckpointFile::on_disk(const TopicPartition& name) const {
  const auto found = on_disk_.find(name);
  return found == on_disk_.end() ? std::nullopt : std::optional(found->second);
}

Result<> CheckpointFile::save() {
  if (exists_ && entries_ == on_disk_) return {};
  TRY(env::replace_file(disk_, path_, as_bytes(format_offset_checkpoint(entries_, name_))));
  on_disk_ = entries_;
  exists_ = true;
  return {};
}

Result<> replace_files(env::Disk& disk, env::FileSystem& file_system,
                       std::span<const SmallFile> files) {
  if (files.size() <= flush_files_max) {
    for (const auto& file : files) TRY(env::replace_file(disk, file.path, as_bytes(file.text)));
    return {};
  }
  std::vector<FlushItem> written(1);
  for (const auto& file : files) {
    written[0].dirty.files.push_back(
        TRY(write_file(disk, file.path + ".tmp", as_bytes(file.text))));
  }
  TRY(sync_all(disk, file_system, FlushStrategy::automatic, written));
  std::vector<FlushItem> renamed;
  for (const auto& file : files) {
    TRY(disk.rename(file.path + ".tmp", file.path));
    auto& item = renamed.emplace_back();
    item.directory = env::parent_path(file.path);
    item.dirty.directory = true;
  }
  return sync_all(disk, file_system, FlushStrategy::automatic, renamed);
}

/// The epoch files of those logs whose recovery point could not move otherwise.
Result<> LogDir::State::save_epochs(const std::vector<std::shared_ptr<Log>>& logs_to_save) {
  struct Saving {
    Log::Private* state;
    std::uint64_t version;
  };
  std::vector<Saving> saving;
  std::vector<SmallFile> files;
  for (const auto& log : logs_to_save) {
    auto& state = log->priv();
    const auto due = [&state] {
      env::Lock guard(state.mutex);
      return state.epochs_unsaved_from && *state.epochs_unsaved_from < state.durable.offset;
    };
    // The directory must not be renamed under the file that is being written.
    if (!due() || !state.begin_maintenance()) continue;
    env::Lock guard(state.mutex);
    files.push_back({fmt::format("{}/{}", state.directory, leader_epoch_file),
                     format_epoch_checkpoint(state.epochs.entries())});
    saving.push_back({&state, state.epochs_version});
  }
  if (files.empty()) return {};
  const auto replace_all = [&]() -> Result<> {
    for (std::span<const SmallFile> rest(files); !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), open_files()->in_bulk()));
      TRY(replace_files(disk(), file_system(), some));
      rest = rest.subspan(some.size());
    }
    return {};
  };
  auto result = replace_all();
  for (const auto& [state, version] : saving) {
    if (result) {
      env::Lock guard(state->mutex);
      state->epochs_saved = version;
      if (state->epochs_version == version) state->epochs_unsaved_from.reset();
    }
    state->end_maintenance();
  }
  return result;
}

Result<> LogDir::State::write_recovery_points() {
  env::Lock guard(checkpoint_mutex);
  return save_recovery_points();
}

Result<> LogDir::State::save_recovery_points() {
  const auto current = all_logs();
  for (const auto& log : current) {
    auto& state = log->priv();
    env::Lock guard(state.mutex);
    // Not above an epoch that only the batches behind the point can tell of.
    const auto point = state.epochs_unsaved_from
                           ? std::min(state.durable.offset, *state.epochs_unsaved_from)
                           : state.durable.offset;
    // While the log is cut or undone the point goes down only.
    if (state.state == LogState::ok || point < state.recovery_point) state.recovery_point = point;
    recovery_points.set(state.name, state.recovery_point);
  }
  return recovery_points.save();
}

Result<> LogDir::State::write_high_watermarks() {
  env::Lock guard(checkpoint_mutex);
  for (const auto& log : all_logs()) {
    // Raft finds its high watermark by itself.
    if (log->name().topic == cluster_metadata_topic) continue;
    high_watermarks.set(log->name(), log->positions().high_watermark);
  }
  return high_watermarks.save();
}

Result<> LogDir::State::write_log_starts() {
  env::Lock guard(checkpoint_mutex);
  for (const auto& log : all_logs()) {
    const auto start = log->positions().log_start;
    // As Kafka: only where the first segment does not say it. But what is in the file stays: the
    // segments before the first are gone for good only when their directory has been synced.
    if (start > log->priv().segment_list()->front()->base_offset() ||
        log_starts.find(log->name())) {
      log_starts.set(log->name(), start);
    } else {
      log_starts.erase(log->name());
    }
  }
  return log_starts.save();
}

Result<> LogDir::State::set_clean_offset(const TopicPartition& name, Offset offset) {
  env::Lock guard(checkpoint_mutex);
  clean_offsets.set(name, offset);
  return clean_offsets.save();
}

Result<> LogDir::State::lower_clean_offset(const TopicPartition& name, Offset end) {
  env::Lock guard(checkpoint_mutex);
  const auto known = clean_offsets.find(name);
  if (!known || *known <= end) return {};
  clean_offsets.set(name, end);
  return clean_offsets.save();
}

std::optional<Offset> LogDir::State::clean_offset(const TopicPartition& name) {
  env::Lock guard(checkpoint_mutex);
  return clean_offsets.find(name);
}

Offset LogDir::State::saved_recovery_point(const TopicPartition& name) {
  env::Lock guard(checkpoint_mutex);
  return recovery_points.on_disk(name).value_or(Offset(0));
}

/// A full disk passes, and what is not written now is written then; any other error does not. Said
/// unless a full disk has been said already.
void LogDir::State::note_checkpoint(std::string_view what, const Result<>& result) {
  if (result) return;
  if (result.error().code == Errc::no_space) {
    if (!below_reserve()) {
      env_.log().warn("checkpoint not written, tried again file={} dir={} error=\"{}\"", what,
                      options.path, result.error().to_string());
    }
    note_no_space();
    return;
  }
  take_offline(Error(result.error()).within(what));
}

void LogDir::State::housekeeping() {
  if (is_offline()) return;
  const auto now = env_.clock().now();
  note_free_space();
  auto emptied = empty_due();
  repair_due();
  const auto current = all_logs();
  const auto wall_now = wall();
  for (const auto& log : current) {
    auto& state = log->priv();
    bool flush_due = false;
    {
      env::Lock guard(state.mutex);
      const auto& config = *state.config;
      flush_due = config.durability == Durability::page_cache && !state.dirty.empty() &&
                  config.flush_ms != never && to_ms(now - state.last_flush) >= config.flush_ms;
    }
    if (flush_due) mark_dirty(log);
  }
  {
    env::Lock guard(checkpoint_mutex);
    note_checkpoint(leader_epoch_file, save_epochs(current));
    if (is_offline()) return;
    const auto saved = save_recovery_points();
    note_checkpoint(recovery_point_file, saved);
    if (saved) {
      remove_emptied(std::move(emptied));
    } else {
      for (auto& path : emptied) remove_later(std::move(path), 0);
    }
    // Of a disk that was full when the damage was found.
    if (!is_offline()) note_checkpoint(damage_file, damage.save());
  }
  if (now >= next_high_watermarks && !is_offline()) {
    next_high_watermarks = now + milliseconds(options.high_watermark_checkpoint_ms);
    note_checkpoint(high_watermark_file, write_high_watermarks());
  }
  if (now >= next_log_starts && !is_offline()) {
    next_log_starts = now + milliseconds(options.log_start_checkpoint_ms);
    note_checkpoint(log_start_file, write_log_starts());
  }
  if (!next_retention) next_retention = now + milliseconds(options.first_retention_ms);
  if (now >= *next_retention && !is_offline()) {
    next_retention = now + milliseconds(options.retention_check_ms);
    for (const auto& log : current) {
      log->expire_producers(wall_now);
      close_idle_files(*log);
      const auto removed = log->apply_retention(wall_now);
      if (!removed) {
        env_.log().error("retention failed log={} error=\"{}\"", log->name(),
                         removed.error().to_string());
      } else if (*removed > 0) {
        env_.log().info("segments removed by retention log={} count={} log_start={}", log->name(),
                        *removed, log->positions().log_start);
      }
    }
  }
}

void LogDir::State::remove_later(std::string path, std::int64_t delay_ms) {
  const auto due = env_.clock().now() + milliseconds(delay_ms);
  env::Lock guard(mutex);
  removals.push_back({std::move(path), due});
}

/// Removes what is due; directories stay, empty, until the recovery points have forgotten them: a
/// start that finds neither would say that the partition has vanished.
std::vector<std::string> LogDir::State::empty_due() {
  const auto now = env_.clock().now();
  std::vector<std::string> due;
  {
    env::Lock guard(mutex);
    std::erase_if(removals, [&](Removal& removal) {
      if (removal.due > now) return false;
      due.push_back(std::move(removal.path));
      return true;
    });
  }
  std::erase_if(due, [this](const std::string& path) {
    const auto entries = disk().list(path);
    const auto removed =
        entries ? remove_entries(disk(), path, *entries) : remove_all(disk(), path);
    if (removed) return !entries;
    env_.log().warn("cannot remove path={} error=\"{}\"", path, removed.error().to_string());
    return true;
  });
  return due;
}

void LogDir::State::remove_emptied(std::vector<std::string> directories) {
  for (const auto& path : directories) {
    const auto removed = disk().remove_directory(path);
    if (!removed) {
      env_.log().warn("cannot remove path={} error=\"{}\"", path, removed.error().to_string());
    }
  }
}

void LogDir::State::repair_later(const std::shared_ptr<Log>& log) {
  env::Lock guard(mutex);
  repairs.push_back(log);
}

void LogDir::State::repair_due() {
  std::vector<std::shared_ptr<Log>> due;
  {
    env::Lock guard(mutex);
    due.swap(repairs);
  }
  for (const auto& log : due) {
    pool().submit(env::IoClass::flush, [log] { log->priv().repair(log); });
  }
}

Result<> remove_all(env::Disk& disk, const std::string& path) {
  if (const auto entries = disk.list(path)) {
    TRY(remove_entries(disk, path, *entries));
    return disk.remove_directory(path);
  }
  auto removed = disk.remove_file(path);
  if (!removed && removed.error().code == Errc::not_found) return {};
  return removed;
}

}  // namespace moldau::storage
