#include "apps/cli/tcp_stream.h"

#include <algorithm>

namespace moldau::apps {

void TcpStream::start(std::uint32_t sequence) {
  finish();
  next_sequence_ = sequence;
}

void TcpStream::add(std::uint32_t sequence, Bytes payload) {
  if (payload.empty()) return;
  if (!next_sequence_) next_sequence_ = sequence;
  const auto ahead = static_cast<std::int32_t>(sequence - *next_sequence_);
  if (ahead < 0) {  // came before, all of it or its front
    const auto old = static_cast<std::size_t>(-static_cast<std::int64_t>(ahead));
    if (old >= payload.size()) return;
    payload = payload.subspan(old);
  }
  const std::uint64_t position = position_ + static_cast<std::uint64_t>(std::max(ahead, 0));
  if (position == position_) {
    give(position, payload);
    return give_waiting();
  }
  auto& held = waiting_[position];
  if (held.size() >= payload.size()) return;
  waiting_bytes_ += payload.size() - held.size();
  held.assign(payload.begin(), payload.end());
  while (waiting_bytes_ > waiting_bytes_max || waiting_.size() > waiting_segments_max) skip_gap();
}

void TcpStream::finish() {
  while (!waiting_.empty()) skip_gap();
}

/// `bytes` begin at `position`, which is not behind a gap; those that were given out are left out.
void TcpStream::give(std::uint64_t position, Bytes bytes) {
  const std::uint64_t old = position_ - position;
  if (old >= bytes.size()) return;
  bytes = bytes.subspan(static_cast<std::size_t>(old));
  position_ += bytes.size();
  *next_sequence_ += static_cast<std::uint32_t>(bytes.size());
  sink_.take(bytes);
}

void TcpStream::give_waiting() {
  while (!waiting_.empty() && waiting_.begin()->first <= position_) {
    const auto first = waiting_.extract(waiting_.begin());
    waiting_bytes_ -= first.mapped().size();
    give(first.key(), first.mapped());
  }
}

void TcpStream::skip_gap() {
  const std::uint64_t lost = waiting_.begin()->first - position_;
  position_ += lost;
  *next_sequence_ += static_cast<std::uint32_t>(lost);
  sink_.gap(lost);
  give_waiting();
}

}  // namespace moldau::apps
