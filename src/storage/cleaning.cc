#include "storage/cleaning.h"

#include <algorithm>
#include <limits>

#include "storage/file_names.h"

namespace moldau::storage {

namespace {

/// The log's segments that have something in [from, to), which is where segments begin and end.
SegmentList part_of(const SegmentList& list, Offset from, Offset to) {
  SegmentList part;
  for (std::size_t i = 0; i < list.size() && list[i]->base_offset() < to; ++i) {
    if (i + 1 < list.size() && list[i + 1]->base_offset() <= from) continue;
    part.push_back(list[i]);
  }
  return part;
}

std::string cleaned_path(const Segment& segment, std::string_view suffix) {
  return segment.path(suffix) + std::string(cleaned_suffix);
}

}  // namespace

Cleaning::Cleaning(Request request)
    : log_(std::move(request.log)),
      state_(log_->priv()),
      dir_(state_.dir),
      range_(request.range),
      config_(log_->config()),
      step_bytes_(request.step_bytes),
      now_(request.now),
      generation_(request.generation),
      on_disk_first_(request.on_disk_first),
      newest_(std::move(request.newest)),
      map_end_(range_.first_dirty) {}

/// The device can not be trusted after a failed write or sync; a full disk is told to the caller.
template <class T>
Result<T> Cleaning::writing(Result<T> result) {
  if (!result && result.error().code != Errc::no_space) dir_.take_offline(result.error());
  return result;
}

Result<Cleaning::Progress> Cleaning::step() {
  io_bytes_ = 0;
  if (!state_.is_undisturbed(generation_) || !log_->config()->cleanup_compact) {
    return Progress::ended;
  }
  auto progress = phase_step();
  // Whoever has taken the files away meanwhile is no damage.
  if (!progress && !dir_.is_offline() && !reads_what_is_there()) return Progress::ended;
  return progress;
}

Result<Cleaning::Progress> Cleaning::phase_step() {
  switch (phase_) {
    case Phase::map:
      return map_step();
    case Phase::copy:
      return copy_step();
    case Phase::swap:
      return swap_step();
    case Phase::checkpoint:
      return checkpoint_step();
  }
  CHECK(false, "phase {}", static_cast<int>(phase_));
}

bool Cleaning::reads_what_is_there() const {
  if (!state_.is_undisturbed(generation_)) return false;
  if (phase_ == Phase::map) return state_.has_segments(segments_);
  return group_ == groups_.size() || state_.has_segments(groups_[group_]);
}

/// Opens the scanner on segment `at_` of the phase.
Result<> Cleaning::open(const SegmentList& segments) {
  const auto& segment = *segments[at_];
  file_ = TRY(segment.log_file(ReadMode::blocking));
  if (phase_ == Phase::map) {
    scanner_.emplace(TRY(scanner_for(segment, *file_, range_.first_dirty, segment.size(),
                                     ReadMode::blocking, BatchScanner::scan_buffer)));
  } else {
    scanner_.emplace(*file_, 0, segment.size(), ReadMode::blocking, BatchScanner::scan_buffer);
  }
  return {};
}

// --- first pass ----------------------------------------------------------------------------------

Result<Cleaning::Progress> Cleaning::map_step() {
  if (!collector_) {
    if (log_->positions().durable_end < on_disk_first_) {
      dir_.mark_dirty(log_);
      return Progress::busy;
    }
    segments_ = part_of(*state_.segment_list(), range_.first_dirty, range_.end);
    collector_.emplace(newest_, range_.first_dirty,
                       TRY(log_->aborted_transactions(range_.first_dirty, range_.end)));
  }
  while (io_bytes_ < step_bytes_ && at_ < segments_.size()) {
    if (!scanner_) TRY(open(segments_));
    const auto batch = TRY(scanner_->next());
    if (!batch) {
      scanner_.reset();
      ++at_;
      // Offsets may be missing at a segment's end.
      map_end_ = at_ < segments_.size() ? segments_[at_]->base_offset() : range_.end;
      continue;
    }
    const auto& header = batch->header;
    if (header.last_offset < range_.first_dirty) continue;
    io_bytes_ += header.size;
    if (!TRY(collector_->add(TRY(scanner_->whole()), header))) {
      if (map_end_ <= range_.first_dirty) {
        return fail(Errc::too_large, "log.cleaner.dedupe.buffer.size is too small for one batch");
      }
      at_ = segments_.size();
      break;
    }
    map_end_ = header.next_offset();
  }
  stats_.bytes_read += io_bytes_;
  if (at_ == segments_.size()) return end_mapping();
  return Progress::more;
}

Result<Cleaning::Progress> Cleaning::end_mapping() {
  const auto list = state_.segment_list();
  const auto part = part_of(*list, list->front()->base_offset(), map_end_);
  // Retention, or a cut that the next step would notice, may have come in between.
  if (part.empty() || part.size() == list->size()) return Progress::ended;
  const auto end = (*list)[part.size()]->base_offset();
  groups_ = group_segments(part, end, *config_);
  std::vector<ProducerSnapshotEntry> producers;
  {
    env::Lock lock(state_.mutex);
    producers = state_.producers.snapshot();
    batches_of_producers_ = state_.producers.kept_batches();
  }
  for (const auto& entry : producers) {
    if (entry.last_batch.last_offset != no_offset) {
      last_of_producers_.insert(entry.last_batch.last_offset);
    } else {
      known_by_marker_.emplace(entry.producer_id, entry.epoch);
    }
  }
  cleaner_.emplace(CleaningRules{.newest = newest_,
                                 .map_end = map_end_,
                                 .now = now_,
                                 .delete_retention_ms = config_->delete_retention_ms},
                   TRY(log_->aborted_transactions(part.front()->base_offset(), end)));
  collector_.reset();
  scanner_.reset();
  phase_ = Phase::copy;
  group_ = 0;
  at_ = 0;
  return Progress::more;
}

// --- second pass ---------------------------------------------------------------------------------

Result<Cleaning::Progress> Cleaning::copy_step() {
  if (group_ == groups_.size()) {
    phase_ = Phase::checkpoint;
    return Progress::more;
  }
  const auto& group = groups_[group_];
  if (!output_) {
    const auto begun = TRY(begin_output());
    if (begun != Progress::more) return begun;
  }
  while (io_bytes_ < step_bytes_ && at_ < group.size()) {
    if (!scanner_) TRY(open(group));
    const auto batch = TRY(scanner_->next());
    if (!batch) {
      scanner_.reset();
      ++at_;
      continue;
    }
    stats_.bytes_read += batch->header.size;
    io_bytes_ += batch->header.size;
    TRY(copy_batch(*batch));
  }
  TRY(write_buffer());
  if (at_ == group.size()) TRY(end_output());
  return Progress::more;
}

/// The name is made while the directory stays what it is: later it might be another partition's.
Result<Cleaning::Progress> Cleaning::begin_output() {
  const Maintenance maintenance(state_);
  if (!maintenance) return Progress::busy;
  std::uint64_t bytes = 0;
  for (const auto& segment : groups_[group_]) bytes += segment->size();
  const auto& first = *groups_[group_].front();
  // Before the old segments go the new one needs as much again at most.
  if (TRY(dir_.disk().space(first.directory())).free_bytes < bytes) {
    return fail(Errc::no_space, fmt::format("{} bytes for a cleaned segment", bytes));
  }
  output_ = std::make_unique<Output>();
  auto& output = *output_;
  output.made.segment = std::make_shared<Segment>(
      dir_.disk(), first.directory(), first.base_offset(), 0, std::make_unique<MemoryIndexes>());
  output.made.log = TRY(
      writing(write_file(dir_.disk(), cleaned_path(*output.made.segment, log_suffix), Bytes{})));
  at_ = 0;
  scanner_.reset();
  return Progress::more;
}

Result<> Cleaning::copy_batch(const BatchPosition& batch) {
  const auto bytes = TRY(scanner_->whole());
  auto cleaned = TRY(cleaner_->clean(bytes, batch.header, if_empty(batch.header)));
  if (cleaned.aborted) output_->made.aborted.push_back(*cleaned.aborted);
  if (cleaned.kind == CleanedBatch::Kind::as_it_was) return append(bytes, batch.header);
  output_->changed = true;
  if (cleaned.kind == CleanedBatch::Kind::dropped) return {};
  return append(cleaned.bytes.bytes(), TRY(parse_batch_header(cleaned.bytes.bytes())));
}

/// A producer's last batch has the sequence that its next one must follow, and those before it tell
/// a retry after the next start. The last batch of a segment says where the segment ends: a start
/// that completes a swap goes by it.
IfEmpty Cleaning::if_empty(const BatchHeader& header) const {
  const auto& group = groups_[group_];
  const bool last_here = scanner_->position() >= group[at_]->size();
  const bool none_behind = std::all_of(group.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                                       group.end(), [](const auto& s) { return s->size() == 0; });
  if (last_here && none_behind) return IfEmpty::keep;
  if (!header.has_producer()) return IfEmpty::drop;
  if (last_of_producers_.contains(header.last_offset)) return IfEmpty::keep;
  // A transaction's would keep its marker and its index entry with it.
  if (!header.is_transactional() &&
      std::ranges::binary_search(batches_of_producers_, header.last_offset)) {
    return IfEmpty::keep;
  }
  const auto known = known_by_marker_.find(header.producer_id);
  const bool needed = known != known_by_marker_.end() && header.is_control() &&
                      header.producer_epoch == known->second;
  return needed ? IfEmpty::keep : IfEmpty::drop;
}

Result<> Cleaning::append(Bytes batch, const BatchHeader& header) {
  auto& output = *output_;
  if (output.position + batch.size() > std::numeric_limits<std::int32_t>::max()) {
    return fail(Errc::too_large, "the cleaned segment is out of its index's reach");
  }
  output.made.segment->appended(header, output.position, config_->index_interval_bytes,
                                output.cursor);
  output.position += batch.size();
  output.buffer.insert(output.buffer.end(), batch.begin(), batch.end());
  // The second half of the step's bytes may all have been read as one batch.
  return output.buffer.size() < step_bytes_ ? Result<>() : write_buffer();
}

/// Written back at once, so that the sync at the end, and other files' syncs, have little to do.
Result<> Cleaning::write_buffer() {
  auto& output = *output_;
  if (output.buffer.empty()) return {};
  const Bytes piece = output.buffer;
  const auto position = output.position - piece.size();
  TRY(writing(output.made.log->pwritev(std::span(&piece, 1), position)));
  TRY(writing(output.made.log->write_back(position, piece.size())));
  io_bytes_ += piece.size();
  stats_.bytes_written += piece.size();
  output.buffer.clear();
  return {};
}

Result<> Cleaning::end_output() {
  auto& output = *output_;
  const auto& group = groups_[group_];
  const bool nothing_to_do =
      (group.size() == 1 && !output.changed) || output.position == 0;  // empty segments stay
  if (nothing_to_do) {
    abandon();
    next_group();
    return {};
  }
  // Retention counts by it where records have no timestamp: they do not get younger.
  const auto newest = TRY(TRY(group.back()->log_file(ReadMode::blocking))->modified());
  TRY(writing(output.made.log->set_modified(newest)));
  TRY(writing(output.made.log->datasync()));
  output.made.max_timestamp = output.cursor.max_timestamp;
  phase_ = Phase::swap;
  return {};
}

Result<Cleaning::Progress> Cleaning::swap_step() {
  const Maintenance maintenance(state_);
  if (!maintenance) return Progress::busy;
  const auto& group = groups_[group_];
  // Retention may have taken some; a cut has changed the generation.
  if (!state_.is_undisturbed(generation_) || !state_.has_segments(group)) return Progress::ended;
  const auto prepare = [&]() -> Result<> {
    for (const auto& segment : group) TRY(segment->hold_files());
    TRY(writing(state_.prepare_swap(output_->made)));
    return writing(state_.begin_swap(output_->made));
  };
  if (auto prepared = prepare(); !prepared) {
    for (const auto& segment : group) segment->release_files();
    return std::unexpected(std::move(prepared).error());
  }
  for (const auto& segment : group) stats_.bytes_before += segment->size();
  stats_.bytes_after += output_->position;
  auto swapped = state_.swap_segments(group, output_->made);
  if (!swapped) {
    // Some names are changed: only a start can tell which.
    dir_.take_offline(swapped.error());
    return std::unexpected(std::move(swapped).error());
  }
  output_.reset();
  next_group();
  return Progress::more;
}

void Cleaning::next_group() {
  ++group_;
  at_ = 0;
  scanner_.reset();
  file_.reset();
  phase_ = Phase::copy;
}

Result<Cleaning::Progress> Cleaning::checkpoint_step() {
  const Maintenance maintenance(state_);
  if (!maintenance) return Progress::busy;
  if (!state_.is_undisturbed(generation_)) return Progress::ended;
  TRY(writing(dir_.set_clean_offset(state_.name, map_end_)));
  return Progress::done;
}

/// Under the names that they had: in a directory that was renamed they go with it. A swap that has
/// failed leaves what it has: a `.cleaned` file is what tells a start to drop the `.swap` files.
void Cleaning::abandon() {
  if (!output_ || dir_.is_offline()) return output_.reset();
  for (const auto suffix : {log_suffix, index_suffix, time_index_suffix, txn_index_suffix}) {
    const auto removed = dir_.disk().remove_file(cleaned_path(*output_->made.segment, suffix));
    // Left behind, it would make a start drop a later swap that was begun.
    if (!removed && removed.error().code != Errc::not_found) {
      dir_.take_offline(removed.error());
      break;
    }
  }
  output_.reset();
}

}  // namespace moldau::storage
