#include "try_message.h"

#include "base/check.h"
#include "protocol/codec.h"

namespace moldau::fuzz {
namespace {

using protocol::Instance;
using protocol::Schema;

Result<std::size_t> decode(const Schema& schema, void* message, std::int16_t version,
                           const SharedBytes& frame, std::size_t position) {
  const BoundedWork bounded(frame.size() - std::min(position, frame.size()), message_limit);
  return protocol::decode_message(schema, message, version, frame, position);
}

SharedBytes encode(const Schema& schema, const void* message, std::int16_t version) {
  protocol::Writer out;
  const auto encoded = protocol::encode_message(schema, message, version, out);
  CHECK(encoded, "what was decoded cannot be encoded: {}", encoded.error().to_string());
  return out.take();
}

void check_round_trip(const Schema& schema, const void* message, std::int16_t version) {
  const SharedBytes bytes = encode(schema, message, version);
  const Instance back = schema.make();
  const auto end = protocol::decode_message(schema, back.get(), version, bytes, 0);
  CHECK(end, "what was encoded cannot be decoded: {}", end.error().to_string());
  CHECK(*end == bytes.size(), "{} v{}: ends at {} of {}", schema.info.name, version, *end,
        bytes.size());
  CHECK(protocol::equal_messages(schema, message, back.get()), "{} v{}: {} came back as {}",
        schema.info.name, version, protocol::message_to_json(schema, message, version),
        protocol::message_to_json(schema, back.get(), version));
  CHECK(encode(schema, back.get(), version) == bytes, "{} v{}: other bytes the second time",
        schema.info.name, version);
}

/// The same answer of the table as `compiled` gave, hence the same errors too.
void check_against_table(const Schema& schema, const Result<std::size_t>& compiled,
                         const void* message, std::int16_t version, const SharedBytes& frame,
                         std::size_t position) {
  const Schema interpreted{.info = schema.info, .table = schema.table, .make = schema.make};
  const Instance other = schema.make();
  const auto end = decode(interpreted, other.get(), version, frame, position);
  CHECK(end.has_value() == compiled.has_value(), "{} v{}: one codec reads what the other refuses",
        schema.info.name, version);
  if (!end) {
    CHECK(end.error().to_string() == compiled.error().to_string(), "table: {}, compiled: {}",
          end.error().to_string(), compiled.error().to_string());
    return;
  }
  CHECK(*end == *compiled, "{} v{}", schema.info.name, version);
  CHECK(protocol::equal_messages(schema, message, other.get()), "{} v{}", schema.info.name,
        version);
}

}  // namespace

Result<std::size_t> try_message(const Schema& schema, std::int16_t version,
                                const SharedBytes& frame, std::size_t position) {
  const Instance message = schema.make();
  auto end = decode(schema, message.get(), version, frame, position);
  if (schema.compiled != nullptr) {
    check_against_table(schema, end, message.get(), version, frame, position);
  }
  if (!end) return end;
  CHECK(*end >= position && *end <= frame.size(), "ends at {} of {}", *end, frame.size());
  check_round_trip(schema, message.get(), version);
  return end;
}

}  // namespace moldau::fuzz
