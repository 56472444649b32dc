#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace moldau::broker {

/// Which requests have a line in the log. A request that any of the three chooses has one.
struct RequestLogOptions {
  std::uint64_t every{0};        ///< every Nth request; 0: none, 1: all
  std::uint64_t per_million{0};  ///< so many of a million, by chance
  std::optional<Duration> slow;  ///< those that took so long

  bool is_on() const { return every > 0 || per_million > 0 || slow.has_value(); }
  bool operator==(const RequestLogOptions&) const = default;
};

/// "all", "every=N", a fraction as "0.01", "slow=MS", or several of them with commas between.
/// Errors: invalid, with what would be right.
Result<RequestLogOptions> parse_request_log(std::string_view text);

}  // namespace moldau::broker
