#pragma once

#include <optional>
#include <string>
#include <vector>

#include "env/disk.h"
#include "storage/batch_scanner.h"
#include "storage/index_format.h"
#include "storage/verify.h"

namespace moldau::storage {

/// Checks a segment's three index files beside its batches, which it is shown one after the other.
class IndexVerifier {
 public:
  struct What {
    std::string directory;
    Offset base;
    /// Its indexes are made again at the next start, whatever they say now.
    bool is_rebuilt{false};
    bool is_last{false};
    bool is_empty{false};
  };
  IndexVerifier(env::Disk& disk, What what, Findings& findings);

  /// Errors: those of reading, but not_found.
  Result<> load();
  void on_batch(const BatchPosition& batch);
  /// An abort marker. `ends_txn`: the log has something of the transaction that it ends.
  enum class Ends : std::uint8_t { nothing_here, transaction };
  void on_abort(const BatchHeader& marker, Ends ends);
  /// From here on nothing can be said: the batches are not what was written.
  void give_up() { gave_up_ = true; }
  /// All batches were shown.
  void finish();

 private:
  template <class Entry>
  Result<std::vector<Entry>> load(std::string_view suffix, bool& is_there);
  void check_offsets(const BatchPosition& batch);
  void check_times(const BatchHeader& header);
  void check_time(const TimeIndexEntry& entry, std::int64_t max_timestamp);
  void say(std::string_view suffix, std::string what);
  std::string path(std::string_view suffix) const;

  env::Disk& disk_;
  const What what_;
  Findings& findings_;
  bool gave_up_{false};

  std::vector<OffsetIndexEntry> offsets_;
  std::size_t next_offset_{0};
  /// An offset that an entry names and that the batch at its position does not end at.
  std::optional<Offset> ends_later_;
  std::vector<TimeIndexEntry> times_;
  bool has_times_{false};
  std::size_t next_time_{0};
  std::int64_t max_timestamp_{records::no_timestamp};
  std::vector<AbortedTxn> aborted_;
  std::size_t next_aborted_{0};
};

}  // namespace moldau::storage
