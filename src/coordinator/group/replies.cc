#include "coordinator/group/replies.h"

#include <fmt/format.h>

namespace moldau::coordinator {
namespace {

constexpr std::size_t reason_bytes_max = 255;

}  // namespace

protocol::JoinGroupResponse join_refusal(protocol::ErrorCode error, std::string_view member_id,
                                         std::int16_t version) {
  protocol::JoinGroupResponse response;
  response.error_code = error;
  response.member_id = Text::copy(member_id);
  if (version >= 7) response.protocol_name.reset();
  return response;
}

protocol::SyncGroupResponse sync_refusal(protocol::ErrorCode error) {
  protocol::SyncGroupResponse response;
  response.error_code = error;
  return response;
}

bool names_a_protocol(const protocol::JoinGroupRequest& request) {
  return !request.protocol_type.empty() && !request.protocols.empty();
}

std::string reason_suffix(const std::optional<Text>& reason) {
  if (!reason || reason->empty()) return {};
  return fmt::format(": {:?}", reason->view().substr(0, reason_bytes_max));
}

}  // namespace moldau::coordinator
