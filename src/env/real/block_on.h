#pragma once

#include <future>
#include <optional>
#include <type_traits>

#include "env/scope.h"

namespace moldau::env {

namespace detail {
template <class T>
Task<> keep_result(Task<T> task, std::promise<T>& result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result.set_value();
  } else {
    result.set_value(co_await std::move(task));
  }
}
}  // namespace detail

/// For main and for tests: runs the task on a worker of a RealEnv that has been started, and blocks
/// the calling thread, which must not be a worker, until it has ended.
template <class T>
T block_on(Worker& worker, Task<T> task) {
  Scope scope(worker);
  std::promise<T> result;
  scope.spawn(detail::keep_result(std::move(task), result));
  auto future = result.get_future();
  future.wait();
  std::promise<void> drained;
  scope.stop_then([&drained] { drained.set_value(); });
  drained.get_future().wait();
  return future.get();
}

}  // namespace moldau::env
