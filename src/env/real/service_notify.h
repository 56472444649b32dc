#pragma once

#include <chrono>
#include <string_view>

#include "base/error.h"

namespace moldau::env {

/// How long a manager that does not read may hold up a caller.
inline constexpr std::chrono::seconds service_notify_limit{5};

/// Tells the service manager that started this process what it is about, as sd_notify(3) does:
/// "READY=1" when it serves, "STOPPING=1" when it begins to stop. The manager listens at the Unix
/// datagram socket that NOTIFY_SOCKET names: a path, or @name in the abstract namespace. Without
/// that variable nobody asked, and nothing is done. Blocks while the manager's queue is full, for
/// at most `service_notify_limit`.
///
/// Errors: invalid, unavailable (the queue stayed full), or what the system said.
Result<> notify_service_manager(std::string_view state);

}  // namespace moldau::env
