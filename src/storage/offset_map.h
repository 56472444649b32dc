#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/siphash.h"

namespace moldau::storage {

/// The newest offset of each key, for one cleaning. Keys are kept as 128 bits of a hash with a
/// secret: keys that collide would lose one of their values, so nobody may be able to choose them.
/// Memory is taken once. Not thread-safe.
class OffsetMap {
 public:
  /// As much as Apache's map takes for a key.
  static constexpr std::size_t slot_bytes = 24;

  /// `slots`, of which `load_factor` are used at most. At least one key fits.
  OffsetMap(std::size_t slots, double load_factor, const SipKey& secret);

  /// What the other functions want of a key. Memory is large and slots are anywhere in it: who
  /// hashes several keys before he looks for the first waits for it once.
  Hash128 hash(Bytes key) const;
  /// Notes the key at `offset` or, if that is smaller, at the offset noted before. False: the map
  /// is full and does not have the key.
  bool put(const Hash128& key, Offset offset);
  /// no_offset if the key is not here.
  Offset newest(const Hash128& key) const;
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Slot {
    Hash128 hash;
    Offset offset{no_offset};  ///< no_offset: free
  };
  static_assert(sizeof(Slot) == slot_bytes);
  /// Where the search for a key begins.
  std::size_t first_slot(const Hash128& key) const;
  /// The key's slot, or the free one where it would go.
  std::size_t find(const Hash128& key) const;

  std::vector<Slot> slots_;
  std::size_t capacity_;
  std::size_t size_{0};
  SipKey secret_;
};

}  // namespace moldau::storage
