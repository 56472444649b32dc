#pragma once

#include <map>

#include "sim/history.h"

namespace moldau::sim {

/// What was acknowledged is at the offset that was named, as it was sent, for as long as its topic
/// lives; and no offset is given twice.
class AcknowledgedIsNeverLost final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "acknowledged-is-never-lost"; }
  void see(const Event& event) override;

 private:
  void on_acked(const BatchAcked& acked);
  void on_fetched(const Fetched& fetched);
  void on_audit(const AuditEnded& audit);

  std::map<PartitionRef, std::map<Offset, RecordId>> acked_;
};

/// What somebody has read is there, the same, for everybody who reads it later.
class ReadIsNeverChanged final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "read-is-never-changed"; }
  void see(const Event& event) override;

 private:
  void on_fetched(const Fetched& fetched);
  void on_audit(const AuditEnded& audit);

  std::map<PartitionRef, std::map<Offset, SeenRecord>> read_;
};

}  // namespace moldau::sim
