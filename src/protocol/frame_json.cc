#include "protocol/frame_json.h"

#include "protocol/codec.h"
#include "protocol/schema.h"

namespace moldau::protocol {

Result<DecodedJson> decode_to_json(const Schema& schema, std::int16_t version,
                                   const SharedBytes& frame, std::size_t position,
                                   const JsonOptions& options) {
  const Instance message = schema.make();
  const std::size_t end = TRY(decode_message(schema, message.get(), version, frame, position));
  return DecodedJson{message_to_json(schema, message.get(), version, options), end};
}

}  // namespace moldau::protocol
