#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "base/uuid.h"

namespace moldau::sim {

/// A partition of a topic of the catalog. Two topics that had the same name are two topics.
struct PartitionRef {
  int topic{-1};
  int partition{-1};
  auto operator<=>(const PartitionRef&) const = default;
};

/// Topics with such names are compacted.
inline constexpr std::string_view compacted_prefix = "compacted-";
inline bool is_compacted(std::string_view topic) {
  return topic.starts_with(compacted_prefix);
}

/// What may go from the front of a topic's logs, besides what DeleteRecords asks for.
struct Retention {
  std::optional<std::int64_t> bytes{};  ///< so many stay
  std::optional<Duration> time{};       ///< what is younger stays, by the broker's wall clock
  bool operator==(const Retention&) const = default;
};

/// What the clients know of one topic.
struct TopicKnowledge {
  std::string name;
  Uuid id{};
  int partitions{0};  ///< as far as acknowledged
  bool creation_acked{false};
  bool deletion_begun{false};  ///< asked for: from here on everything of it may vanish
  bool deletion_acked{false};
  std::optional<Retention> retention{};  ///< null: every log of it starts at 0 for ever

  bool is_compacted() const { return sim::is_compacted(name); }
};

/// All topics that any client has heard of, by the order of hearing.
class Catalog {
 public:
  /// Topics of that name have a retention. Before any of them is heard of.
  void declare(const std::string& name, const Retention& retention) { declared_[name] = retention; }
  int find_or_add(const Uuid& id, const std::string& name);
  TopicKnowledge& at(int topic) { return topics_.at(static_cast<std::size_t>(topic)); }
  const TopicKnowledge& at(int topic) const { return topics_.at(static_cast<std::size_t>(topic)); }
  int size() const { return static_cast<int>(topics_.size()); }

  /// Created, acknowledged, and nobody has asked to delete it.
  bool is_safe(int topic) const { return at(topic).creation_acked && !at(topic).deletion_begun; }
  bool is_trimmed(int topic) const { return at(topic).retention.has_value(); }
  /// The topic of that name that nobody has begun to delete; -1: none.
  int find(std::string_view name) const;
  /// Partitions of all safe topics, in order.
  std::vector<PartitionRef> safe_partitions() const;
  /// "orders-2", with the topic's number if there were several of that name.
  std::string name(PartitionRef where) const;

  // Of what the disk has damaged.
  void hurt(PartitionRef where, std::optional<Offset> intact_below);
  void mend() { hurt_.clear(); }
  /// Its batches may be refused, or come with a checksum that is wrong.
  bool is_hurt(PartitionRef where) const { return hurt_.contains(where); }
  bool was_hurt(PartitionRef where) const { return was_hurt_.contains(where); }
  /// From here on records may have been cut as a torn tail.
  Offset intact_below(PartitionRef where) const;
  /// What a producer sent last may be gone with its batches, or with a snapshot: a retry of what
  /// was under way is then neither known nor next.
  bool may_forget_sequences(PartitionRef where) const {
    return is_trimmed(where.topic) || was_hurt(where);
  }
  bool is_cut(PartitionRef where) const { return intact_below_.contains(where); }

 private:
  std::set<PartitionRef> hurt_;
  std::set<PartitionRef> was_hurt_;
  std::map<PartitionRef, Offset> intact_below_;
  std::map<std::string, Retention> declared_;
  std::vector<TopicKnowledge> topics_;
};

}  // namespace moldau::sim
