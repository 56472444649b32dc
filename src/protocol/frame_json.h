#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/json.h"

namespace moldau::protocol {

struct DecodedJson {
  std::string json;
  std::size_t end{0};  ///< position in the frame behind the message
};

/// Decodes the message that starts at `position` and prints it. Errors are those of decode_message.
Result<DecodedJson> decode_to_json(const Schema& schema, std::int16_t version,
                                   const SharedBytes& frame, std::size_t position,
                                   const JsonOptions& options);

}  // namespace moldau::protocol
