/// What members of a classic group send each other through us, and we read: their subscription or
/// assignment. The first byte says which; then come its version and its body.

#include "bounded_work.h"
#include "protocol/messages/consumer_protocol.h"
#include "protocol/versioned.h"
#include "try_message.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  Bytes input = fuzz::input_of(data, size);
  const auto& schema = fuzz::take_byte(input) % 2 == 0
                           ? protocol::ConsumerProtocolSubscription::schema
                           : protocol::ConsumerProtocolAssignment::schema;
  const auto version = protocol::number_in_front(input);
  if (!version) return 0;
  (void)fuzz::try_message(schema, *version, SharedBytes::borrow(input),
                          protocol::number_in_front_size);
  return 0;
}
