#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/schema.h"

namespace moldau::apps {

/// The messages that a name means, in whatever spelling people use: "fetch" and "1" are the request
/// and the response, "FetchRequest", "fetch-request" and "offset_commit_key" one message,
/// "TransactionLog" a key and its value. Empty if there is none.
std::vector<const protocol::Schema*> find_messages(std::string_view name);

/// Names that were perhaps meant, the nearest first.
std::vector<std::string> near_names(std::string_view name);

}  // namespace moldau::apps
