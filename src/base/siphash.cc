#include "base/siphash.h"

#include <bit>

namespace moldau {

namespace {

constexpr int compression_rounds = 2;
constexpr int finalization_rounds = 4;

class State {
 public:
  explicit State(const SipKey& key)
      : v0_(0x736f6d6570736575ULL ^ key.low),
        v1_(0x646f72616e646f6dULL ^ key.high ^ 0xeeU),
        v2_(0x6c7967656e657261ULL ^ key.low),
        v3_(0x7465646279746573ULL ^ key.high) {}

  void absorb(std::uint64_t word) {
    v3_ ^= word;
    mix(compression_rounds);
    v0_ ^= word;
  }
  Hash128 finish() {
    v2_ ^= 0xeeU;
    mix(finalization_rounds);
    const auto low = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xddU;
    mix(finalization_rounds);
    return {low, v0_ ^ v1_ ^ v2_ ^ v3_};
  }

 private:
  void mix(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      v0_ += v1_;
      v2_ += v3_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v1_;
      v0_ += v3_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
};

/// The first bytes, at most 8, as a little-endian number.
std::uint64_t load_word(Bytes bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) word |= std::uint64_t{bytes[i]} << 8U * i;
  return word;
}

}  // namespace

Hash128 siphash128(const SipKey& key, Bytes bytes) {
  State state(key);
  const auto length = std::uint64_t{bytes.size()} << 56U;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    state.absorb(load_word(bytes.first(sizeof(std::uint64_t))));
    bytes = bytes.subspan(sizeof(std::uint64_t));
  }
  state.absorb(length | load_word(bytes));
  return state.finish();
}

}  // namespace moldau
