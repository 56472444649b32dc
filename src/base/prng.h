#pragma once

#include <cstdint>
#include <string_view>

namespace moldau {

/// xoshiro256** seeded by splitmix64: small, fast, the same everywhere for the same seed. Not for
/// secrets. Distinct actors get distinct streams by `split`.
class Prng {
 public:
  explicit constexpr Prng(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  /// Uniform in [0, bound); bound must not be 0. The bias is below 2^-32 for bounds below 2^32.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(next()) * bound >> 64);
  }
  /// Uniform in [low, high].
  constexpr std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// True `per_million` times in a million.
  constexpr bool chance(std::uint64_t per_million) { return below(1'000'000) < per_million; }
  /// An independent stream for a named actor; does not advance this one.
  constexpr Prng split(std::string_view actor) const {
    std::uint64_t hash = 0xcbf29ce484222325ULL ^ state_[0];
    for (const char c : actor) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    return Prng(hash);
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) { return x << k | x >> (64 - k); }
  static constexpr std::uint64_t splitmix(std::uint64_t& seed) {
    std::uint64_t z = seed += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
  }
  std::uint64_t state_[4]{};
};

}  // namespace moldau
