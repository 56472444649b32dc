#pragma once

#include <memory>
#include <optional>
#include <string>

#include "records/compression.h"
#include "storage/batch_scanner.h"
#include "storage/epoch_cache.h"
#include "storage/producer_state.h"
#include "storage/verify_batch.h"
#include "storage/verify_indexes.h"

namespace moldau::storage {

/// Where the check of a log stands: what a segment leaves for the next one.
struct VerifyCursor {
  Offset end{0};  ///< behind the last batch
  LeaderEpoch epoch{no_leader_epoch};
  ProducerState producers;
  EpochCache epochs;
  std::optional<LeaderEpoch> odd_epoch;  ///< has been told
};

/// Checks one segment: its batches, and its indexes and the log's leader epochs beside them.
class SegmentVerifier {
 public:
  struct What {
    VerifyRequest log;
    Offset base;
    std::optional<Offset> next_base;  ///< null: the last one
  };
  SegmentVerifier(env::Disk& disk, What what, VerifyCursor& cursor, Findings& findings)
      : disk_(disk), what_(std::move(what)), cursor_(cursor), findings_(findings) {}

  /// As PartitionVerifier::step.
  Result<bool> step(std::uint64_t bytes);
  /// A start would cut the log in it.
  bool is_torn() const { return is_torn_; }

 private:
  Result<> open();
  Result<bool> next();
  Result<std::optional<BatchPosition>> next_batch(BatchContents& contents);
  Result<bool> on_bad_batch(std::uint64_t position, const Error& error);
  void check_epoch(const BatchPosition& batch);
  Result<> replay(const BatchHeader& header);
  bool is_rebuilt() const;
  bool is_tail(Errc code) const;
  void say(Severity severity, std::optional<std::uint64_t> position, Offset offset,
           std::string what);

  env::Disk& disk_;
  const What what_;
  VerifyCursor& cursor_;
  Findings& findings_;
  records::Decompressor decompressor_;
  std::string path_;
  std::unique_ptr<env::File> file_;
  std::uint64_t size_{0};
  std::optional<BatchScanner> scanner_;
  std::optional<IndexVerifier> indexes_;
  bool is_torn_{false};
};

}  // namespace moldau::storage
