#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace moldau::fuzz {

/// What decoding an input may cost. Steps are basic blocks of our own code, which the fuzz preset
/// counts (-fsanitize-coverage=trace-pc), so that "linear in the input" needs no clock: the same
/// input takes the same steps everywhere. Libraries of the distribution count nothing.
struct WorkLimit {
  std::size_t memory_per_byte;  ///< held at any one time, in one allocation or in many
  std::size_t memory_fixed;
  std::size_t steps_per_byte;
  std::size_t steps_fixed;
};

/// Bounds the work of the thread from construction to destruction: a CHECK fails, hence the fuzzer
/// has found something, as soon as more memory is held than the limit allows, and at the end if it
/// took too many steps. One at a time.
class BoundedWork {
 public:
  BoundedWork(std::size_t input_size, const WorkLimit& limit);
  ~BoundedWork();
  BoundedWork(const BoundedWork&) = delete;
  BoundedWork& operator=(const BoundedWork&) = delete;

  /// The most memory that was held so far.
  std::size_t memory_peak() const;

 private:
  std::size_t input_size_;
  std::size_t steps_max_;
  std::size_t steps_before_;
};

/// The input of a target.
inline Bytes input_of(const std::uint8_t* data, std::size_t size) {
  return {data, size};
}

/// Takes the first byte off the front, by which targets choose what to do; 0 if there is none.
inline std::uint8_t take_byte(Bytes& input) {
  if (input.empty()) return 0;
  const std::uint8_t byte = input.front();
  input = input.subspan(1);
  return byte;
}

}  // namespace moldau::fuzz

/// What libFuzzer calls, once for each input. Its name and form are not ours.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
