#include "storage/offset_map.h"

#include <algorithm>

namespace moldau::storage {

OffsetMap::OffsetMap(std::size_t slots, double load_factor, const SipKey& secret)
    // One slot is always free, so that a search ends.
    : slots_(std::max<std::size_t>(slots, 2)), secret_(secret) {
  const auto wanted = static_cast<double>(slots_.size()) * load_factor;
  capacity_ = std::clamp<std::size_t>(static_cast<std::size_t>(std::max(wanted, 1.0)), 1,
                                      slots_.size() - 1);
}

std::size_t OffsetMap::find(const Hash128& hash) const {
  auto at = static_cast<std::size_t>(hash.low % slots_.size());
  while (slots_[at].offset != no_offset && slots_[at].hash != hash) {
    at = at + 1 == slots_.size() ? 0 : at + 1;
  }
  return at;
}

bool OffsetMap::put(Bytes key, Offset offset) {
  const auto hash = siphash128(secret_, key);
  auto& slot = slots_[find(hash)];
  if (slot.offset == no_offset) {
    if (size_ == capacity_) return false;
    ++size_;
    slot.hash = hash;
  }
  slot.offset = std::max(slot.offset, offset);
  return true;
}

Offset OffsetMap::newest(Bytes key) const {
  return slots_[find(siphash128(secret_, key))].offset;
}

}  // namespace moldau::storage
