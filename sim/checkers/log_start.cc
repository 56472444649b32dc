#include "sim/checkers/log_start.h"

#include <fmt/format.h>

#include <algorithm>

#include "env/sim/options.h"

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr Offset up_to_high_watermark{-1};
constexpr std::string_view orderly_stop = "stopped";
}  // namespace

void LogStartMovesForward::see(const Event& event) {
  if (const auto* begun = std::get_if<ReadBegun>(&event)) {
    floors_[begun->read] = std::max(told_[begun->where], deleted_[begun->where]);
  } else if (const auto* fetched = std::get_if<Fetched>(&event)) {
    on_fetched(*fetched);
    floors_.erase(fetched->read);
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    on_listed(*listed);
    floors_.erase(listed->read);
  } else if (const auto* lost = std::get_if<ReadLost>(&event)) {
    floors_.erase(lost->read);
  } else if (const auto* sent = std::get_if<RecordsDeletionSent>(&event)) {
    asked_[sent->deletion] = sent->below;
  } else if (const auto* answered = std::get_if<RecordsDeletionAnswered>(&event)) {
    on_deleted(*answered);
  } else if (const auto* ended = std::get_if<BrokerEnded>(&event)) {
    if (ended->how != orderly_stop) told_.clear();
  }
}

void LogStartMovesForward::raise(std::map<PartitionRef, Offset>& starts, PartitionRef where,
                                 Offset to) {
  Offset& start = starts[where];
  start = std::max(start, to);
}

void LogStartMovesForward::on_fetched(const Fetched& fetched) {
  const TopicKnowledge& topic = catalog().at(fetched.where.topic);
  if (topic.deletion_begun || !topic.retention || catalog().is_cut(fetched.where)) return;
  if (fetched.error == ErrorCode::offset_out_of_range) {
    raise(told_, fetched.where, fetched.from + 1);
  }
  if (fetched.error != ErrorCode::none) return;
  check(fetched.at, fetched.where, fetched.read, fetched.from, "was answered from");
  if (fetched.log_start == no_offset) return;
  check(fetched.at, fetched.where, fetched.read, fetched.log_start, "says that the log starts at");
  if (fetched.log_start > fetched.high_watermark) {
    violated(fetched.at, fetched.where,
             fmt::format("the log starts at {}, above the high watermark {}", fetched.log_start,
                         fetched.high_watermark));
  }
  raise(told_, fetched.where, fetched.log_start);
}

void LogStartMovesForward::on_listed(const OffsetListed& listed) {
  if (listed.which != ListedOffset::earliest || listed.error != ErrorCode::none) return;
  if (catalog().at(listed.where.topic).deletion_begun || catalog().is_cut(listed.where)) return;
  check(listed.at, listed.where, listed.read, listed.offset, "says that the log starts at");
  raise(told_, listed.where, listed.offset);
}

void LogStartMovesForward::on_deleted(const RecordsDeletionAnswered& answered) {
  if (answered.error != ErrorCode::none) return;
  if (answered.low_watermark < asked_[answered.deletion] || answered.low_watermark < Offset(0)) {
    violated(answered.at, answered.where,
             fmt::format("deletion {} below {} leaves {}", answered.deletion,
                         asked_[answered.deletion], answered.low_watermark));
  }
  raise(told_, answered.where, answered.low_watermark);
  raise(deleted_, answered.where, answered.low_watermark);
}

void LogStartMovesForward::check(MonoTime at, PartitionRef where, int read, Offset start,
                                 const char* what) {
  const auto floor = floors_.find(read);
  // What was told by a broker that has crashed meanwhile is forgotten.
  if (floor == floors_.end() || start >= floor->second) return;
  if (start >= std::max(told_[where], deleted_[where])) return;
  violated(at, where,
           fmt::format("the log started at {} before read {} was sent, which {} {}", floor->second,
                       read, what, start));
}

