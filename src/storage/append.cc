// Steps 2 and 3 of docs/append.md: give offsets under the mutex, queue the bytes, schedule the
// write.

#include <cstring>
#include <limits>

#include "base/prng.h"
#include "storage/log_private.h"

namespace moldau::storage {

namespace {

/// Index entries that a segment may have: the time index has the larger ones, and a last one is
/// added when it is sealed.
std::size_t index_entries_max(const LogConfig& config) {
  const auto entries =
      static_cast<std::size_t>(config.segment_index_bytes) / IndexEntryCodec<TimeIndexEntry>::size;
  return entries > 1 ? entries - 1 : 1;
}

void plan(SegmentCursor& cursor, const BatchHeader& batch, std::int64_t interval) {
  if (cursor.position == 0) cursor.first_timestamp = batch.max_timestamp;
  cursor.position += batch.size;
  if (cursor.index.bytes_since_entry > interval) {
    cursor.index.bytes_since_entry = 0;
    ++cursor.index.entries;
  }
  cursor.index.bytes_since_entry += static_cast<std::int64_t>(batch.size);
}

AppendStatus status_of(SequenceVerdict verdict) {
  switch (verdict) {
    case SequenceVerdict::out_of_order_sequence:
      return AppendStatus::out_of_order_sequence;
    case SequenceVerdict::invalid_producer_epoch:
      return AppendStatus::invalid_producer_epoch;
    case SequenceVerdict::duplicate:
      return AppendStatus::duplicate;
    case SequenceVerdict::accept:
      break;
  }
  return AppendStatus::assigned;
}

}  // namespace

AppendAnswer Log::Private::append(const std::shared_ptr<Log>& self, AppendRequest request) {
  auto parsed = parse_batch_header(request.batch.bytes());
  CHECK(parsed && parsed->size == request.batch.size() && parsed->magic == records::magic_v2,
        "append of {} bytes that are not one batch", request.batch.size());
  auto& batch = *parsed;
  const auto now = dir.wall();
  AppendAnswer answer{.status = AppendStatus::storage_error};
  bool schedule = false;
  {
    env::Lock lock(mutex);
    if (leaving != Leaving::no) return {.status = AppendStatus::no_room};
    const bool full = request.origin == Origin::client && dir.below_reserve();
    if (state != LogState::ok || dir.is_offline() || full) {
      note_refused(batch, now);
      return answer;
    }
    const auto latest = epochs.latest();
    if (latest && request.leader_epoch < latest->epoch) return {.status = AppendStatus::not_leader};
    if (request.origin == Origin::client && batch.has_producer()) {
      const auto check = producers.check(batch);
      if (check.verdict == SequenceVerdict::duplicate) {
        return answer_duplicate(check.original, request);
      }
      if (check.verdict != SequenceVerdict::accept) return {.status = status_of(check.verdict)};
    }
    if (queued_bytes >= append_queue_bytes_max) return {.status = AppendStatus::no_room};

    const auto count = batch.last_offset - batch.base_offset;
    batch.base_offset = assigned_end;
    batch.last_offset = assigned_end + count;
    batch.leader_epoch = request.leader_epoch;
    auto& item = enqueue(std::move(request.batch), batch, now);
    std::memcpy(item.prefix.data(), item.bytes.data(), QueueItem::prefix_size);
    records::assign_offset(item.prefix, batch.base_offset, batch.leader_epoch);
    item.has_prefix = true;
    if (batch.has_producer() && !batch.is_control()) producers.append(batch, now);

    answer = {.status = AppendStatus::assigned,
              .pending = request.waiter != nullptr,
              .base_offset = batch.base_offset,
              .last_offset = batch.last_offset,
              .max_timestamp = batch.max_timestamp};
    if (request.waiter != nullptr) {
      auto& waiters = request.wait_for == WaitFor::limit ? limit_waiters : committed_waiters;
      waiters.push_back(
          {batch.last_offset, request.wait_for, std::move(request.waiter), request.tag});
    }
    schedule = start_writer();
  }
  if (schedule) schedule_writer(self);
  return answer;
}

void Log::Private::note_refused(const BatchHeader& batch, WallMs now) {
  if (!batch.has_producer() || batch.is_control()) return;
  if (state == LogState::ok) return producers.note_refused(batch, now);
  if (state == LogState::repairing) refused.try_emplace(batch.producer_id, batch);
}

/// The original may still be queued, or written and not yet durable: the duplicate shares its fate.
AppendAnswer Log::Private::answer_duplicate(const ProducerBatch& original, AppendRequest& request) {
  AppendAnswer answer{.status = AppendStatus::duplicate,
                      .base_offset = original.base_offset(),
                      .last_offset = original.last_offset,
                      .max_timestamp = original.timestamp};
  const auto reached = request.wait_for == WaitFor::limit ? limit() : high_watermark;
  if (request.waiter != nullptr && original.last_offset >= reached) {
    answer.pending = true;
    duplicate_waiters.push_back(
        {original.last_offset, request.wait_for, std::move(request.waiter), request.tag});
  }
  return answer;
}

bool Log::Private::should_roll(const BatchHeader& batch, WallMs now) const {
  if (planned.position == 0) return false;
  if (planned.position + batch.size > static_cast<std::uint64_t>(config->segment_bytes))
    return true;
  if (batch.last_offset - planned.segment_base > std::numeric_limits<std::int32_t>::max()) {
    return true;
  }
  if (planned.index.entries >= index_entries_max(*config)) return true;
  const auto waited = planned.first_timestamp >= 0 ? batch.max_timestamp - planned.first_timestamp
                                                   : now.value - planned.created_ms;
  return waited > config->segment_ms - roll_jitter_ms();
}

/// So that not all logs roll at the same moment: drawn for each segment.
std::int64_t Log::Private::roll_jitter_ms() const {
  const auto most = std::min(config->segment_jitter_ms, config->segment_ms);
  if (most <= 0) return 0;
  Prng chance(jitter_seed ^ static_cast<std::uint64_t>(planned.segment_base.value()));
  return static_cast<std::int64_t>(chance.below(static_cast<std::uint64_t>(most)));
}

/// Puts one batch that has its offsets behind the queue, rolling before it if it must.
QueueItem& Log::Private::enqueue(SharedBytes bytes, const BatchHeader& batch, WallMs now) {
  auto& item = queue.emplace_back();
  item.bytes = std::move(bytes);
  item.header = batch;
  if (should_roll(batch, now)) {
    item.roll_before =
        std::make_unique<PlannedRoll>(format_producer_snapshot(producers.snapshot()));
    planned = {.segment_base = batch.base_offset, .created_ms = now.value};
  }
  plan(planned, batch, config->index_interval_bytes);
  note_epoch(batch.leader_epoch, batch.base_offset);
  assigned_end = batch.next_offset();
  queued_bytes += batch.size;
  return item;
}

void Log::Private::note_epoch(LeaderEpoch epoch, Offset start) {
  if (!epochs.assign(epoch, start)) return;
  ++epochs_version;
  if (!epochs_unsaved_from || start < *epochs_unsaved_from) epochs_unsaved_from = start;
}

bool Log::Private::start_writer() {
  if (writer) return false;
  writer = true;
  return true;
}

Result<> Log::Private::append_as_follower(const std::shared_ptr<Log>& self,
                                          const SharedBytes& batches, Gap gap) {
  const auto now = dir.wall();
  std::vector<BatchHeader> headers;
  for (std::size_t at = 0; at < batches.size(); at += headers.back().size) {
    const auto header = TRY(parse_batch_header(batches.bytes().subspan(at)));
    if (header.magic != records::magic_v2) return fail(Errc::unsupported, "old message format");
    if (header.size > batches.size() - at) return fail(Errc::truncated, "partial batch");
    if (!headers.empty() && header.base_offset < headers.back().next_offset()) {
      return fail(Errc::invalid, "offsets do not ascend");
    }
    headers.push_back(header);
  }
  if (headers.empty()) return {};
  bool schedule = false;
  {
    env::Lock lock(mutex);
    if (state == LogState::offline || state == LogState::deleted || dir.is_offline()) {
      return fail(Errc::io, "log is offline");
    }
    if (state != LogState::ok) return fail(Errc::unavailable, "log is being repaired");
    if (queued_bytes >= append_queue_bytes_max) return fail(Errc::unavailable, "queue is full");
    if (headers.front().base_offset < assigned_end) {
      return fail(Errc::invalid, fmt::format("append at {} into a log that ends at {}",
                                             headers.front().base_offset, assigned_end));
    }
    if (gap == Gap::refused && headers.front().base_offset > assigned_end) {
      return fail(Errc::unavailable, "what comes before has failed");
    }
    std::size_t at = 0;
    for (const auto& header : headers) {
      TRY(enqueue_as_follower(batches.slice(at, header.size), header, now));
      at += header.size;
    }
    schedule = start_writer();
  }
  if (schedule) schedule_writer(self);
  return {};
}

Result<> Log::Private::enqueue_as_follower(const SharedBytes& batch, const BatchHeader& header,
                                           WallMs now) {
  std::optional<TxnMarker> marker;
  if (header.has_producer() && header.is_control()) marker = TRY(parse_txn_marker(batch.bytes()));
  auto& item = enqueue(batch, header, now);
  if (!header.has_producer()) return {};
  if (!header.is_control()) {
    producers.append(header, now);
  } else if (marker) {
    const auto completed = producers.append_marker(header, *marker, now);
    if (completed && completed->aborted) {
      item.aborted = std::make_unique<AbortedTxn>(completed->producer_id, completed->first_offset,
                                                  completed->last_offset,
                                                  producers.last_stable_offset(*completed));
    }
  }
  return {};
}

/// Queues a roll without a batch, for a segment that is to go although nothing follows it.
void Log::Private::roll(const std::shared_ptr<Log>& self) {
  const auto now = dir.wall();
  {
    env::Lock lock(mutex);
    if (state != LogState::ok || planned.position == 0) return;
    auto& item = queue.emplace_back();
    item.header.base_offset = assigned_end;
    item.header.last_offset = assigned_end - 1;
    item.roll_before =
        std::make_unique<PlannedRoll>(format_producer_snapshot(producers.snapshot()));
    planned = {.segment_base = assigned_end, .created_ms = now.value};
    if (!start_writer()) return;
  }
  schedule_writer(self);
}

bool Log::Private::wait_for_room(env::Worker& worker, env::Job job) {
  env::Lock lock(mutex);
  const bool full = state == LogState::ok && queued_bytes >= append_queue_bytes_max;
  if (!full && leaving != Leaving::now) return false;
  room_waiters.push_back({&worker, std::move(job)});
  return true;
}

void Log::Private::release_room(Wakeups& wakeups) {
  for (auto& waiter : room_waiters) wakeups.add(*waiter.worker, std::move(waiter.job));
  room_waiters.clear();
}

}  // namespace moldau::storage
