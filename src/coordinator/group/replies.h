#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "coordinator/group/groups.h"
#include "protocol/error_code.h"

namespace moldau::coordinator {

/// Null stands for no protocol since version 7, an empty text before.
protocol::JoinGroupResponse join_refusal(protocol::ErrorCode error, std::string_view member_id,
                                         std::int16_t version);
protocol::SyncGroupResponse sync_refusal(protocol::ErrorCode error);

/// Whether a JoinGroup says how it would like to be assigned partitions.
bool names_a_protocol(const protocol::JoinGroupRequest& request);

/// ": \"the client's words\"" for a note, shortened; empty if there are none.
std::string reason_suffix(const std::optional<Text>& reason);

}  // namespace moldau::coordinator
