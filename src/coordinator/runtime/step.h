#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "base/uuid.h"

namespace moldau::coordinator {

/// A record of a coordinator's log (`__consumer_offsets`, ...), encoded. A null value is a
/// tombstone.
struct Record {
  SharedBytes key;
  std::optional<SharedBytes> value;

  std::size_t size() const { return key.size() + (value ? value->size() : 0); }
};

class ClusterTopics;

/// What a decision may depend on beside the state.
struct Context {
  MonoTime now;
  WallMs wall;                              ///< for what is written down
  const std::function<Uuid()>& fresh_uuid;  ///< member ids
  const ClusterTopics* topics{nullptr};     ///< of the cluster; null: none
};

/// Names a request whose answer may be parked in the machine; unique in its life.
using ReplyId = std::uint64_t;

struct Nothing {};

/// An answer that was parked earlier and may go out now. `Parked` is the machine's variant of all
/// its responses that can be parked.
template <class Parked>
struct Release {
  ReplyId id{0};
  Parked response;
};

enum class Atomicity : std::uint8_t {
  one_batch,  ///< all records in one record batch; they fit into it
  may_split,  ///< any number of batches, in this order: every prefix is a valid state
};

/// What a coordinator decided (ARCHITECTURE §4). The caller, in this order:
///  1. appends `records` to the log, in one batch or as `atomicity` allows, or lines them up for it
///     (a suffix never comes without what was before it); if that fails, now or later, it throws
///     the machine away, fails every answer that waits, and loads another machine from the log;
///  2. calls replay() with each of them: only that changes what the log says;
///  3. delivers `reply` and `released` when all that this machine has appended so far, this step
///     included, is committed: also if there are no records, as the decision may have read state
///     that a crash would take back.
/// No other call may come between the decision and its replay.
///
/// `Event` is what the machine says of what has happened, for histories and counters: no part of
/// its state.
template <class Reply, class Parked = Nothing, class Event = Nothing>
struct Step {
  std::vector<Record> records;
  std::optional<Reply> reply{};  ///< null: parked under the request's ReplyId
  std::vector<Release<Parked>> released;
  Atomicity atomicity{Atomicity::one_batch};
  std::vector<std::string> notes;  ///< for the log: what was decided and why
  std::vector<Event> events{};
};

}  // namespace moldau::coordinator
