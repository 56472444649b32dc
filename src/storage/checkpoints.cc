#include "storage/checkpoints.h"

#include <charconv>

#include "base/crc32c.h"

namespace moldau::storage {

namespace {

/// Takes the next line off the front; the last one may lack its newline.
std::optional<std::string_view> next_line(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Version line (0) and count line, which open every checkpoint.
Result<std::size_t> parse_count(std::string_view& text) {
  const auto version = next_line(text);
  if (!version || *version != "0") return fail(Errc::corrupt, "checkpoint version is not 0");
  const auto line = next_line(text);
  const auto count = line ? number<std::int64_t>(*line) : std::nullopt;
  if (!count || *count < 0) return fail(Errc::corrupt, "checkpoint without a count");
  return static_cast<std::size_t>(*count);
}

std::unexpected<Error> bad_line(std::string_view line) {
  return fail(Errc::corrupt, fmt::format("checkpoint line '{}'", line.substr(0, 80)));
}

/// The entry that holds the checksum: no topic may have such a name, and Apache ignores partitions
/// that it has no log of.
const TopicPartition& checksum_entry() {
  static const TopicPartition entry{"#crc32c", PartitionId(0)};
  return entry;
}

bool is_no_topic(std::string_view name) {
  return name.starts_with('#');
}

Offset checksum_of(const OffsetCheckpoint& offsets, std::string_view file) {
  auto crc = crc32c(as_bytes(file));
  for (const auto& [name, offset] : offsets) {
    const auto line = fmt::format("\n{} {} {}", name.topic, name.partition, offset);
    crc = crc32c(as_bytes(line), crc);
  }
  return Offset(crc);
}

}  // namespace

Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text, std::string_view file) {
  if (text.empty()) return {};
  const auto count = TRY(parse_count(text));
  OffsetCheckpoint offsets;
  while (const auto line = next_line(text)) {
    const auto second = line->rfind(' ');
    const auto first = second == std::string_view::npos ? second : line->rfind(' ', second - 1);
    if (first == std::string_view::npos || first == 0) return bad_line(*line);
    const auto partition = number<std::int32_t>(line->substr(first + 1, second - first - 1));
    const auto offset = number<std::int64_t>(line->substr(second + 1));
    if (!partition || *partition < 0 || !offset || *offset < 0) return bad_line(*line);
    offsets.insert_or_assign(
        TopicPartition{std::string(line->substr(0, first)), PartitionId(*partition)},
        Offset(*offset));
  }
  if (offsets.size() != count) return fail(Errc::corrupt, "checkpoint with a wrong count");
  if (const auto checksum = offsets.extract(checksum_entry())) {
    if (checksum.mapped() != checksum_of(offsets, file)) {
      return fail(Errc::corrupt, "checkpoint with a wrong checksum");
    }
  }
  for (const auto& [name, offset] : offsets) {
    if (is_no_topic(name.topic)) return bad_line(name.topic);
  }
  return offsets;
}

std::string format_offset_checkpoint(const OffsetCheckpoint& offsets, std::string_view file) {
  std::string text = fmt::format("0\n{}\n", offsets.size() + 1);
  const auto add = [&text](const TopicPartition& name, Offset offset) {
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", name.topic, name.partition, offset);
  };
  for (const auto& [name, offset] : offsets) add(name, offset);
  add(checksum_entry(), checksum_of(offsets, file));
  return text;
}

Result<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text) {
  if (text.empty()) return {};
  const auto count = TRY(parse_count(text));
  std::vector<EpochEntry> entries;
  while (const auto line = next_line(text)) {
    const auto space = line->find(' ');
    if (space == std::string_view::npos) return bad_line(*line);
    const auto epoch = number<std::int32_t>(line->substr(0, space));
    const auto offset = number<std::int64_t>(line->substr(space + 1));
    if (!epoch || *epoch < 0 || !offset || *offset < 0) return bad_line(*line);
    const EpochEntry entry{LeaderEpoch(*epoch), Offset(*offset)};
    if (!entries.empty() && (entry.epoch <= entries.back().epoch ||
                             entry.start_offset <= entries.back().start_offset)) {
      return bad_line(*line);
    }
    entries.push_back(entry);
  }
  if (entries.size() != count) return fail(Errc::corrupt, "checkpoint with a wrong count");
  return entries;
}

std::string format_epoch_checkpoint(const std::vector<EpochEntry>& entries) {
  std::string text = fmt::format("0\n{}\n", entries.size());
  for (const auto& entry : entries) {
    fmt::format_to(std::back_inserter(text), "{} {}\n", entry.epoch, entry.start_offset);
  }
  return text;
}

Result<PartitionMetadata> parse_partition_metadata(std::string_view text) {
  const auto whole = text;
  const auto value_of = [&text](std::string_view key) -> std::optional<std::string_view> {
    const auto line = next_line(text);
    if (!line || !line->starts_with(key)) return std::nullopt;
    return line->substr(key.size());
  };
  if (value_of("version: ") != "0") {
    return fail(Errc::corrupt, "partition.metadata version is not 0");
  }
  const auto id_text = value_of("topic_id: ");
  const auto id = id_text ? Uuid::parse(*id_text) : std::nullopt;
  if (!id || id->is_zero()) return fail(Errc::corrupt, "partition.metadata without a topic id");
  PartitionMetadata metadata{.topic_id = *id};
  if (text.empty()) return metadata;
  const auto partition = value_of("partition: ");
  const auto covered = whole.substr(0, whole.size() - text.size());
  const auto crc_text = value_of("crc32c: ");
  const auto crc = crc_text ? number<std::uint32_t>(*crc_text) : std::nullopt;
  if (!partition || !text.empty() || crc != crc32c(as_bytes(covered))) {
    return fail(Errc::corrupt, "partition.metadata with a wrong checksum");
  }
  metadata.partition = *partition;
  return metadata;
}

std::string format_partition_metadata(const Uuid& topic_id, const TopicPartition& name) {
  auto text = fmt::format("version: 0\ntopic_id: {}\npartition: {}\n", topic_id, name);
  const auto crc = crc32c(as_bytes(text));
  return std::move(text) + fmt::format("crc32c: {}", crc);
}

Result<Uuid> parse_partition_metadata_of(const TopicPartition& name, std::string_view text) {
  auto metadata = TRY(parse_partition_metadata(text));
  if (metadata.partition && *metadata.partition != fmt::format("{}", name)) {
    return fail(Errc::corrupt, fmt::format("partition.metadata of {}", *metadata.partition));
  }
  return metadata.topic_id;
}

BrokerEpoch parse_clean_shutdown(std::string_view text) {
  constexpr std::string_view key = "\"brokerEpoch\"";
  auto at = text.find(key);
  if (at == std::string_view::npos) return BrokerEpoch(-1);
  at = text.find_first_not_of(" \t\r\n:", at + key.size());
  if (at == std::string_view::npos) return BrokerEpoch(-1);
  const auto end = text.find_first_not_of("-0123456789", at);
  const auto epoch = number<std::int64_t>(text.substr(at, end == text.npos ? end : end - at));
  return BrokerEpoch(epoch.value_or(-1));
}

std::string format_clean_shutdown(BrokerEpoch broker_epoch) {
  return fmt::format(R"({{"version":0,"brokerEpoch":{}}})", broker_epoch);
}

}  // namespace moldau::storage
