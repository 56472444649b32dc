#include "net/byte_budget.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::net {

ByteBudget::ByteBudget(std::uint64_t capacity) : capacity_(std::max(capacity, capacity_min)) {}

ByteBudget::~ByteBudget() {
  CHECK(used_.load() == 0, "{} bytes of the budget are still held", used_.load());
}

bool ByteBudget::try_take(Lease& lease, std::uint64_t bytes) {
  if (lease.overdraws_) {
    used_.fetch_add(bytes);
  } else if (waiting_.load() != 0 || !try_add(bytes)) {
    return false;
  }
  if (lease.budget_ == nullptr) lease.budget_ = shared_from_this();
  lease.bytes_ += bytes;
  return true;
}

bool ByteBudget::try_add(std::uint64_t bytes) {
  std::uint64_t used = used_.load();
  while (used <= capacity_ && bytes <= capacity_ - used) {
    if (used_.compare_exchange_weak(used, used + bytes)) return true;
  }
  return false;
}

void ByteBudget::give_back(std::uint64_t bytes, bool overdrawn) {
  used_.fetch_sub(bytes);
  if (!overdrawn && waiting_.load() == 0) return;
  const env::Lock lock(mutex_);
  if (overdrawn) overdrawn_ = false;
  grant_waiting();
}

void ByteBudget::grant_waiting() {
  while (!growing_.empty()) {
    Claim& claim = *growing_.front();
    if (!try_add(claim.bytes_)) {
      if (overdrawn_) return;
      overdrawn_ = true;
      claim.lease_.overdraws_ = true;
      used_.fetch_add(claim.bytes_);
    }
    growing_.pop_front();
    grant(claim);
  }
  while (!starting_.empty() && try_add(starting_.front()->bytes_)) {
    Claim& claim = *starting_.front();
    starting_.pop_front();
    grant(claim);
  }
}

void ByteBudget::grant(Claim& claim) {
  waiting_.fetch_sub(1);
  if (claim.lease_.budget_ == nullptr) claim.lease_.budget_ = shared_from_this();
  claim.lease_.bytes_ += claim.bytes_;
  claim.granted_ = true;
  // Under the lock: the claim, and with it the signal, cannot go away before the lock is free.
  claim.signal_.notify();
}

ByteBudget::Stats ByteBudget::stats() const {
  return {.capacity_bytes = capacity_,
          .used_bytes = used_.load(std::memory_order_relaxed),
          .waiting = waiting_.load(std::memory_order_relaxed),
          .waits_total = waits_total_.load(std::memory_order_relaxed)};
}

ByteBudget::Claim::Claim(ByteBudget& budget, Lease& lease, std::uint64_t bytes, env::Signal& signal)
    : budget_(budget), lease_(lease), bytes_(bytes), signal_(signal) {
  CHECK(lease.bytes_ > 0 || bytes <= capacity_min, "{} bytes at once", bytes);
  const env::Lock lock(budget_.mutex_);
  budget_.waiting_.fetch_add(1);
  budget_.waits_total_.fetch_add(1, std::memory_order_relaxed);
  (lease.bytes_ > 0 ? budget_.growing_ : budget_.starting_).push_back(this);
  budget_.grant_waiting();
}

ByteBudget::Claim::~Claim() {
  const env::Lock lock(budget_.mutex_);
  if (granted_) return;
  budget_.waiting_.fetch_sub(1);
  budget_.growing_.remove(this);
  budget_.starting_.remove(this);
  budget_.grant_waiting();
}

bool ByteBudget::Claim::granted() const {
  const env::Lock lock(budget_.mutex_);
  return granted_;
}

ByteBudget::Lease::Lease(Lease&& other) noexcept
    : budget_(std::move(other.budget_)),
      bytes_(std::exchange(other.bytes_, 0)),
      overdraws_(std::exchange(other.overdraws_, false)) {}

ByteBudget::Lease& ByteBudget::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  budget_ = std::move(other.budget_);
  bytes_ = std::exchange(other.bytes_, 0);
  overdraws_ = std::exchange(other.overdraws_, false);
  return *this;
}

void ByteBudget::Lease::give_back() {
  if (budget_ == nullptr) return;
  std::exchange(budget_, nullptr)
      ->give_back(std::exchange(bytes_, 0), std::exchange(overdraws_, false));
}

}  // namespace moldau::net
