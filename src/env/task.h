#pragma once

#include <boost/asio/awaitable.hpp>

namespace moldau::env {

/// A coroutine that may suspend. Starts only when awaited or given to `Scope::spawn`; never throws
/// out of a room. What cannot suspend is a plain function, not a Task.
template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace moldau::env
