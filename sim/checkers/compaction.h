#pragma once

#include <map>
#include <set>

#include "sim/history.h"

namespace moldau::sim {

/// Of every key of a compacted topic the newest record that was acknowledged is there, or one
/// behind it; unless a tombstone has removed all of the key.
class NewestOfEachKeyStays final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "newest-of-each-key-stays"; }
  void see(const Event& event) override;

 private:
  void on_audit(const AuditEnded& audit);

  struct Newest {
    Offset offset;
    RecordId id;
  };
  using Keys = std::map<int, Newest>;
  std::map<PartitionRef, Keys> acked_;
  /// Keys that may have been removed: a tombstone was sent, acknowledged or not.
  std::map<PartitionRef, std::set<int>> tombstones_;
};

}  // namespace moldau::sim
