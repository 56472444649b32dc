#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace moldau::broker {

/// How many bytes of records are held in memory, in answers that their clients have not taken yet.
/// A Fetch asks for no more than what is left, down to its first batch, which it always gets:
/// clients that ask much and do not read get small answers, and the others go on. Records that stay
/// in their file hold a file open instead, of which there are so many and not more.
///
/// Thread-safe.
class AnswerMemory {
 public:
  explicit AnswerMemory(std::int64_t capacity) : capacity_(capacity) {}
  AnswerMemory(const AnswerMemory&) = delete;
  AnswerMemory& operator=(const AnswerMemory&) = delete;

  /// Bytes; 0 when all is taken. A guess where others take at the same moment.
  std::int64_t left() const { return std::max<std::int64_t>(capacity_ - used(), 0); }
  std::int64_t used() const { return used_->load(std::memory_order_relaxed); }
  std::int64_t capacity() const { return capacity_; }
  /// Of answers whose records stay in them. They are open until a client has taken its answer,
  /// which may be long.
  std::int64_t held_files() const { return files_->load(std::memory_order_relaxed); }
  static constexpr std::int64_t held_files_max = 1000;

 private:
  using Counter = std::shared_ptr<std::atomic<std::int64_t>>;
  struct Counted {
    Counted(Counter counter_, std::size_t size_) : counter(std::move(counter_)), block(size_) {
      counter->fetch_add(size(), std::memory_order_relaxed);
    }
    ~Counted() { counter->fetch_sub(size(), std::memory_order_relaxed); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::int64_t size() const { return static_cast<std::int64_t>(block.size()); }
    Counter counter;
    Block block;
  };

 public:
  /// A block that counts until its last slice is dropped: on whatever thread, also after this
  /// object has gone.
  class Taken {
   public:
    Taken() = default;
    MutBytes bytes() { return counted_ != nullptr ? counted_->block.bytes() : MutBytes(); }
    /// The first bytes of it, frozen: nobody writes to it from here on.
    SharedBytes freeze(std::size_t size) && {
      const Bytes all = counted_->block.bytes();
      return {std::move(counted_), all.first(size)};
    }

   private:
    friend class AnswerMemory;
    explicit Taken(std::shared_ptr<Counted> counted) : counted_(std::move(counted)) {}
    std::shared_ptr<Counted> counted_;
  };
  /// Counts a file that an answer holds open, as long as this lives; also after the AnswerMemory.
  class HeldFile {
   public:
    explicit HeldFile(const AnswerMemory& memory) : files_(memory.files_) {
      files_->fetch_add(1, std::memory_order_relaxed);
    }
    ~HeldFile() { files_->fetch_sub(1, std::memory_order_relaxed); }
    HeldFile(const HeldFile&) = delete;
    HeldFile& operator=(const HeldFile&) = delete;

   private:
    const Counter files_;
  };
  /// Also where less is left.
  Taken take(std::size_t size) const { return Taken(std::make_shared<Counted>(used_, size)); }

 private:
  const std::int64_t capacity_;
  const Counter used_ = std::make_shared<std::atomic<std::int64_t>>(0);
  const Counter files_ = std::make_shared<std::atomic<std::int64_t>>(0);
};

}  // namespace moldau::broker