void OnlyWhatMayGoGoes::see(const Event& event) {
  if (const auto* sent = std::get_if<BatchSent>(&event)) {
    if (!catalog().is_trimmed(sent->where.topic)) return;
    partitions_[sent->where].sent.emplace(sent->first,
                                          Batch{sent->count, sent->timestamp, sent->bytes});
  } else if (const auto* acked = std::get_if<BatchAcked>(&event)) {
    if (catalog().is_trimmed(acked->where.topic)) {
      place(acked->where, acked->first, acked->base_offset);
    }
  } else if (const auto* fetched = std::get_if<Fetched>(&event)) {
    if (!catalog().is_trimmed(fetched->where.topic)) return;
    for (const SeenRecord& record : fetched->records) {
      if (record.id) place(fetched->where, *record.id, record.offset);
    }
    on_start(
        fetched->at, fetched->where,
        fetched->error == ErrorCode::offset_out_of_range ? fetched->from + 1 : fetched->log_start);
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    const bool is_start = listed->which == ListedOffset::earliest;
    if (is_start && listed->error == ErrorCode::none) {
      on_start(listed->at, listed->where, listed->offset);
    }
  } else if (const auto* wanted = std::get_if<RecordsDeletionSent>(&event)) {
    Partition& partition = partitions_[wanted->where];
    partition.deletable = std::max(partition.deletable, wanted->below);
    partition.all_deletable |= wanted->below == up_to_high_watermark;
  } else if (const auto* step = std::get_if<ClockStepped>(&event)) {
    newest_before_ = newest_wall(step->at);
    ahead_ = step->ahead;
  } else if (const auto* audit = std::get_if<AuditEnded>(&event)) {
    on_audit(*audit);
  }
}

void OnlyWhatMayGoGoes::place(PartitionRef where, RecordId id, Offset offset) {
  auto& [sent, timestamps, deletable, all_deletable, start] = partitions_[where];
  auto after = sent.upper_bound(id);
  if (after == sent.begin()) return;
  const auto& first = std::prev(after)->first;
  Batch& batch = std::prev(after)->second;
  if (first.actor != id.actor || id.number >= first.number + batch.count || batch.is_placed) return;
  batch.is_placed = true;
  timestamps[offset + (first.number + batch.count - id.number)] = batch.timestamp;
}

WallMs OnlyWhatMayGoGoes::newest_wall(MonoTime at) const {
  const WallMs now{env::sim_wall_start.value + to_ms(at.time_since_epoch() + ahead_)};
  return WallMs{std::max(newest_before_.value, now.value)};
}

bool OnlyWhatMayGoGoes::is_old(WallMs timestamp, Duration keep, MonoTime at) const {
  return newest_wall(at).value - timestamp.value > to_ms(keep);
}

/// By age: as soon as it is told. What has to stay by size can be said at an audit only.
void OnlyWhatMayGoGoes::on_start(MonoTime at, PartitionRef where, Offset start) {
  const TopicKnowledge& topic = catalog().at(where.topic);
  if (topic.deletion_begun || !topic.retention || catalog().is_cut(where)) return;
  Partition& partition = partitions_[where];
  const Offset from = std::max(partition.start, partition.deletable);
  if (start <= partition.start) return;
  partition.start = start;
  if (partition.all_deletable || start <= from || topic.retention->bytes) return;
  if (!topic.retention->time) {
    return violated(at, where,
                    fmt::format("the log starts at {}, and nobody has deleted more than "
                                "what is below {}",
                                start, partition.deletable));
  }
  // The batch that the start is in may be of a segment that is still there.
  for (auto batch = partition.timestamps.upper_bound(from);
       batch != partition.timestamps.end() && batch->first <= start; ++batch) {
    if (is_old(batch->second, *topic.retention->time, at)) continue;
    return violated(
        at, where,
        fmt::format("the log starts at {}, and what is below {} is not older than {} ms", start,
                    batch->first, to_ms(*topic.retention->time)));
  }
}

void OnlyWhatMayGoGoes::on_audit(const AuditEnded& audit) {
  const TopicKnowledge& topic = catalog().at(audit.where.topic);
  if (topic.deletion_begun || !topic.retention || !topic.retention->bytes) return;
  if (catalog().is_cut(audit.where)) return;
  const Partition& partition = partitions_[audit.where];
  if (partition.all_deletable || audit.log_start <= partition.deletable) return;
  // What a crash has taken from the end counted when segments went from the front.
  std::uint64_t bytes = audit.bytes;
  for (const auto& [first, batch] : partition.sent) {
    if (!batch.is_placed) bytes += batch.bytes;
  }
  if (bytes >= static_cast<std::uint64_t>(*topic.retention->bytes)) return;
  const auto last = partition.timestamps.upper_bound(audit.log_start);
  const bool is_last_old =
      topic.retention->time && (last == partition.timestamps.begin() ||
                                is_old(std::prev(last)->second, *topic.retention->time, audit.at));
  if (is_last_old) return;
  violated(audit.at, audit.where,
           fmt::format("the log starts at {} with {} bytes in it, and keeps {}", audit.log_start,
                       bytes, *topic.retention->bytes));
}

}  // namespace moldau::sim
