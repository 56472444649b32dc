#include "storage/file_names.h"

#include <array>
#include <charconv>

#include "base/check.h"

namespace moldau::storage {

namespace {

constexpr std::size_t offset_digits = 20;
constexpr std::size_t unique_digits = 32;
constexpr std::size_t directory_name_max = 255;

struct KindSuffix {
  DirectoryKind kind;
  std::string_view suffix;
};
constexpr std::array<KindSuffix, 3> kind_suffixes = {{
    {DirectoryKind::deleted, "-delete"},
    {DirectoryKind::future, "-future"},
    {DirectoryKind::stray, "-stray"},
}};

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.starts_with('-')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<TopicPartition> parse_topic_partition(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto partition = parse_number<std::int32_t>(name.substr(dash + 1));
  if (!partition) return std::nullopt;
  return TopicPartition{std::string(name.substr(0, dash)), PartitionId(*partition)};
}

}  // namespace

std::string segment_file_name(Offset base, std::string_view suffix) {
  return fmt::format("{:020}{}", base.value(), suffix);
}

std::optional<SegmentFileName> parse_segment_file_name(std::string_view name) {
  if (name.size() <= offset_digits) return std::nullopt;
  const auto base = parse_number<std::int64_t>(name.substr(0, offset_digits));
  if (!base) return std::nullopt;
  const auto rest = name.substr(offset_digits);
  for (const auto suffix : {log_suffix, index_suffix, time_index_suffix, txn_index_suffix,
                            snapshot_suffix, snapshot_copy_suffix}) {
    if (rest == suffix) return SegmentFileName{Offset(*base), suffix};
  }
  return std::nullopt;
}

std::optional<PartitionDirectory> parse_partition_directory(std::string_view name) {
  for (const auto& [kind, suffix] : kind_suffixes) {
    if (!name.ends_with(suffix)) continue;
    auto rest = name.substr(0, name.size() - suffix.size());
    const auto dot = rest.rfind('.');
    if (dot == std::string_view::npos || rest.size() - dot - 1 != unique_digits) continue;
    rest = rest.substr(0, dot);
    auto parsed = parse_topic_partition(rest);
    // The topic may have been cut together with the partition.
    if (!parsed) parsed = TopicPartition{std::string(rest), PartitionId(-1)};
    return PartitionDirectory{std::move(*parsed), kind};
  }
  auto parsed = parse_topic_partition(name);
  // "t-05" beside "t-5" would be the same partition, loaded twice.
  if (!parsed || partition_directory_name(*parsed) != name) return std::nullopt;
  return PartitionDirectory{std::move(*parsed), DirectoryKind::live};
}

std::string partition_directory_name(const TopicPartition& name) {
  return fmt::format("{}", name);
}

std::string retired_directory_name(const TopicPartition& name, const Uuid& unique,
                                   DirectoryKind kind) {
  for (const auto& [candidate, suffix] : kind_suffixes) {
    if (candidate != kind) continue;
    const auto tail =
        fmt::format("-{}.{:016x}{:016x}{}", name.partition, unique.most(), unique.least(), suffix);
    return name.topic.substr(0, directory_name_max - tail.size()) + tail;
  }
  CHECK(false, "a live directory has no retired name");
  return {};
}

}  // namespace moldau::storage
