#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/history.h"

namespace moldau::sim {

/// A history written by hand, one millisecond per event, about topic "t" with two partitions, seen
/// by every checker. Include only from *_test.cc.
class Story {
 public:
  Story() {
    watch_all(history);
    history.catalog().find_or_add(Uuid::of(0, 100), "t");
    add(TopicCreated{.topic = 0, .partitions = 2});
  }

  template <class T>
  Story& add(T event) {
    now += milliseconds(1);
    event.at = now;
    history.add(std::move(event));
    return *this;
  }
  Story& wait(Duration duration) {
    now += duration;
    return *this;
  }

  // Actor 1 is not idempotent, actor 2 is producer 7.
  Story& sent(RecordId first, std::int32_t count = 1, int connection = 1) {
    BatchSent batch{.where = where, .first = first, .count = count, .connection = connection};
    if (first.actor == 2) {
      batch.producer_id = ProducerId(7);
      batch.producer_epoch = ProducerEpoch(0);
      batch.base_sequence = first.number;
    }
    return add(batch);
  }
  Story& acked(RecordId first, std::int64_t offset, std::int32_t count = 1) {
    return add(BatchAcked{.where = where,
                          .first = first,
                          .count = count,
                          .base_offset = Offset(offset),
                          .sent_at = now});
  }
  /// A fetch that is answered at once.
  Story& read(std::int64_t from, std::int64_t high_watermark, std::vector<RecordId> ids = {}) {
    return ask(from).answer(from, high_watermark, std::move(ids));
  }
  Story& ask(std::int64_t from, Duration may_wait = {}) {
    return add(
        ReadBegun{.read = ++reads, .where = where, .from = Offset(from), .may_wait = may_wait});
  }
  Story& answer(std::int64_t from, std::int64_t high_watermark, std::vector<RecordId> ids = {}) {
    Fetched fetched{.read = reads,
                    .where = where,
                    .from = Offset(from),
                    .high_watermark = Offset(high_watermark),
                    .log_start = Offset(0)};
    for (const RecordId id : ids) {
      SeenRecord record{.offset = Offset(from++), .id = id};
      if (id.actor == 2) {
        record.producer_id = ProducerId(7);
        record.producer_epoch = ProducerEpoch(0);
        record.sequence = id.number;
      }
      fetched.records.push_back(record);
    }
    return add(std::move(fetched));
  }
  Story& audit(std::int64_t end) {
    return add(AuditEnded{.where = where, .log_start = Offset(0), .end = Offset(end)});
  }

  /// The names of the checkers that complain, each once.
  std::vector<std::string> complaints() const {
    std::vector<std::string> names;
    for (const Violation& violation : history.violations()) {
      if (std::ranges::find(names, violation.checker) == names.end()) {
        names.push_back(violation.checker);
      }
    }
    return names;
  }

  History history;
  PartitionRef where{0, 0};
  MonoTime now{};
  int reads{0};
};

using Complaints = std::vector<std::string>;

}  // namespace moldau::sim
