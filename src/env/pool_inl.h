#pragma once

#include <type_traits>

#include "env/pool.h"

namespace moldau::env {

template <class Work>
Task<std::invoke_result_t<Work&>> run_on(IoPool& pool, IoClass io_class, Worker& home, Work work) {
  using Value = std::invoke_result_t<Work&>;
  Signal done(home);
  if constexpr (std::is_void_v<Value>) {
    pool.submit(io_class, [&] {
      work();
      done.notify();
    });
    co_await detail::wait_uncancelled(done);
  } else {
    std::optional<Value> value;
    pool.submit(io_class, [&] {
      value.emplace(work());
      done.notify();
    });
    co_await detail::wait_uncancelled(done);
    co_return std::move(*value);
  }
}

}  // namespace moldau::env
