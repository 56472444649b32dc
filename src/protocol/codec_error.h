#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Where in a message a codec is, and the first thing that went wrong there. The path costs nothing
/// while all is well: it is put together from the inside out while the codec returns.
class CodecError {
 public:
  /// Always false, to be returned.
  bool fail(Errc code, const char* what) {
    code_ = code;
    what_ = what;
    return false;
  }
  /// The same while returning through the field `name`.
  bool within(const char* name) {
    if (depth_ < path_.size()) path_[depth_++] = name;
    return false;
  }
  /// "FetchRequest v12: Topics.Partitions.FetchOffset: ends early".
  Error take(const MessageInfo& info, std::int16_t version) const {
    std::string context = fmt::format("{} v{}: ", info.name, version);
    for (std::size_t i = depth_; i-- > 0;) {
      context += path_[i];
      context += i == 0 ? ": " : ".";
    }
    return {code_, context + what_, 0};
  }

 private:
  std::array<const char*, 16> path_;
  std::size_t depth_{0};
  const char* what_{""};
  Errc code_{Errc::corrupt};
};

}  // namespace moldau::protocol
