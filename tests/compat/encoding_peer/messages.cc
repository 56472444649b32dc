#include "messages.h"

#include <algorithm>

#include "protocol/codec.h"
#include "protocol/random_message.h"
#include "protocol/registry.h"

namespace moldau::encoding_peer {
namespace {

using protocol::Instance;
using protocol::Schema;

Result<const Schema*> message_type(Request& request) {
  const std::string_view name = TRY(request.text());
  const auto all = protocol::all_schemas();
  const auto found =
      std::ranges::find_if(all, [name](const Schema* one) { return name == one->info.name; });
  if (found == all.end()) return fail(Errc::not_found, std::string(name));
  return *found;
}

Result<SharedBytes> encode(const Schema& schema, const void* message, std::int16_t version) {
  protocol::Writer out;
  TRY(protocol::encode_message(schema, message, version, out));
  return out.take();
}

/// Decodes all of the bytes: they stay alive with the request.
Result<Instance> decode(const Schema& schema, std::int16_t version, const SharedBytes& bytes) {
  Instance message = schema.make();
  const std::size_t end = TRY(protocol::decode_message(schema, message.get(), version, bytes, 0));
  if (end != bytes.size()) {
    return fail(Errc::corrupt, fmt::format("{} of {} bytes were read", end, bytes.size()));
  }
  return message;
}

}  // namespace

std::string list_messages() {
  std::string text;
  for (const Schema* schema : protocol::all_schemas()) {
    const protocol::Versions versions = schema->info.versions;
    text += fmt::format("{}\t{}\t{}\n", schema->info.name, versions.lowest, versions.highest);
  }
  return text;
}

Result<SharedBytes> recode(Request& request) {
  const Schema* schema = TRY(message_type(request));
  const auto from = TRY(request.number<std::int16_t>());
  const auto to = TRY(request.number<std::int16_t>());
  const SharedBytes bytes = request.rest();
  const Instance message = TRY(decode(*schema, from, bytes));
  return encode(*schema, message.get(), to);
}

Result<SharedBytes> to_json(Request& request) {
  const Schema* schema = TRY(message_type(request));
  const auto version = TRY(request.number<std::int16_t>());
  const SharedBytes bytes = request.rest();
  const Instance message = TRY(decode(*schema, version, bytes));
  return SharedBytes::copy(as_bytes(protocol::message_to_json(*schema, message.get(), version)));
}

Result<SharedBytes> encode_default(Request& request) {
  const Schema* schema = TRY(message_type(request));
  const auto version = TRY(request.number<std::int16_t>());
  const Instance message = schema->make();
  return encode(*schema, message.get(), version);
}

Result<SharedBytes> encode_random(Request& request) {
  const Schema* schema = TRY(message_type(request));
  const auto version = TRY(request.number<std::int16_t>());
  Prng prng(TRY(request.number<std::uint64_t>()));
  const Instance message = schema->make();
  protocol::fill_random(*schema, message.get(), version, prng, protocol::Extent::any);
  return encode(*schema, message.get(), version);
}

}  // namespace moldau::encoding_peer
