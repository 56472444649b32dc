#pragma once

#include "sim/bench.h"

namespace moldau::sim {

/// Asks for the ends of logs over somebody's connection.
class OffsetLister {
 public:
  OffsetLister(Bench& bench, Connection& connection) : bench_(bench), connection_(connection) {}

  /// Errors: cancelled, or why there was no offset; the history knows.
  env::Task<Result<Offset>> list(PartitionRef where, ListedOffset which, std::int16_t version = 10);

 private:
  Bench& bench_;
  Connection& connection_;
};

}  // namespace moldau::sim
