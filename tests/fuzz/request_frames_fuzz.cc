/// A frame that a client has sent, without its size: header, then any request in any version.
/// Refused first by the broker are API keys and versions that we do not have.

#include "bounded_work.h"
#include "protocol/header.h"
#include "protocol/registry.h"
#include "try_message.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  const SharedBytes frame = SharedBytes::borrow(fuzz::input_of(data, size));
  const auto header = [&frame] {
    const fuzz::BoundedWork bounded(frame.size(), fuzz::message_limit);
    return protocol::decode_request_header(frame);
  }();
  if (!header) return 0;
  const auto* schema =
      protocol::find_schema(protocol::MessageType::request, header->message.request_api_key);
  CHECK(schema != nullptr, "a header was decoded of an API that we do not have");
  (void)fuzz::try_message(*schema, header->message.request_api_version, frame, header->end);
  return 0;
}
