#include "bounded_work.h"

#include <sanitizer/allocator_interface.h>

#include <algorithm>

#include "base/check.h"

namespace moldau::fuzz {
namespace {

std::size_t steps = 0;

/// Of the BoundedWork that is alive. libFuzzer's own thread allocates too, hence thread_local.
struct Account {
  bool open{false};
  std::int64_t held{0};  // below zero where memory from before was given back
  std::int64_t held_peak{0};
  std::int64_t held_max{0};
  std::size_t input_size{0};
};
thread_local constinit Account account;

void on_malloc(const volatile void* /*block*/, std::size_t size) {
  if (!account.open) return;
  account.held += static_cast<std::int64_t>(size);
  account.held_peak = std::max(account.held_peak, account.held);
  if (account.held <= account.held_max) return;
  account.open = false;  // the message takes memory too
  CHECK(false,
        "an input of {} bytes holds {} bytes of memory, {} of them in one allocation; at "
        "most {} are allowed",
        account.input_size, account.held, size, account.held_max);
}

void on_free(const volatile void* block) {
  if (!account.open || block == nullptr) return;
  account.held -=
      static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}

void install_hooks() {
  static const bool installed = [] {
    CHECK(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
    return true;
  }();
  CHECK(installed);
}

}  // namespace

BoundedWork::BoundedWork(std::size_t input_size, const WorkLimit& limit)
    : input_size_(input_size),
      steps_max_(limit.steps_fixed + limit.steps_per_byte * input_size),
      steps_before_(steps) {
  install_hooks();
  CHECK(!account.open, "one at a time");
  account = {.open = true,
             .held_max =
                 static_cast<std::int64_t>(limit.memory_fixed + limit.memory_per_byte * input_size),
             .input_size = input_size};
}

BoundedWork::~BoundedWork() {
  account.open = false;
  const std::size_t taken = steps - steps_before_;
  CHECK(taken <= steps_max_, "an input of {} bytes takes {} steps; at most {} are allowed",
        input_size_, taken, steps_max_);
}

std::size_t BoundedWork::memory_peak() const {
  return static_cast<std::size_t>(account.held_peak);
}

}  // namespace moldau::fuzz

/// Called by the compiler's instrumentation at each basic block. libFuzzer has a function of that
/// name, so the linker sends the calls here (--wrap).
extern "C" __attribute__((no_sanitize("all"), no_sanitize("coverage"))) void
__wrap___sanitizer_cov_trace_pc() {  // NOLINT(bugprone-reserved-identifier)
  ++moldau::fuzz::steps;
}
