/// A frame that a broker has sent us, for we are a client too. A response does not say what it
/// answers, so the input begins with the API key and the version that we had asked in.

#include "base/endian.h"
#include "bounded_work.h"
#include "protocol/header.h"
#include "protocol/registry.h"
#include "try_message.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  constexpr std::size_t asked_size = 2 * sizeof(std::int16_t);
  if (size < asked_size) return 0;
  const auto key = static_cast<protocol::ApiKey>(load_be<std::int16_t>(data));
  const auto version = load_be<std::int16_t>(data + sizeof(std::int16_t));
  const auto* schema = protocol::find_schema(protocol::MessageType::response, key);
  if (schema == nullptr || !schema->info.versions.contains(version)) return 0;

  const SharedBytes frame = SharedBytes::borrow(fuzz::input_of(data, size).subspan(asked_size));
  const auto header_end =
      fuzz::try_message(protocol::ResponseHeader::schema,
                        protocol::response_header_version(schema->info, version), frame, 0);
  if (header_end) (void)fuzz::try_message(*schema, version, frame, *header_end);
  return 0;
}
