// One log's part of step 6 of docs/append.md. The rounds are the Flusher's.

#include "storage/log_private.h"

namespace moldau::storage {

/// Collected before anything is synced: what is appended from here on belongs to the next round.
std::optional<FlushItem> Log::Private::take_flush(const std::shared_ptr<Log>& self) {
  env::Lock lock(mutex);
  if (state == LogState::offline || state == LogState::deleted) return std::nullopt;
  if (dirty.empty() && durable.offset == written.offset) return std::nullopt;
  last_flush = dir.env().clock().now();
  return FlushItem{.log = self,
                   .dirty = std::exchange(dirty, {}),
                   .directory = directory,
                   .target = written,
                   .generation = generation};
}

/// The item's files and directory are synced.
bool Log::Private::finish_flush(FlushItem& item, Wakeups& wakeups) {
  bool moved = false;
  {
    env::Lock lock(mutex);
    if (state == LogState::offline || state == LogState::deleted) return true;
    if (generation != item.generation) {
      // A failure or a truncation came in between: the bytes are down, but the target may be gone.
      for (const auto& file : item.dirty.files) dirty.add(file);
      dirty.directory |= item.dirty.directory;
      return false;
    }
    if (item.target.offset > durable.offset) {
      durable = item.target;
      publish();
      release_waiters(wakeups);
      moved = config->durability == Durability::durable;
    }
  }
  if (!moved) return true;
  if (const auto owner = listener()) owner->on_limit(*item.log, wakeups);
  return true;
}

Offset Log::Private::limit() const {
  return config->durability == Durability::page_cache ? written.offset : durable.offset;
}

void Log::Private::publish() {
  // A topic that was switched from page-cache to durable keeps its high watermark.
  const auto committed_limit = std::max(limit(), high_watermark);
  auto stable = high_watermark;
  if (const auto unstable = producers.first_unstable_offset()) stable = std::min(stable, *unstable);
  ends.store({.log_start = log_start,
              .last_stable_offset = std::max(stable, log_start),
              .high_watermark = high_watermark,
              .limit = committed_limit,
              .durable = durable,
              .written = written});
}

void Log::Private::set_high_watermark(Offset new_high_watermark, Wakeups& wakeups) {
  high_watermark = new_high_watermark;
  producers.on_high_watermark(high_watermark);
  publish();
  release_waiters(wakeups);
}

void Log::Private::release_waiters(Wakeups& wakeups) {
  const auto release = [&](std::deque<Waiting>& waiters, Offset reached) {
    while (!waiters.empty() && waiters.front().last_offset < reached) {
      auto& waiting = waiters.front();
      wakeups.add(std::move(waiting.waiter), waiting.tag, AppendOutcome::done);
      waiters.pop_front();
    }
  };
  const auto on_disk = limit();
  const auto committed = high_watermark;
  release(limit_waiters, on_disk);
  release(committed_waiters, committed);
  std::erase_if(duplicate_waiters, [&](Waiting& waiting) {
    const auto reached = waiting.wait_for == WaitFor::limit ? on_disk : committed;
    if (waiting.last_offset >= reached) return false;
    wakeups.add(std::move(waiting.waiter), waiting.tag, AppendOutcome::done);
    return true;
  });
}

}  // namespace moldau::storage
