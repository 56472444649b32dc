#include "coordinator/group/consumer/member_balancer.h"

#include <algorithm>
#include <utility>

namespace moldau::coordinator {

std::size_t MemberBalancer::start(const std::vector<std::size_t>& members) {
  sorted_ = members;
  std::ranges::sort(sorted_, {}, [this](std::size_t i) { return std::pair(sizes_[i], i); });
  const auto count = static_cast<Index>(sorted_.size());
  least_end_ = 0;
  least_level_ = size_at(0) - 1;
  next_least_ = 0;
  most_begin_ = count;
  most_end_ = count;
  most_level_ = size_at(count - 1) + 1;
  next_most_ = count - 1;
  return static_cast<std::size_t>(size_at(count - 1) - size_at(0));
}

std::size_t MemberBalancer::next_least_loaded() {
  if (next_least_ >= least_end_) {
    ++least_level_;
    const auto count = static_cast<Index>(sorted_.size());
    while (least_end_ < count && size_at(least_end_) == least_level_) ++least_end_;
    next_least_ = 0;
  }
  return sorted_[static_cast<std::size_t>(next_least_++)];
}

std::optional<std::size_t> MemberBalancer::next_most_loaded() {
  if (next_most_ < most_begin_) {
    // A range that exclusions have emptied goes straight to the level of the next member.
    const bool is_empty = most_end_ <= most_begin_ && most_begin_ > 0;
    most_level_ = is_empty ? size_at(most_begin_ - 1) : most_level_ - 1;
    while (most_begin_ > 0 && size_at(most_begin_ - 1) == most_level_) --most_begin_;
    next_most_ = most_end_ - 1;
  }
  if (next_most_ < 0) return std::nullopt;
  return sorted_[static_cast<std::size_t>(next_most_--)];
}

void MemberBalancer::exclude_most_loaded() {
  --most_end_;
  std::swap(sorted_[static_cast<std::size_t>(next_most_ + 1)],
            sorted_[static_cast<std::size_t>(most_end_)]);
}

}  // namespace moldau::coordinator
