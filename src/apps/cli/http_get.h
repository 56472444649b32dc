#pragma once

#include <string>

#include "apps/cli/world.h"
#include "base/error.h"

namespace moldau::apps {

/// The body of a page over HTTP/1.1 that answers 200. Errors: unavailable: nobody answers in time,
/// or not with 200; too_large beyond `body_bytes_max`.
Result<std::string> http_get(World& world, const env::Endpoint& endpoint, const std::string& path,
                             Duration timeout);
inline constexpr std::size_t http_body_bytes_max = std::size_t{4} << 20;

/// For a path: all bytes but letters, digits and "-._~" as "%2F".
std::string percent_encoded(std::string_view text);

}  // namespace moldau::apps
