#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/builder.h"
#include "metadata/snapshot.h"
#include "protocol/records/metadata_record.h"

/// What tests of images share.
namespace moldau::metadata {

inline std::string describe_image(const Image& image) {
  std::string text = fmt::format("offset={} next-producer-id={} features:", image.last_offset,
                                 image.next_producer_id);
  for (const auto& [name, feature_level] : image.features) {
    text += fmt::format(" {}={}", name, feature_level);
  }
  text += "\n";
  for (const auto& [id, broker] : image.brokers) {
    text += fmt::format("broker {} epoch={}{}{} directories={}\n", id, broker->epoch,
                        broker->fenced ? " fenced" : "",
                        broker->in_controlled_shutdown ? " shutting-down" : "",
                        broker->directories.size());
  }
  for (const auto& [id, controller] : image.controllers) text += fmt::format("controller {}\n", id);
  for (const auto& [name, topic] : image.topics_by_name) {
    text += fmt::format("topic {}\n", name);
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto& partition = *topic->partition(PartitionId(i));
      text += fmt::format("  {} leader={} isr={} replicas={} leader-epoch={} epoch={}", i,
                          partition.leader, fmt::join(partition.isr, ","),
                          fmt::join(partition.replicas, ","), partition.leader_epoch,
                          partition.partition_epoch);
      if (!partition.eligible_leader_replicas.empty()) {
        text += fmt::format(" elr={}", fmt::join(partition.eligible_leader_replicas, ","));
      }
      if (!partition.last_known_elr.empty()) {
        text += fmt::format(" last-known={}", fmt::join(partition.last_known_elr, ","));
      }
      if (partition.leader_recovery_state == LeaderRecoveryState::recovering) text += " recovering";
      text += "\n";
    }
  }
  for (const auto& [resource, values] : image.configs) {
    for (const auto& [key, value] : *values) {
      text += fmt::format("config {}/{} {}={}\n", resource.type, resource.name, key, value);
    }
  }
  return text;
}

/// The image as a snapshot of it is read again, records encoded and decoded.
inline ImagePtr through_snapshot(const Image& image) {
  ImageBuilder builder;
  const RecordPosition position{
      .offset = image.last_offset, .epoch = image.last_epoch, .timestamp = image.last_timestamp};
  const auto written = write_snapshot(image, [&](const Record& record) -> Result<> {
    const auto value = TRY(encode_record(record));
    return builder.replay(TRY(protocol::decode_metadata_record(value)), position);
  });
  EXPECT_TRUE(written) << written.error().to_string();
  return builder.build().image;
}

/// Nothing is lost in a snapshot, except where a broker's registration stood in the log.
inline void expect_survives_snapshot(const Image& image) {
  if (!image.metadata_version()) return;
  const ImagePtr again = through_snapshot(image);
  Delta delta = difference(image, *again);
  for (const NodeId id : delta.brokers) {
    auto before = *image.broker(id);
    before.record_offset = image.last_offset;
    EXPECT_EQ(before, *again->broker(id));
  }
  delta.brokers.clear();
  delta.scram = false;  // compared by pointer
  delta.tokens = false;
  EXPECT_TRUE(delta.empty());
  EXPECT_EQ(image.scram.size(), again->scram.size());
  EXPECT_EQ(image.tokens.size(), again->tokens.size());
}

}  // namespace moldau::metadata
