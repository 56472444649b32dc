#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace moldau::apps {

/// A record that `produce` is to write. Null key or value is not an empty one.
struct NewRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::int64_t timestamp{0};  ///< ms since the epoch; 0: now
};

/// Reads what `record_json` writes. A key or value is a string, null or {"base64":"..."}; what else
/// there is (topic, partition, offset) is left aside. Errors: invalid, saying what is wrong.
Result<NewRecord> parse_record_json(std::string_view line);

/// Errors: invalid.
Result<std::string> decode_base64(std::string_view text);

}  // namespace moldau::apps
