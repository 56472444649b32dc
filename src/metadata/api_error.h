#pragma once

#include <optional>
#include <string>

#include "base/text.h"
#include "protocol/error_code.h"

namespace moldau::metadata {

/// Why one thing of a request is refused.
struct ApiError {
  protocol::ErrorCode code;
  std::string message;
};

/// The text that goes with an error code where there is nothing better to say; null for none.
inline std::optional<Text> message_of(protocol::ErrorCode error) {
  if (error == protocol::ErrorCode::none) return std::nullopt;
  return Text::view(protocol::message(error));
}

}  // namespace moldau::metadata
