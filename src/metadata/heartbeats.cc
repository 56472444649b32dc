#include "metadata/heartbeats.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace moldau::metadata {

void Heartbeats::registered(NodeId id, BrokerEpoch epoch, bool fenced) {
  auto& broker = brokers_[id];
  if (broker.epoch != epoch) broker = Broker();
  broker.epoch = epoch;
  broker.fenced = fenced;
  if (fenced) broker.controlled_shutdown_offset = no_offset;
}

void Heartbeats::contact(NodeId id, std::optional<MonoTime> now) {
  const auto found = brokers_.find(id);
  if (found == brokers_.end()) return;
  found->second.last_contact = now;
  found->second.contacted = true;
}

void Heartbeats::touch(NodeId id, bool fenced, Offset metadata_offset) {
  auto& broker = brokers_[id];
  broker.fenced = fenced;
  broker.metadata_offset = metadata_offset;
  if (fenced) broker.controlled_shutdown_offset = no_offset;
}

void Heartbeats::begin_controlled_shutdown(NodeId id, Offset offset) {
  auto& broker = brokers_[id];
  CHECK(!broker.fenced, "fenced broker {} enters controlled shutdown", id);
  if (!broker.shutting_down()) broker.controlled_shutdown_offset = offset;
}

const Heartbeats::Broker* Heartbeats::find(NodeId id) const {
  const auto found = brokers_.find(id);
  return found == brokers_.end() ? nullptr : &found->second;
}

bool Heartbeats::has_valid_session(NodeId id, BrokerEpoch epoch, MonoTime now) const {
  const Broker* broker = find(id);
  if (broker == nullptr || broker->epoch != epoch || !broker->contacted) return false;
  return !broker->last_contact || now - *broker->last_contact < session_timeout_;
}

Offset Heartbeats::lowest_active_offset() const {
  Offset lowest(std::numeric_limits<std::int64_t>::max());
  for (const auto& [id, broker] : brokers_) {
    if (!broker.fenced && !broker.shutting_down()) {
      lowest = std::min(lowest, broker.metadata_offset);
    }
  }
  return lowest;
}

std::optional<MonoTime> Heartbeats::next_deadline() const {
  std::optional<MonoTime> earliest;
  for (const auto& [id, broker] : brokers_) {
    if (broker.fenced || !broker.last_contact) continue;
    const MonoTime expires = *broker.last_contact + session_timeout_;
    if (!earliest || expires < *earliest) earliest = expires;
  }
  return earliest;
}

std::optional<NodeId> Heartbeats::find_expired(MonoTime now) const {
  std::optional<NodeId> expired;
  std::optional<MonoTime> oldest;
  for (const auto& [id, broker] : brokers_) {
    if (broker.fenced || !broker.last_contact) continue;
    if (now - *broker.last_contact < session_timeout_) continue;
    if (!oldest || *broker.last_contact < *oldest) {
      oldest = broker.last_contact;
      expired = id;
    }
  }
  return expired;
}

}  // namespace moldau::metadata
