#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace moldau::apps {

/// Cuts a stream into frames by the sizes in front of them. Once it is lost (a gap, a size that
/// cannot be) it waits for a segment that looks like the start of a frame.
class FrameSplitter {
 public:
  /// What a broker may be set to read or to send at once: more is no frame.
  static constexpr std::size_t frame_size_max = std::size_t{128} << 20;

  struct Sink {
    /// A frame without its size.
    std::function<void(SharedBytes frame)> take;
    /// Why frames are missing.
    std::function<void(const std::string& why)> lost;
    /// Whether a frame can begin with these bytes, its size in front.
    std::function<bool(Bytes start)> is_start;
  };
  enum class Begins : std::uint8_t { with_a_frame, anywhere };
  explicit FrameSplitter(Sink sink) : sink_(std::move(sink)) {}

  void start(Begins begins);
  void add(Bytes segment);
  void gap(std::uint64_t bytes);
  /// Says so if a frame is not complete.
  void finish();

 private:
  void lose(const std::string& why);
  void take_frames();

  Sink sink_;
  bool in_step_{false};
  std::vector<std::uint8_t> held_;  // from the start of a frame on
};

}  // namespace moldau::apps
