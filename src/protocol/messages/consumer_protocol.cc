#include "protocol/messages/consumer_protocol.h"

#include <algorithm>

#include "protocol/schema.h"
#include "protocol/versioned.h"

namespace moldau::protocol {
namespace {

template <Message T>
Result<Decoded<T>> decode_embedded(SharedBytes bytes) {
  const std::int16_t written = TRY(number_in_front(bytes.bytes()));
  const std::int16_t version = std::min(written, T::info.versions.highest);
  return decode<T>(std::move(bytes), version, number_in_front_size);
}

}  // namespace

constinit const Schema ConsumerProtocolSubscription::schema =
    schema_of<ConsumerProtocolSubscription>();
constinit const Schema ConsumerProtocolAssignment::schema = schema_of<ConsumerProtocolAssignment>();

Result<Decoded<ConsumerProtocolSubscription>> decode_subscription(SharedBytes bytes) {
  return decode_embedded<ConsumerProtocolSubscription>(std::move(bytes));
}

Result<Decoded<ConsumerProtocolAssignment>> decode_assignment(SharedBytes bytes) {
  if (bytes.size() == 0) return Decoded<ConsumerProtocolAssignment>{{}, std::move(bytes), 0};
  return decode_embedded<ConsumerProtocolAssignment>(std::move(bytes));
}

}  // namespace moldau::protocol
