#include "apps/cli/fetched_record.h"

#include <algorithm>
#include <set>

#include "protocol/messages/fetch.h"
#include "records/batch.h"
#include "records/legacy.h"
#include "records/record.h"

namespace moldau::apps {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;

/// Batches without a record for a consumer that are stepped over, and no more.
constexpr int batches_max = 64;

std::optional<std::int64_t> time_or_none(std::int64_t timestamp) {
  return timestamp < 0 ? std::nullopt : std::optional(timestamp);
}

std::optional<std::int64_t> size_of(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional(static_cast<std::int64_t>(bytes->size())) : std::nullopt;
}

std::string beginning(const std::optional<Bytes>& key) {
  return std::string(as_text(key.value_or(Bytes())).substr(0, FetchedRecord::key_bytes_shown));
}

FetchedRecord unreadable(const records::BatchView& batch, std::int64_t offset, const Error& why) {
  const auto codec = batch.codec();
  return {.offset = std::max(offset, batch.base_offset().value()),
          .timestamp_ms = std::nullopt,
          .key_bytes = {},
          .key = {},
          .value_bytes = {},
          .batch_bytes = static_cast<std::int64_t>(batch.size_in_bytes()),
          .codec = std::string(codec ? records::name(*codec) : "undefined"),
          .broken = why.to_string()};
}

/// Null: compaction has left nothing at the offset or behind it.
std::optional<FetchedRecord> look_into(const records::BatchView& batch, std::int64_t offset) {
  if (const auto crc = batch.verify_crc(); !crc) return unreadable(batch, offset, crc.error());
  records::Decompressor decompressor;
  auto reader = records::read_records(batch, decompressor);
  if (!reader) return unreadable(batch, offset, reader.error());
  records::RecordView record;
  std::optional<FetchedRecord> found;
  while (reader->next(record)) {
    const auto at = records::offset_of(batch, record).value();
    if (at < offset || found) continue;
    found = FetchedRecord{.offset = at,
                          .timestamp_ms = time_or_none(records::timestamp_of(batch, record)),
                          .key_bytes = size_of(record.key),
                          .key = beginning(record.key),
                          .value_bytes = size_of(record.value),
                          .batch_bytes = static_cast<std::int64_t>(batch.size_in_bytes()),
                          .codec = std::string(records::name(*batch.codec())),
                          .broken = {}};
  }
  // Clients read whole batches: what is wrong behind the record stops them as well.
  if (const auto status = reader->status(); !status) {
    return unreadable(batch, offset, status.error());
  }
  return found;
}

/// Of a format before 2. Null: not readable either.
std::optional<FoundRecord> look_into_legacy(Bytes bytes, std::int64_t offset) {
  const auto message = records::LegacyMessage::parse(bytes);
  if (!message) return std::nullopt;
  FoundRecord result{.record = {}, .next_offset = message->record().offset.value() + 1};
  records::Decompressor decompressor;
  const auto read = message->each(
      decompressor, records::uncompressed_bytes_max, [&](const records::LegacyRecord& record) {
        if (record.offset.value() < offset || result.record) return;
        result.record = FetchedRecord{.offset = record.offset.value(),
                                      .timestamp_ms = time_or_none(record.timestamp),
                                      .key_bytes = size_of(record.key),
                                      .key = beginning(record.key),
                                      .value_bytes = size_of(record.value),
                                      .batch_bytes = static_cast<std::int64_t>(bytes.size()),
                                      .codec = std::string(records::name(message->codec())),
                                      .broken = {}};
      });
  if (!read) return std::nullopt;
  return result;
}

struct Leader {
  NodeId node{};
  Uuid topic_id;
};

Result<std::map<TopicPartition, Leader>> leaders_of(Wire& wire, const OffsetMap& offsets) {
  std::set<std::string> topics;
  for (const auto& [partition, offset] : offsets) topics.insert(partition.topic);
  const auto metadata = TRY(wire.metadata({topics.begin(), topics.end()}));
  std::map<TopicPartition, Leader> result;
  for (const auto& topic : metadata->topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.leader_id == no_node) continue;
      const TopicPartition one{topic.name.value_or("").str(), partition.partition_index.value()};
      result.emplace(one, Leader{partition.leader_id, topic.topic_id});
    }
  }
  return result;
}

FetchRequest request_for(const TopicPartition& partition, const Leader& leader,
                         std::int64_t offset) {
  FetchRequest request;
  request.max_wait_ms = 0;
  request.isolation_level = 0;  // also what is not committed
  auto& topic = request.topics.emplace_back();
  topic.topic = Text::view(partition.topic);
  topic.topic_id = leader.topic_id;
  auto& one = topic.partitions.emplace_back();
  one.partition = PartitionId(partition.partition);
  one.fetch_offset = Offset(offset);
  // The first batch is sent however large it is, and no other with it.
  one.partition_max_bytes = 1;
  return request;
}

/// Null: the leader does not answer.
std::optional<FetchedPlace> fetch_record(Wire& wire, const TopicPartition& partition,
                                         const Leader& leader, std::int64_t offset) {
  FetchedPlace place;
  for (int batches = 0; batches < batches_max; ++batches) {
    const auto response =
        wire.ask<FetchResponse>(leader.node, request_for(partition, leader, offset));
    if (!response || response->message.responses.empty() ||
        response->message.responses[0].partitions.empty()) {
      if (response) place.error = response->message.error_code;
      return place.error == ErrorCode::none ? std::nullopt : std::optional(place);
    }
    const auto& data = response->message.responses[0].partitions[0];
    place = {.error = data.error_code,
             .high_watermark = data.high_watermark.value(),
             .last_stable_offset = data.last_stable_offset.value(),
             .log_start = data.log_start_offset.value(),
             .record = {}};
    if (place.error != ErrorCode::none || !data.records) return place;
    const auto found = find_record(data.records->bytes(), offset);
    if (!found) return place;
    place.record = found->record;
    if (place.record || found->next_offset <= offset) return place;
    offset = found->next_offset;
  }
  return place;
}

}  // namespace

std::optional<FoundRecord> find_record(Bytes batches, std::int64_t offset) {
  std::optional<FoundRecord> last;
  while (!batches.empty()) {
    const auto frame = records::peek_frame(batches);
    if (!frame || frame->size > batches.size()) break;
    if (frame->magic != records::magic_v2) {
      auto found = look_into_legacy(batches.first(frame->size), offset);
      if (!found || found->record) return found;
      last = found;
    } else {
      const auto batch = records::BatchView::parse(batches);
      if (!batch) break;
      const auto next_offset = batch->next_offset().value();
      last = FoundRecord{.record = {}, .next_offset = next_offset};
      const bool is_before = next_offset <= offset;
      if (!is_before && !batch->is_control()) {
        if (auto record = look_into(*batch, offset)) return FoundRecord{record, next_offset};
      }
    }
    batches = batches.subspan(frame->size);
  }
  return last;
}

Result<std::map<TopicPartition, FetchedPlace>> fetch_records(Wire& wire, const OffsetMap& offsets) {
  std::map<TopicPartition, FetchedPlace> places;
  if (offsets.empty()) return places;
  const auto leaders = TRY(leaders_of(wire, offsets));
  for (const auto& [partition, offset] : offsets) {
    const auto leader = leaders.find(partition);
    if (leader == leaders.end()) continue;
    if (auto place = fetch_record(wire, partition, leader->second, offset)) {
      places.emplace(partition, *std::move(place));
    }
  }
  return places;
}

}  // namespace moldau::apps
