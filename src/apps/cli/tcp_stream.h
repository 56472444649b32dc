#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace moldau::apps {

/// One direction of a captured TCP connection: puts segments in order by their sequence numbers.
/// What came twice is given out once; what never came is a gap, given up when too much waits behind
/// it or at the end.
class TcpStream {
 public:
  static constexpr std::size_t waiting_bytes_max = std::size_t{4} << 20;
  static constexpr std::size_t waiting_segments_max = 1'024;

  struct Sink {
    /// The next bytes, a segment at a time: writers often begin a frame with a new segment.
    std::function<void(Bytes segment)> take;
    std::function<void(std::uint64_t bytes)> gap;
  };
  explicit TcpStream(Sink sink) : sink_(std::move(sink)) {}

  /// A SYN: the first byte of the stream has the sequence number behind it.
  void start(std::uint32_t sequence);
  /// Without a start before it, the capture began in the middle: the stream begins here.
  void add(std::uint32_t sequence, Bytes payload);
  /// Gives out what still waits.
  void finish();

 private:
  void give(std::uint64_t position, Bytes bytes);
  void give_waiting();
  void skip_gap();

  Sink sink_;
  std::optional<std::uint32_t> next_sequence_;                  // that of position_
  std::uint64_t position_{0};                                   // bytes given out or skipped
  std::map<std::uint64_t, std::vector<std::uint8_t>> waiting_;  // by position
  std::size_t waiting_bytes_{0};
};

}  // namespace moldau::apps
