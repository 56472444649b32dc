#pragma once

#include <map>
#include <optional>

#include "base/ids.h"
#include "base/time.h"

namespace moldau::metadata {

/// What the active controller remembers about brokers beside the log: when each was last heard of,
/// how far it has applied the metadata log, and whether it is on its way out. Lost with leadership.
class Heartbeats {
 public:
  struct Broker {
    BrokerEpoch epoch{-1};
    bool fenced{true};
    Offset metadata_offset{no_offset};
    /// The broker may go when all active brokers have applied this offset; -1: not shutting down.
    Offset controlled_shutdown_offset{no_offset};
    bool contacted{false};  ///< heard of since this controller became active
    /// Null: not heard of, or its session can not expire.
    std::optional<MonoTime> last_contact;

    bool shutting_down() const { return controlled_shutdown_offset != no_offset; }
  };

  explicit Heartbeats(Duration session_timeout) : session_timeout_(session_timeout) {}

  void clear() { brokers_.clear(); }
  void remove(NodeId id) { brokers_.erase(id); }
  /// A registration was replayed: a broker that is not known yet, or a new epoch, starts afresh.
  void registered(NodeId id, BrokerEpoch epoch, bool fenced);
  /// The broker was heard of. A null time: it is in this process, its session does not expire.
  void contact(NodeId id, std::optional<MonoTime> now);
  /// What a heartbeat said and what was decided on it. A fenced broker is not shutting down.
  void touch(NodeId id, bool fenced, Offset metadata_offset);
  void begin_controlled_shutdown(NodeId id, Offset offset);

  const Broker* find(NodeId id) const;
  /// False if the broker has not been heard of since this controller became active.
  bool has_valid_session(NodeId id, BrokerEpoch epoch, MonoTime now) const;
  /// The least offset that the active brokers have applied; the greatest there is if none is.
  Offset lowest_active_offset() const;

  /// When the next session expires; sessions of fenced brokers do not matter.
  std::optional<MonoTime> next_deadline() const;
  /// An unfenced broker whose session has expired: the one that was silent for longest.
  std::optional<NodeId> find_expired(MonoTime now) const;

 private:
  Duration session_timeout_;
  std::map<NodeId, Broker> brokers_;
};

}  // namespace moldau::metadata
