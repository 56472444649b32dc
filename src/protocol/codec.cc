#include "protocol/codec.h"

#include "protocol/decoder.h"
#include "protocol/encoder.h"
#include "protocol/equal.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

std::unexpected<Error> no_such_version(const Schema& schema, std::int16_t version) {
  return fail(Errc::unsupported, fmt::format("{} has no version {}", schema.info.name, version));
}

}  // namespace

Result<> encode_message(const Schema& schema, const void* message, std::int16_t version,
                        Writer& out) {
  if (!schema.info.versions.contains(version)) return no_such_version(schema, version);
  Encoder encoder(schema, version, out);
  const bool ok = schema.compiled != nullptr ? schema.compiled->encode(encoder, message)
                                             : encoder.message(message);
  if (!ok) return std::unexpected(encoder.take_error());
  return {};
}

Result<std::size_t> decode_message(const Schema& schema, void* message, std::int16_t version,
                                   const SharedBytes& frame, std::size_t position) {
  if (!schema.info.versions.contains(version)) return no_such_version(schema, version);
  if (position > frame.size()) {
    return fail(Errc::truncated, fmt::format("{} starts behind the frame", schema.info.name));
  }
  Decoder decoder(schema, version, frame, position);
  const bool ok = schema.compiled != nullptr ? schema.compiled->decode(decoder, message)
                                             : decoder.message(message);
  if (!ok) return std::unexpected(decoder.take_error());
  return decoder.position();
}

bool equal_messages(const Schema& schema, const void* a, const void* b) {
  return equal_structure(schema.table, a, b);
}

}  // namespace moldau::protocol
