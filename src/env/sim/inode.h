#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/prng.h"

namespace moldau::env {

/// What a device writes as a whole.
inline constexpr std::uint64_t sector_bytes = 512;

/// The bytes of one file: what programs see, what the device has for certain, and what was written
/// since. The unit that survives a crash or does not is the sector, in one of the states it has had
/// since it was last synced: so a write may be kept, lost or torn, and a later one kept while an
/// earlier one is lost, but two writes into one sector cannot change places.
class FileImage {
 public:
  std::uint64_t size() const { return seen_.size(); }
  std::size_t read(MutBytes into, std::uint64_t position) const;
  void write(Bytes data, std::uint64_t position);
  void truncate(std::uint64_t size);

  /// Everything written so far is on the device.
  void sync();
  /// The device failed: the pages count as clean and no later sync writes them, unless they are
  /// written again. Programs go on seeing them until the crash.
  void sync_failed();
  /// Chooses what survives; from here on that is what programs see.
  void crash(Prng& prng);
  /// Damage at rest, on the device and in what programs see.
  void flip_bit(std::uint64_t position, int bit);
  void overwrite(Bytes data, std::uint64_t position);

  /// What a crash leaves for certain.
  const std::vector<std::uint8_t>& durable() const { return durable_; }
  bool holds(Bytes data, std::uint64_t position) const;
  bool is_dirty() const { return !changes_.empty(); }

 private:
  /// One write or truncation that no sync has covered.
  struct Change {
    bool is_truncation;
    std::uint64_t position;  // of a truncation: the new size
    std::vector<std::uint8_t> data;
    bool dropped;  // by a failed sync
  };
  using Kept = std::function<bool(const Change&, std::uint64_t sector)>;

  static void apply(const Change& change, std::vector<std::uint8_t>& bytes);
  void keep_dropped_sectors();
  void settle(const Kept& kept, const std::function<bool(const Change&)>& size_kept);

  std::vector<std::uint8_t> seen_;
  std::vector<std::uint8_t> durable_;
  std::vector<Change> changes_;
};

}  // namespace moldau::env
