#pragma once

#include <map>

#include "sim/history.h"

namespace moldau::sim {

/// Something about a partition that only grows, known before a question is asked; the answer may
/// not fall behind it.
class FloorChecker : public Checker {
 public:
  using Checker::Checker;
  void see(const Event& event) final;

 protected:
  void raise(PartitionRef where, Offset to);
  virtual void learn(const Event& event) = 0;
  virtual std::string_view what() const = 0;

 private:
  void on_answer(MonoTime at, PartitionRef where, int read, protocol::ErrorCode error, Offset end,
                 Offset from);
  std::map<PartitionRef, Offset> known_;
  std::map<int, Offset> floors_;  // of the reads under way
};

/// What was acknowledged before a Fetch or ListOffsets was sent, by whomever, counts in its answer.
class AcknowledgedIsVisible final : public FloorChecker {
 public:
  using FloorChecker::FloorChecker;
  std::string_view name() const override { return "acknowledged-is-visible"; }

 protected:
  void learn(const Event& event) override;
  std::string_view what() const override { return "acknowledged up to"; }
};

/// A high watermark, once answered to anybody, is never undercut, also not after a restart.
class HighWatermarkNeverGoesBack final : public FloorChecker {
 public:
  using FloorChecker::FloorChecker;
  std::string_view name() const override { return "high-watermark-never-goes-back"; }

 protected:
  void learn(const Event& event) override;
  std::string_view what() const override { return "the high watermark was"; }
};

}  // namespace moldau::sim
