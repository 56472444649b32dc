#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "protocol/error_code.h"

namespace moldau::protocol {

struct Schema;

/// One error in an answer, with what stands beside it. Views of the answer.
struct AnswerError {
  ErrorCode code{};
  std::string_view message;  ///< the struct's ErrorMessage; empty: none
  /// The first other text of the struct, or of the one around it: the topic, the group, ...
  std::string_view about;
};

/// Calls `found` for every field ErrorCode of the answer that is not NONE, in wire order. Looks at
/// no more than `structs_max` structs, so that a huge answer costs little.
void for_each_error(const Schema& schema, const void* answer, std::size_t structs_max,
                    const std::function<void(const AnswerError&)>& found);

}  // namespace moldau::protocol
