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

std::size_t OffsetMap::first_slot(const Hash128& key) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(key.low) * slots_.size()) >> 64);
}

std::size_t OffsetMap::find(const Hash128& key) const {
  auto at = first_slot(key);
  while (slots_[at].offset != no_offset && slots_[at].hash != key) {
    at = at + 1 == slots_.size() ? 0 : at + 1;
  }
  return at;
}

Hash128 OffsetMap::hash(Bytes key) const {
  const auto hash = siphash128(secret_, key);
  __builtin_prefetch(&slots_[first_slot(hash)]);
  return hash;
}

bool OffsetMap::put(const Hash128& key, Offset offset) {
  auto& slot = slots_[find(key)];
  if (slot.offset == no_offset) {
    if (size_ == capacity_) return false;
    ++size_;
    slot.hash = key;
  }
  slot.offset = std::max(slot.offset, offset);
  return true;
}

Offset OffsetMap::newest(const Hash128& key) const {
  return slots_[find(key)].offset;
}

}  // namespace moldau::storage
