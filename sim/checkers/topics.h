#pragma once

#include <map>
#include <set>

#include "sim/history.h"

namespace moldau::sim {

/// A topic whose creation was acknowledged is there after every restart, with all partitions that
/// were acknowledged; one whose deletion was acknowledged is not.
class TopicsStay final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "topics-stay"; }
  void see(const Event& event) override;

 private:
  void on_metadata(const MetadataSeen& metadata);

  /// The catalog's facts as of the last restart (or the calm): an answer may lag behind newer ones.
  std::map<int, int> settled_;  // topic to partitions
  std::set<int> settled_deleted_;
  MonoTime settled_at_{};
};

/// A broker starts on whatever disk a crash has left, unless the disk itself fails, and finds all
/// its partitions sound but those whose synced bytes were damaged.
class BrokerStarts final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "broker-starts"; }
  void see(const Event& event) override;

 private:
  int damaged_{0};  // partitions at most
};

}  // namespace moldau::sim
