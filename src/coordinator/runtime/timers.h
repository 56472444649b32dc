#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/time.h"

namespace moldau::coordinator {

/// The deadlines of one machine, in order of time and then of being set. Setting, cancelling and
/// taking one costs O(log n); asking for the next is O(1). `Target` says what is to be done.
template <class Target>
class Timers {
 public:
  class Timer;

  Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// A timer that is set already is set anew.
  void set(Timer& timer, MonoTime deadline, Target target) {
    const Key key{deadline, next_sequence_++};
    if (timer.timers_ != nullptr) {
      auto node = entries_.extract(timer.at_);
      node.key() = key;
      node.mapped().target = std::move(target);
      timer.at_ = entries_.insert(std::move(node)).position;
      return;
    }
    timer.at_ = entries_.emplace(key, Entry{std::move(target), &timer}).first;
    timer.timers_ = this;
  }

  std::optional<MonoTime> next() const {
    return entries_.empty() ? std::nullopt : std::optional(entries_.begin()->first.deadline);
  }

  /// The target of the first timer that is due, which is not set any more; null: none is.
  std::optional<Target> take_due(MonoTime now) {
    if (entries_.empty() || entries_.begin()->first.deadline > now) return std::nullopt;
    Target target = std::move(entries_.begin()->second.target);
    entries_.begin()->second.owner->cancel();
    return target;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Key {
    MonoTime deadline;
    std::uint64_t sequence;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Target target;
    Timer* owner;
  };

  std::map<Key, Entry> entries_;
  std::uint64_t next_sequence_{0};
};

/// One deadline, held by what it is about: it is cancelled with its owner's end. The Timers outlive
/// it.
template <class Target>
class Timers<Target>::Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  void cancel() {
    if (timers_ == nullptr) return;
    timers_->entries_.erase(at_);
    timers_ = nullptr;
  }
  bool is_set() const { return timers_ != nullptr; }
  /// Only of one that is set.
  MonoTime deadline() const { return at_->first.deadline; }

 private:
  friend class Timers;
  Timers* timers_{nullptr};
  typename std::map<Key, Entry>::iterator at_;
};

}  // namespace moldau::coordinator
