#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace moldau::coordinator {

/// Who of a topic's subscribers is to get the next partition, and who is to give one up. It assumes
/// that what it says is done.
///
/// Members are sorted by how many partitions they have. The least loaded are a range from the
/// start, all at one level; when each has received one the level rises, and the range takes in
/// those who are at it. The most loaded are a range that grows the other way; its end moves in when
/// members turn out to have nothing to give.
class MemberBalancer {
 public:
  /// `sizes`: partitions of each member of the group. It outlives this, and changes with it.
  explicit MemberBalancer(const std::vector<std::size_t>& sizes) : sizes_(sizes) {}

  /// For other subscribers, at least one. Returns the difference of the largest and the smallest.
  std::size_t start(const std::vector<std::size_t>& members);
  std::size_t next_least_loaded();
  /// Null: nobody is left who could give one up.
  std::optional<std::size_t> next_most_loaded();
  /// The one that next_most_loaded() has just returned has none of this topic.
  void exclude_most_loaded();
  /// Between the two ranges there is nothing to gain.
  bool is_balanced() const { return most_level_ <= least_level_ + 1; }

 private:
  using Index = std::ptrdiff_t;
  Index size_at(Index i) const {
    return static_cast<Index>(sizes_[sorted_[static_cast<std::size_t>(i)]]);
  }

  const std::vector<std::size_t>& sizes_;
  std::vector<std::size_t> sorted_;
  Index least_end_{0};  ///< least loaded: [0, least_end_)
  Index least_level_{0};
  Index next_least_{0};
  Index most_begin_{0};  ///< most loaded: [most_begin_, most_end_)
  Index most_end_{0};
  Index most_level_{0};
  Index next_most_{0};
};

}  // namespace moldau::coordinator
