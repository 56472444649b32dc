#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace moldau::metadata {

/// An ordered map whose copies share what they have in common: copying costs a pointer, `insert`
/// and `erase` copy the path to the root, O(log n), and leave all other copies as they were. An AVL
/// tree of immutable nodes. Any number of threads may read and copy one; changing it is as for any
/// value. Values are copied along the path, so they should be small (a shared_ptr, a number).
template <class K, class V, class Less = std::less<>>
class PersistentMap {
  struct Node;
  using Link = std::shared_ptr<const Node>;
  struct Node {
    std::pair<K, V> entry;
    Link left;
    Link right;
    std::size_t size;
    int height;
  };
  /// Above the height of any tree that fits into memory: an AVL tree of 2^40 nodes has at most 58.
  static constexpr std::size_t height_max = 64;

 public:
  using value_type = std::pair<K, V>;

  /// In key order. Valid as long as some copy of the map it came from is.
  class Iterator {
   public:
    using value_type = PersistentMap::value_type;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    const value_type& operator*() const { return path_[depth_ - 1]->entry; }
    const value_type* operator->() const { return &**this; }
    Iterator& operator++() {
      const Node* node = path_[--depth_];
      descend(node->right.get());
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      if (a.depth_ == 0 || b.depth_ == 0) return a.depth_ == b.depth_;
      return a.path_[a.depth_ - 1] == b.path_[b.depth_ - 1];
    }

   private:
    friend class PersistentMap;
    void descend(const Node* node) {
      for (; node != nullptr; node = node->left.get()) push(node);
    }
    void push(const Node* node) {
      CHECK(depth_ < height_max, "a tree of height {}", depth_);
      path_[depth_++] = node;
    }
    /// Nodes whose entry is still to come, the next one last.
    std::array<const Node*, height_max> path_;
    std::size_t depth_{0};
  };

  std::size_t size() const { return size_of(root_); }
  bool empty() const { return root_ == nullptr; }
  Iterator begin() const {
    Iterator iterator;
    iterator.descend(root_.get());
    return iterator;
  }
  Iterator end() const { return {}; }

  /// The first entry whose key is not less than `key`.
  template <class Q>
  Iterator lower_bound(const Q& key) const {
    Iterator iterator;
    for (const Node* node = root_.get(); node != nullptr;) {
      if (Less{}(node->entry.first, key)) {
        node = node->right.get();
      } else {
        iterator.push(node);
        node = node->left.get();
      }
    }
    return iterator;
  }

  /// Null if there is none; otherwise valid as long as some copy of the map is.
  template <class Q>
  const V* find(const Q& key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      if (Less{}(key, node->entry.first)) {
        node = node->left.get();
      } else if (Less{}(node->entry.first, key)) {
        node = node->right.get();
      } else {
        return &node->entry.second;
      }
    }
    return nullptr;
  }
  template <class Q>
  bool contains(const Q& key) const {
    return find(key) != nullptr;
  }

  /// Sets the value of `key`, whether or not it had one.
  void insert(K key, V value) { root_ = insert(root_, {std::move(key), std::move(value)}); }
  /// False if there was none.
  template <class Q>
  bool erase(const Q& key) {
    if (!contains(key)) return false;
    root_ = erase(root_, key);
    return true;
  }
  void clear() { root_ = nullptr; }

  /// Inserts entries whose keys ascend strictly: O(log n) each if they are few, else O(n) for all.
  void insert_sorted(std::vector<value_type> entries) {
    constexpr std::size_t rebuild_ratio = 8;
    if (entries.size() * rebuild_ratio < size()) {
      for (auto& [key, value] : entries) insert(std::move(key), std::move(value));
      return;
    }
    std::vector<value_type> merged;
    merged.reserve(entries.size() + size());
    auto entry = entries.begin();
    for (const auto& old : *this) {
      for (; entry != entries.end() && Less{}(entry->first, old.first); ++entry) {
        merged.push_back(std::move(*entry));
      }
      const bool replaced = entry != entries.end() && !Less{}(old.first, entry->first);
      if (!replaced) merged.push_back(old);
    }
    std::move(entry, entries.end(), std::back_inserter(merged));
    root_ = build(merged, 0, merged.size());
  }

  /// Equal because they are the same tree; false says nothing.
  bool shares_all_with(const PersistentMap& other) const { return root_ == other.root_; }

 private:
  static int height_of(const Link& node) { return node == nullptr ? 0 : node->height; }
  static std::size_t size_of(const Link& node) { return node == nullptr ? 0 : node->size; }

  static Link make(value_type entry, Link left, Link right) {
    const int height = 1 + std::max(height_of(left), height_of(right));
    const std::size_t size = 1 + size_of(left) + size_of(right);
    return std::make_shared<const Node>(
        Node{std::move(entry), std::move(left), std::move(right), size, height});
  }

  static Link build(std::vector<value_type>& entries, std::size_t begin, std::size_t end) {
    if (begin == end) return nullptr;
    const std::size_t middle = begin + (end - begin) / 2;
    Link left = build(entries, begin, middle);
    Link right = build(entries, middle + 1, end);
    return make(std::move(entries[middle]), std::move(left), std::move(right));
  }

  /// A balanced tree of trees whose heights differ by at most two.
  static Link balance(const value_type& entry, Link left, Link right) {
    if (height_of(left) > height_of(right) + 1) {
      if (height_of(left->left) >= height_of(left->right)) {
        return make(left->entry, left->left, make(entry, left->right, std::move(right)));
      }
      const Node& middle = *left->right;
      return make(middle.entry, make(left->entry, left->left, middle.left),
                  make(entry, middle.right, std::move(right)));
    }
    if (height_of(right) > height_of(left) + 1) {
      if (height_of(right->right) >= height_of(right->left)) {
        return make(right->entry, make(entry, std::move(left), right->left), right->right);
      }
      const Node& middle = *right->left;
      return make(middle.entry, make(entry, std::move(left), middle.left),
                  make(right->entry, middle.right, right->right));
    }
    return make(entry, std::move(left), std::move(right));
  }

  static Link insert(const Link& node, value_type entry) {
    if (node == nullptr) return make(std::move(entry), nullptr, nullptr);
    if (Less{}(entry.first, node->entry.first)) {
      return balance(node->entry, insert(node->left, std::move(entry)), node->right);
    }
    if (Less{}(node->entry.first, entry.first)) {
      return balance(node->entry, node->left, insert(node->right, std::move(entry)));
    }
    return make(std::move(entry), node->left, node->right);
  }

  template <class Q>
  static Link erase(const Link& node, const Q& key) {
    if (Less{}(key, node->entry.first)) {
      return balance(node->entry, erase(node->left, key), node->right);
    }
    if (Less{}(node->entry.first, key)) {
      return balance(node->entry, node->left, erase(node->right, key));
    }
    if (node->left == nullptr) return node->right;
    if (node->right == nullptr) return node->left;
    const Node* next = node->right.get();
    while (next->left != nullptr) next = next->left.get();
    return balance(next->entry, node->left, erase(node->right, next->entry.first));
  }

  Link root_;
};

}  // namespace moldau::metadata
