#include "env/sim/inode.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::env {

namespace {

std::uint64_t end_of_sector(std::uint64_t sector) {
  return (sector + 1) * sector_bytes;
}

// How one crash treats what was not synced; drawn per file, so that all extremes come up.
struct CrashStyle {
  std::uint64_t lost_per_million;
  std::uint64_t torn_per_million;
  std::uint64_t size_kept_per_million;  // though the data was lost
};

CrashStyle draw_style(Prng& prng) {
  switch (prng.below(4)) {
    case 0:
      return {1'000'000, 0, 0};
    case 1:
      return {0, 0, 1'000'000};
    case 2:
      return {400'000, 300'000, 500'000};
    default:
      return {200'000, 800'000, 200'000};
  }
}

}  // namespace

std::size_t FileImage::read(MutBytes into, std::uint64_t position) const {
  if (position >= seen_.size()) return 0;
  const std::size_t count = std::min<std::uint64_t>(into.size(), seen_.size() - position);
  std::copy_n(seen_.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
  return count;
}

void FileImage::write(Bytes data, std::uint64_t position) {
  if (data.empty()) return;
  changes_.push_back({.is_truncation = false,
                      .position = position,
                      .data = std::vector<std::uint8_t>(data.begin(), data.end()),
                      .dropped = false});
  apply(changes_.back(), seen_);
}

void FileImage::truncate(std::uint64_t size) {
  changes_.push_back({.is_truncation = true, .position = size, .data = {}, .dropped = false});
  apply(changes_.back(), seen_);
}

void FileImage::sync() {
  const bool some_dropped = std::ranges::any_of(changes_, &Change::dropped);
  if (!some_dropped) {
    for (const Change& change : changes_) apply(change, durable_);
    changes_.clear();
    return;
  }
  // A sector is written with all that is in it, also bytes that an earlier sync failed to write.
  // The size is the inode's, which was dirtied again or is written by the file system's journal.
  settle([](const Change& change, std::uint64_t) { return !change.dropped; },
         [](const Change&) { return true; });
  keep_dropped_sectors();
}

// What is in the cache and not on the device, until somebody writes its sector again.
void FileImage::keep_dropped_sectors() {
  changes_.clear();
  for (std::uint64_t begin = 0; begin < seen_.size(); begin += sector_bytes) {
    const std::uint64_t end = std::min<std::uint64_t>(begin + sector_bytes, seen_.size());
    const auto sector = [=](const std::vector<std::uint8_t>& bytes) {
      return std::span(bytes).subspan(begin, end - begin);
    };
    if (std::ranges::equal(sector(seen_), sector(durable_))) continue;
    changes_.push_back({.is_truncation = false,
                        .position = begin,
                        .data = {sector(seen_).begin(), sector(seen_).end()},
                        .dropped = true});
  }
}

void FileImage::sync_failed() {
  for (Change& change : changes_) change.dropped = true;
}

void FileImage::crash(Prng& prng) {
  const CrashStyle style = draw_style(prng);
  enum class Fate : std::uint8_t { kept, lost, torn };
  std::map<const Change*, Fate> fates;  // only looked up, never iterated
  for (const Change& change : changes_) {
    Fate fate = Fate::kept;
    if (change.dropped || prng.chance(style.lost_per_million)) {
      fate = Fate::lost;
    } else if (prng.chance(style.torn_per_million)) {
      fate = Fate::torn;
    }
    fates[&change] = fate;
  }
  settle(
      [&](const Change& change, std::uint64_t) {
        const Fate fate = fates[&change];
        return fate == Fate::kept || (fate == Fate::torn && prng.chance(500'000));
      },
      [&](const Change& change) {
        return fates[&change] == Fate::kept || prng.chance(style.size_kept_per_million);
      });
  changes_.clear();
  seen_ = durable_;
}

void FileImage::flip_bit(std::uint64_t position, int bit) {
  CHECK(position < seen_.size());
  const auto mask = static_cast<std::uint8_t>(1U << bit);
  seen_[position] ^= mask;
  if (position < durable_.size()) durable_[position] ^= mask;
}

void FileImage::overwrite(Bytes data, std::uint64_t position) {
  CHECK(position + data.size() <= std::min(seen_.size(), durable_.size()));
  for (auto* const bytes : {&seen_, &durable_}) {
    std::ranges::copy(data, bytes->begin() + static_cast<std::ptrdiff_t>(position));
  }
}

bool FileImage::holds(Bytes data, std::uint64_t position) const {
  const auto is_in = [&](const std::vector<std::uint8_t>& bytes) {
    return position + data.size() <= bytes.size() &&
           std::ranges::equal(data, std::span(bytes).subspan(position, data.size()));
  };
  return is_in(seen_) && is_in(durable_);
}

void FileImage::apply(const Change& change, std::vector<std::uint8_t>& bytes) {
  if (change.is_truncation) {
    bytes.resize(change.position);
    return;
  }
  const std::uint64_t end = change.position + change.data.size();
  if (bytes.size() < end) bytes.resize(end);
  std::ranges::copy(change.data, bytes.begin() + static_cast<std::ptrdiff_t>(change.position));
}

// Plays the changes in order. `cache` is what the page cache held after each; a kept sector goes to
// the device as the cache has it at that moment. Sizes beyond the device's size are zeros.
void FileImage::settle(const Kept& kept, const std::function<bool(const Change&)>& size_kept) {
  std::vector<std::uint8_t> cache = durable_;
  std::vector<std::uint8_t> device = durable_;
  std::uint64_t size = durable_.size();
  for (const Change& change : changes_) {
    apply(change, cache);
    if (change.is_truncation) {
      if (size_kept(change)) {
        size = change.position;
        device.resize(std::min<std::uint64_t>(device.size(), size));
      }
      continue;
    }
    const std::uint64_t end = change.position + change.data.size();
    for (std::uint64_t sector = change.position / sector_bytes; sector * sector_bytes < end;
         ++sector) {
      if (!kept(change, sector)) continue;
      const std::uint64_t stop = std::min<std::uint64_t>(end_of_sector(sector), cache.size());
      if (device.size() < stop) device.resize(stop);
      std::copy(cache.begin() + static_cast<std::ptrdiff_t>(sector * sector_bytes),
                cache.begin() + static_cast<std::ptrdiff_t>(stop),
                device.begin() + static_cast<std::ptrdiff_t>(sector * sector_bytes));
    }
    if (size_kept(change)) size = std::max(size, end);
  }
  device.resize(size);
  durable_ = std::move(device);
}

}  // namespace moldau::env
