#include "coordinator/group/consumer/member.h"

namespace moldau::coordinator {

MemberState member_state(std::int8_t number) {
  switch (number) {
    case 0:
      return MemberState::stable;
    case 1:
      return MemberState::unrevoked_partitions;
    case 2:
      return MemberState::unreleased_partitions;
    default:
      return MemberState::unknown;
  }
}

std::size_t ConsumerMember::metadata_bytes() const {
  std::size_t bytes = topic_regex.size();
  for (const std::string& name : topic_names) bytes += name.size();
  if (!classic) return bytes;
  for (const ClassicProtocol& protocol : classic->protocols) bytes += protocol.metadata.size();
  return bytes;
}

}  // namespace moldau::coordinator
