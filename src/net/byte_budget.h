#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "env/mutex.h"
#include "env/signal.h"

namespace moldau::net {

/// How many bytes of requests the broker holds in memory at once (`queued.max.request.bytes`). A
/// frame takes its bytes before it is allocated and gives them back when its last slice is dropped.
/// When nothing is left, readers stop reading and TCP holds the clients back.
///
/// A frame that has part of its bytes and asks for more goes before new frames. If even that does
/// not fit, one such frame at a time may overdraw, to its end: otherwise frames that are all half
/// received could wait for one another for ever. So `used` is at most the capacity plus one frame.
///
/// Thread-safe. Always in a shared_ptr, of which everything that was taken holds a copy: a frame
/// may outlive the server that it came by, in an append that is still under way.
class ByteBudget : public std::enable_shared_from_this<ByteBudget> {
 public:
  /// Smaller capacities are raised to this: the first piece of every frame must fit.
  static constexpr std::uint64_t capacity_min = 1 << 20;

  explicit ByteBudget(std::uint64_t capacity);
  ~ByteBudget();
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// Bytes that are taken; given back when destroyed, on whatever thread.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }
    std::uint64_t bytes() const { return bytes_; }
    void give_back();

   private:
    friend class ByteBudget;
    std::shared_ptr<ByteBudget> budget_;  // null: nothing taken
    std::uint64_t bytes_{0};
    bool overdraws_{false};
  };

  /// A place in the queue for more bytes. Withdrawn when destroyed before it was granted. Belongs
  /// to one task; `signal` is notified when the bytes have come, and outlives the claim.
  class Claim {
   public:
    /// Adds `bytes` to the lease, now or later. The lease stays where it is until then.
    Claim(ByteBudget& budget, Lease& lease, std::uint64_t bytes, env::Signal& signal);
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    /// True once the lease has the bytes.
    bool granted() const;

   private:
    friend class ByteBudget;
    ByteBudget& budget_;
    Lease& lease_;
    const std::uint64_t bytes_;
    env::Signal& signal_;
    bool granted_{false};  // guarded by budget_.mutex_
  };

  /// Adds the bytes to the lease if they are there and nobody waits for any; otherwise use a Claim.
  bool try_take(Lease& lease, std::uint64_t bytes);

  struct Stats {
    std::uint64_t capacity_bytes{0};
    std::uint64_t used_bytes{0};
    std::uint64_t waiting{0};      ///< claims in the queue
    std::uint64_t waits_total{0};  ///< claims that had to wait, ever
  };
  Stats stats() const;
  /// Whether somebody waits for bytes.
  bool is_short() const { return waiting_.load(std::memory_order_relaxed) > 0; }

 private:
  bool try_add(std::uint64_t bytes);
  void give_back(std::uint64_t bytes, bool overdrawn);
  void grant_waiting() REQUIRES(mutex_);
  void grant(Claim& claim) REQUIRES(mutex_);

  const std::uint64_t capacity_;
  std::atomic<std::uint64_t> used_{0};
  // Written under mutex_; read without it, so that nobody locks while nobody waits. Whoever joins
  // the queue counts itself first and then looks at used_; whoever gives back lowers used_ first
  // and then looks here (both sequentially consistent), so one of them sees the other.
  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<std::uint64_t> waits_total_{0};
  mutable env::Mutex mutex_;
  std::list<Claim*> growing_ GUARDED_BY(mutex_);   // of leases that hold something; first
  std::list<Claim*> starting_ GUARDED_BY(mutex_);  // of empty leases
  bool overdrawn_ GUARDED_BY(mutex_){false};
};

}  // namespace moldau::net
