#include "env/timer_queue.h"

#include <tuple>
#include <utility>

namespace moldau::env {

namespace {
// A TimerId is the slot + 1 (so that it is never `none`) and the slot's generation.
TimerId make_id(std::uint32_t slot, std::uint32_t generation) {
  return TimerId{std::uint64_t{generation} << 32 | (slot + 1)};
}
}  // namespace

TimerId TimerQueue::add(MonoTime when, Job job) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].when = when;
  slots_[slot].sequence = sequence_++;
  slots_[slot].job = std::move(job);
  const auto position = static_cast<std::uint32_t>(heap_.size());
  heap_.push_back(slot);
  place(position, slot);
  up(position);
  return make_id(slot, slots_[slot].generation);
}

bool TimerQueue::cancel(TimerId timer) {
  const auto value = static_cast<std::uint64_t>(timer);
  if (timer == TimerId::none) return false;
  const auto slot = static_cast<std::uint32_t>(value) - 1;
  if (slot >= slots_.size() || slots_[slot].generation != value >> 32 || !slots_[slot].job) {
    return false;
  }
  take(slot);
  return true;
}

std::optional<MonoTime> TimerQueue::next() const {
  if (heap_.empty()) return std::nullopt;
  return slots_[heap_.front()].when;
}

void TimerQueue::run_due(MonoTime now) {
  const std::uint64_t end = sequence_;
  while (!heap_.empty()) {
    const Slot& first = slots_[heap_.front()];
    if (first.when > now || first.sequence >= end) return;
    take(heap_.front())();
  }
}

bool TimerQueue::before(std::uint32_t a, std::uint32_t b) const {
  return std::tie(slots_[a].when, slots_[a].sequence) <
         std::tie(slots_[b].when, slots_[b].sequence);
}

void TimerQueue::place(std::uint32_t position, std::uint32_t slot) {
  heap_[position] = slot;
  slots_[slot].position = position;
}

void TimerQueue::up(std::uint32_t position) {
  const std::uint32_t slot = heap_[position];
  while (position > 0 && before(slot, heap_[(position - 1) / 2])) {
    place(position, heap_[(position - 1) / 2]);
    position = (position - 1) / 2;
  }
  place(position, slot);
}

void TimerQueue::down(std::uint32_t position) {
  const std::uint32_t slot = heap_[position];
  for (;;) {
    std::uint32_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], slot)) break;
    place(position, heap_[child]);
    position = child;
  }
  place(position, slot);
}

Job TimerQueue::take(std::uint32_t slot) {
  const std::uint32_t position = slots_[slot].position;
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (last != slot) {
    place(position, last);
    up(position);
    down(slots_[last].position);
  }
  ++slots_[slot].generation;
  free_.push_back(slot);
  return std::exchange(slots_[slot].job, Job{});
}

}  // namespace moldau::env
