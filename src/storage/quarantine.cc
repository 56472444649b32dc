// Partitions that a scrubber finds damaged: out of service at once, and after the next start.

#include <algorithm>

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_dir_state.h"

namespace moldau::storage {

namespace {

/// Every batch of the segment that has `offset`, which was sealed: what was there is there again.
Result<> check_segment_of(env::Disk& disk, const std::string& directory, Offset offset) {
  std::optional<Offset> base;
  std::optional<Offset> next_base;
  for (const auto& entry : TRY(disk.list(directory))) {
    const auto file = parse_segment_file_name(entry.name);
    if (!file || file->suffix != log_suffix) continue;
    if (file->base <= offset) {
      base = std::max(base.value_or(file->base), file->base);
    } else {
      next_base = std::min(next_base.value_or(file->base), file->base);
    }
  }
  if (!base) return fail(Errc::corrupt, fmt::format("there is no segment with offset {}", offset));
  const auto path = fmt::format("{}/{}", directory, segment_file_name(*base, log_suffix));
  const auto file = TRY(disk.open(path, env::OpenMode::read));
  BatchScanner scanner(*file, 0, TRY(file->size()), ReadMode::blocking, BatchScanner::scan_buffer);
  auto expected = *base;
  for (;;) {
    auto batch = check_next_batch(scanner, *base, expected);
    if (!batch) return std::unexpected(std::move(batch).error().within(path));
    if (!*batch) break;
    expected = (*batch)->header.next_offset();
  }
  if (expected <= offset || (next_base && expected > *next_base)) {
    return fail(Errc::corrupt, fmt::format("{} ends at {}", path, expected));
  }
  return {};
}

}  // namespace

void LogDir::State::quarantine(const std::shared_ptr<Log>& log, Offset damage_at,
                               const Error& error) {
  env_.log().error("partition quarantined, nothing of it was changed partition={} error=\"{}\"",
                   log->name(), error.to_string());
  has_quarantined.store(true, std::memory_order_relaxed);
  auto& log_state = log->priv();
  {
    env::Lock guard(log_state.mutex);
    log_state.quarantined = true;
  }
  {
    Wakeups wakeups(env_.workers());
    log_state.go_offline(log, error, LogState::offline, wakeups);
    wakeups.post();
  }
  env::Lock guard(checkpoint_mutex);
  damage.set(log->name(), damage_at);
  note_checkpoint(damage_file, damage.save());
}

/// A start does not read what is below the recovery point, and so would serve it again.
Result<> LogDir::State::check_known_damage(const TopicPartition& name,
                                           const std::string& directory) {
  std::optional<Offset> damage_at;
  {
    env::Lock guard(checkpoint_mutex);
    damage_at = damage.find(name);
  }
  if (!damage_at) return {};
  auto checked = check_segment_of(disk(), directory, *damage_at);
  // Whatever it is, it concerns this partition alone.
  if (!checked) {
    return fail(Errc::corrupt, "found by scrubbing: " + checked.error().to_string());
  }
  env_.log().info("damage that scrubbing had found is gone partition={}", name);
  env::Lock guard(checkpoint_mutex);
  damage.erase(name);
  note_checkpoint(damage_file, damage.save());
  return {};
}

}  // namespace moldau::storage
