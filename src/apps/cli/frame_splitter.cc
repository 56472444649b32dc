#include "apps/cli/frame_splitter.h"

#include <fmt/format.h>

#include "base/endian.h"

namespace moldau::apps {
namespace {

constexpr std::size_t size_bytes = sizeof(std::int32_t);
/// How a handshake of TLS begins: the type of its record, and the version's first byte.
constexpr std::uint16_t tls_handshake = 0x1603;

std::string impossible(Bytes start) {
  const auto size = load_be<std::int32_t>(start.data());
  const bool is_tls = load_be<std::uint16_t>(start.data()) == tls_handshake;
  return fmt::format("{} is no size of a frame{}", size,
                     is_tls ? ": this is TLS, which cannot be read" : "");
}

}  // namespace

void FrameSplitter::start(Begins begins) {
  finish();
  held_.clear();
  in_step_ = begins == Begins::with_a_frame;
}

void FrameSplitter::add(Bytes segment) {
  if (!in_step_) in_step_ = sink_.is_start(segment);
  if (!in_step_) return;
  held_.insert(held_.end(), segment.begin(), segment.end());
  take_frames();
}

void FrameSplitter::gap(std::uint64_t bytes) {
  const bool was_in_step = in_step_;
  in_step_ = false;
  held_.clear();
  if (was_in_step) sink_.lost(fmt::format("{} bytes are not in the capture", bytes));
}

void FrameSplitter::finish() {
  if (in_step_ && !held_.empty()) {
    sink_.lost(fmt::format("ends inside of a frame, of which there are {} bytes", held_.size()));
  }
  held_.clear();
  in_step_ = false;
}

void FrameSplitter::lose(const std::string& why) {
  in_step_ = false;
  held_.clear();
  sink_.lost(why);
}

void FrameSplitter::take_frames() {
  std::size_t position = 0;
  while (held_.size() - position >= size_bytes) {
    const auto rest = Bytes(held_).subspan(position);
    const auto size = load_be<std::int32_t>(rest.data());
    if (size < 0 || static_cast<std::size_t>(size) > frame_size_max) {
      return lose(impossible(rest));
    }
    if (rest.size() - size_bytes < static_cast<std::size_t>(size)) break;
    sink_.take(SharedBytes::copy(rest.subspan(size_bytes, static_cast<std::size_t>(size))));
    position += size_bytes + static_cast<std::size_t>(size);
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(position));
}

}  // namespace moldau::apps
