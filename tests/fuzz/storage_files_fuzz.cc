/// The small files of a log directory, whole. The first byte chooses the file. What could be read
/// is written and read again: it must be the same.

#include <concepts>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/endian.h"
#include "bounded_work.h"
#include "storage/checkpoints.h"
#include "storage/file_names.h"
#include "storage/index_format.h"
#include "storage/meta_properties.h"
#include "storage/producer_state.h"

namespace moldau::fuzz {
namespace {

enum class File : std::uint8_t {
  offset_checkpoint,
  epoch_checkpoint,
  partition_metadata,
  clean_shutdown,
  meta_properties,
  producer_snapshot,
  offset_index,
  time_index,
  transaction_index,
  names,
};
constexpr std::uint8_t files = 10;

/// A line "t 0 0" becomes a node of a map with its key and a few pointers.
constexpr WorkLimit file_limit{
    .memory_per_byte = 48, .memory_fixed = 8 << 10, .steps_per_byte = 400, .steps_fixed = 4000};

/// `parse` within the limit; then formatted, parsed and formatted once more gives the same.
void try_file(auto input, auto parse, auto format) {
  const auto value = [&] {
    const BoundedWork bounded(input.size(), file_limit);
    return parse(input);
  }();
  if (!value) return;
  const auto written = format(*value);
  const auto again = parse(decltype(input)(written));
  CHECK(again, "what was written cannot be read: {}", again.error().to_string());
  CHECK(format(*again) == written, "what was written came back another");
}

template <class Entry>
void try_index(Bytes input) {
  try_file(input, storage::parse_index<Entry>,
           [](const std::vector<Entry>& entries) { return storage::format_index(entries); });
}

/// Chance does not find the checksum, which lies behind the version.
std::vector<std::uint8_t> with_right_checksum(Bytes snapshot) {
  constexpr std::size_t crc_at = 2;
  constexpr std::size_t covered_at = 6;
  std::vector<std::uint8_t> bytes(snapshot.begin(), snapshot.end());
  if (bytes.size() >= covered_at) {
    store_be(bytes.data() + crc_at, crc32c(Bytes(bytes).subspan(covered_at)));
  }
  return bytes;
}

void try_producer_snapshot(Bytes input) {
  (void)storage::parse_producer_snapshot(input);
  const std::vector<std::uint8_t> bytes = with_right_checksum(input);
  try_file(Bytes(bytes), storage::parse_producer_snapshot, storage::format_producer_snapshot);
}

void try_names(std::string_view name) {
  const BoundedWork bounded(name.size(), file_limit);
  const auto segment = storage::parse_segment_file_name(name);
  if (segment) CHECK(storage::segment_file_name(segment->base, segment->suffix) == name);
  const auto directory = storage::parse_partition_directory(name);
  if (directory && directory->kind == storage::DirectoryKind::live) {
    CHECK(storage::partition_directory_name(directory->name) == name, "{}", name);
  }
}

void try_meta_properties(std::string_view text) {
  const BoundedWork bounded(text.size(), file_limit);
  (void)storage::parse_meta_properties(text);
}

void try_input(Bytes input) {
  const auto file = static_cast<File>(take_byte(input) % files);
  const std::string_view text = as_text(input);
  switch (file) {
    case File::offset_checkpoint:
      return try_file(
          text,
          [](std::string_view one) {
            return storage::parse_offset_checkpoint(one, storage::log_start_file);
          },
          [](const storage::OffsetCheckpoint& offsets) {
            return storage::format_offset_checkpoint(offsets, storage::log_start_file);
          });
    case File::epoch_checkpoint:
      return try_file(text, storage::parse_epoch_checkpoint, storage::format_epoch_checkpoint);
    case File::partition_metadata:
      return try_file(
          text, storage::parse_partition_metadata, [](const storage::PartitionMetadata& metadata) {
            return storage::format_partition_metadata(metadata.topic_id, {"b-c", PartitionId(12)});
          });
    case File::clean_shutdown: {
      const BoundedWork bounded(text.size(), file_limit);
      (void)storage::parse_clean_shutdown(text);
      return;
    }
    case File::meta_properties:
      // A cluster's id has neither; other files are read, but not written by us.
      if (text.find_first_of("\\ ") != std::string_view::npos) return try_meta_properties(text);
      return try_file(text, storage::parse_meta_properties, storage::format_meta_properties);
    case File::producer_snapshot:
      return try_producer_snapshot(input);
    case File::offset_index:
      return try_index<storage::OffsetIndexEntry>(input);
    case File::time_index:
      return try_index<storage::TimeIndexEntry>(input);
    case File::transaction_index:
      return try_index<storage::AbortedTxn>(input);
    case File::names:
      return try_names(text);
  }
}

}  // namespace
}  // namespace moldau::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  moldau::fuzz::try_input(moldau::fuzz::input_of(data, size));
  return 0;
}
