#include "protocol/versioned.h"

#include "base/endian.h"

namespace moldau::protocol {

Result<std::int16_t> number_in_front(Bytes bytes) {
  if (bytes.size() < number_in_front_size) {
    return fail(Errc::truncated, fmt::format("{} bytes have no version in front", bytes.size()));
  }
  return load_be<std::int16_t>(bytes.data());
}

}  // namespace moldau::protocol
