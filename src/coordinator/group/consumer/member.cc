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

}  // namespace moldau::coordinator
