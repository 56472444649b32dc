#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "protocol/schema.h"

namespace moldau::fuzz {

/// Messages made to cost as much as possible for their size: all that is not needed has its
/// smallest form, and one thing is there many times.
struct Adversary {
  std::string name;  ///< what is there many times: "Topics.Partitions, its outermost array"
  std::function<SharedBytes(std::uint32_t times)> frame;
};

/// For every array below the message: the array long, or the outermost array around it long with
/// one element each; the same with a count that the bytes behind it do not honour; and for flexible
/// versions unknown tagged fields without bytes, and each tagged field repeated.
std::vector<Adversary> adversaries_of(const protocol::Schema& schema, std::int16_t version);

}  // namespace moldau::fuzz
