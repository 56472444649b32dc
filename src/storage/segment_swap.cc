// Cleaned segments take the place of those that they were made of (docs/compaction.md, "The swap").
// A power cut keeps any part of the renames since the last sync of the directory, so there is a
// sync between any two steps whose order counts.

#include <algorithm>

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_private.h"

namespace moldau::storage {

namespace {

/// What the segment's cleaned files are called without `.cleaned`; the log first.
std::vector<std::string> files_of(const CleanedSegment& cleaned) {
  std::vector<std::string> files;
  for (const auto suffix : {log_suffix, index_suffix, time_index_suffix, txn_index_suffix}) {
    if (suffix == txn_index_suffix && cleaned.aborted.empty()) continue;
    files.push_back(cleaned.segment->path(suffix));
  }
  return files;
}

std::string with(const std::string& path, std::string_view suffix) {
  return path + std::string(suffix);
}

/// What a sync of names that has failed leaves, only a start can tell, whatever the error.
Result<> sync_names(DirContext& dir, const std::string& path) {
  auto synced = dir.disk().sync_directory(path);
  if (!synced) dir.take_offline(synced.error());
  return synced;
}

}  // namespace

bool Log::Private::has_segments(const SegmentList& old) const {
  const auto list = segment_list();
  const auto at = std::ranges::search(*list, old);
  return at.size() == old.size();
}

std::uint64_t Log::Private::current_generation() const {
  env::Lock lock(mutex);
  return generation;
}

bool Log::Private::is_undisturbed(std::uint64_t at_generation) const {
  env::Lock lock(mutex);
  return state == LogState::ok && exclusives.empty() && !exclusive_running && !moving &&
         generation == at_generation;
}

/// The rest of the `.cleaned` files, all of them durable.
Result<> Log::Private::prepare_swap(const CleanedSegment& cleaned) {
  std::vector<std::shared_ptr<env::File>> made;
  TRY(write_indexes(dir.disk(), *cleaned.segment, cleaned.max_timestamp, made, cleaned_suffix));
  if (!cleaned.aborted.empty()) {
    made.push_back(
        TRY(write_file(dir.disk(), with(cleaned.segment->path(txn_index_suffix), cleaned_suffix),
                       format_index(cleaned.aborted))));
  }
  for (const auto& file : made) TRY(file->datasync());
  return dir.disk().sync_directory(cleaned.segment->directory());
}

/// From the sync on a start completes the swap; before it, it drops what is there. Without room for
/// the names nothing has happened: as a start would, the `.swap` files go before the `.cleaned`
/// ones, which are the caller's.
Result<> Log::Private::begin_swap(const CleanedSegment& cleaned) {
  auto& disk = dir.disk();
  const auto& directory_path = cleaned.segment->directory();
  const auto files = files_of(cleaned);
  for (const auto& file : files) {
    auto renamed = disk.rename(with(file, cleaned_suffix), with(file, swap_suffix));
    if (renamed) continue;
    if (renamed.error().code == Errc::no_space) {
      for (const auto& made : files) TRY(remove_if_there(disk, with(made, swap_suffix)));
      TRY(sync_names(dir, directory_path));
    }
    return renamed;
  }
  return sync_names(dir, directory_path);
}

Result<> Log::Private::swap_segments(const SegmentList& old, const CleanedSegment& cleaned) {
  auto& disk = dir.disk();
  const auto directory_path = cleaned.segment->directory();
  const auto files = files_of(cleaned);
  std::int64_t delay_ms = 0;
  {
    env::Lock lock(mutex);
    delay_ms = config->file_delete_delay_ms;
  }
  for (const auto& segment : old) {
    for (const auto suffix : {index_suffix, time_index_suffix, txn_index_suffix, log_suffix}) {
      TRY(retire_file(dir, segment->path(suffix), delay_ms));
    }
  }
  TRY(disk.sync_directory(directory_path));

  // The log alone: beside a `.log.swap` a start takes indexes for the old ones' and removes them.
  TRY(disk.rename(with(files.front(), swap_suffix), files.front()));
  TRY(disk.sync_directory(directory_path));
  for (auto file = files.begin() + 1; file != files.end(); ++file) {
    TRY(disk.rename(with(*file, swap_suffix), *file));
  }
  TRY(disk.sync_directory(directory_path));

  // Its files are opened again when they are used, under the names that they have now.
  auto fresh = Segment::sealed(*cleaned.segment, cleaned.max_timestamp);
  fresh->bound_by(dir.open_files());
  {
    env::Lock lock(segments_mutex);
    // The writer may have rolled meanwhile: only its end of the list.
    auto next = std::make_shared<SegmentList>(*segments);
    const auto at = std::ranges::search(*next, old);
    *next->insert(next->erase(at.begin(), at.end()), std::move(fresh));
    segments = std::move(next);
  }
  // As of offsets that no segment begins at any more.
  for (std::size_t i = 1; i < old.size(); ++i) {
    TRY(retire_file(dir, old[i]->path(snapshot_suffix), delay_ms));
  }
  return {};
}

}  // namespace moldau::storage
