#include "storage/open_files.h"

#include "storage/segment.h"

namespace moldau::storage {

/// An entry holds the memory of its segment, which retention may have removed long ago.
void OpenFiles::list(std::weak_ptr<const Segment> segment) {
  env::Lock lock(mutex_);
  if (queue_.size() >= sweep_at_) {
    std::erase_if(queue_, [](const auto& listed) { return listed.expired(); });
    sweep_at_ = std::max(sweep_min, 2 * queue_.size());
  }
  queue_.push_back(std::move(segment));
}

std::size_t OpenFiles::listed() const {
  env::Lock lock(mutex_);
  return queue_.size();
}

void OpenFiles::make_room() {
  // Where all are in use, whoever opens one more does not look at all of them.
  constexpr int looks_max = 64;
  for (int looks = 0; looks < looks_max && count() > max_; ++looks) {
    std::weak_ptr<const Segment> next;
    {
      env::Lock lock(mutex_);
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const auto segment = next.lock();
    if (segment == nullptr) continue;
    const auto closed = segment->close_if_idle();
    if (!closed) {
      list(std::move(next));
    } else if (*closed > 0) {
      evictions_.fetch_add(*closed, std::memory_order_relaxed);
    }
  }
}

}  // namespace moldau::storage
