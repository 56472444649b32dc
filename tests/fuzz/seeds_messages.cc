#include "base/check.h"
#include "base/prng.h"
#include "message_name.h"
#include "protocol/header.h"
#include "protocol/random_message.h"
#include "protocol/registry.h"
#include "seeds.h"

namespace moldau::fuzz {
namespace {

using protocol::MessageType;
using protocol::Schema;
using protocol::Writer;

constexpr int instances_per_version = 3;
constexpr std::size_t frame_size_prefix = 4;

void put_body(const Schema& schema, std::int16_t version, Prng& prng, Writer& out) {
  const protocol::Instance message = schema.make();
  protocol::fill_random(schema, message.get(), version, prng);
  const auto encoded = protocol::encode_message(schema, message.get(), version, out);
  CHECK(encoded, "{}", encoded.error().to_string());
}

/// Without its size, as targets take it.
void add_frame(Seeds& seeds, const Schema& schema, std::int16_t version, Prng& prng) {
  const bool is_request = schema.info.type == MessageType::request;
  const protocol::Instance message = schema.make();
  protocol::fill_random(schema, message.get(), version, prng);
  Writer frame;
  const auto encoded =
      is_request ? protocol::encode_request_frame(
                       {.correlation_id = 7, .client_id = "c", .version = version}, schema,
                       message.get(), frame)
                 : protocol::encode_response_frame({.correlation_id = 7, .version = version},
                                                   schema, message.get(), frame);
  CHECK(encoded, "{}", encoded.error().to_string());
  const SharedBytes bytes = frame.take();
  Writer out;
  if (!is_request) {
    out.put(schema.info.api_key);
    out.put(version);
  }
  out.put_bytes(bytes.bytes().subspan(frame_size_prefix));
  seeds.add(is_request ? "request_frames" : "response_frames", out.take().bytes());
}

void add_metadata_record(Seeds& seeds, const Schema& schema, std::int16_t version, Prng& prng) {
  Writer out;
  out.put_uvarint(1);
  out.put_uvarint(static_cast<std::uint64_t>(schema.info.api_key));
  out.put_uvarint(static_cast<std::uint64_t>(version));
  put_body(schema, version, prng, out);
  seeds.add("metadata_records", out.take().bytes());
}

/// As coordinator_records_fuzz.cc has its forms.
void add_coordinator_record(Seeds& seeds, const Schema& schema, std::int16_t version, Prng& prng) {
  const bool is_key = schema.info.type == MessageType::coordinator_key;
  Writer out;
  out.put(static_cast<std::uint8_t>(is_key ? 0 : 1));
  out.put(schema.info.api_key);
  if (!is_key) out.put(version);
  put_body(schema, version, prng, out);
  seeds.add("coordinator_records", out.take().bytes());
}

/// A whole record of __consumer_offsets, its key of the same number as its value.
void add_offsets_record(Seeds& seeds, const Schema& key, const Schema& value, Prng& prng) {
  const protocol::Versions versions = value.info.versions;
  for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
    Writer key_out;
    key_out.put(key.info.api_key);
    put_body(key, 0, prng, key_out);
    const SharedBytes key_bytes = key_out.take();
    Writer out;
    out.put(std::uint8_t{2});
    out.put(static_cast<std::uint8_t>(key_bytes.size()));
    out.put_bytes(key_bytes.bytes());
    out.put(version);
    put_body(value, version, prng, out);
    seeds.add("coordinator_records", out.take().bytes());
  }
}

void add_other(Seeds& seeds, const Schema& schema, std::int16_t version, Prng& prng) {
  Writer out;
  out.put(std::uint8_t{0});
  out.put(name_hash(schema.info.name));
  out.put(version);
  put_body(schema, version, prng, out);
  seeds.add("raft_records", out.take().bytes());

  const std::string_view name = schema.info.name;
  if (!name.starts_with("ConsumerProtocol")) return;
  Writer embedded;
  embedded.put(static_cast<std::uint8_t>(name.ends_with("Subscription") ? 0 : 1));
  embedded.put(version);
  put_body(schema, version, prng, embedded);
  seeds.add("consumer_protocol", embedded.take().bytes());
}

void add_message(Seeds& seeds, const Schema& schema, std::int16_t version, Prng& prng) {
  switch (schema.info.type) {
    case MessageType::request:
    case MessageType::response:
      return add_frame(seeds, schema, version, prng);
    case MessageType::metadata:
      return add_metadata_record(seeds, schema, version, prng);
    case MessageType::coordinator_key:
    case MessageType::coordinator_value:
      return add_coordinator_record(seeds, schema, version, prng);
    case MessageType::header:
    case MessageType::data:
      return add_other(seeds, schema, version, prng);
  }
}

}  // namespace

void add_messages(Seeds& seeds) {
  Prng prng(1);
  for (const Schema* schema : protocol::all_schemas()) {
    const protocol::Versions versions = schema->info.versions;
    for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
      for (int i = 0; i < instances_per_version; ++i) add_message(seeds, *schema, version, prng);
    }
    if (schema->info.type != MessageType::coordinator_key) continue;
    for (const Schema* value : protocol::all_schemas()) {
      if (value->info.type == MessageType::coordinator_value &&
          value->info.api_key == schema->info.api_key) {
        add_offsets_record(seeds, *schema, *value, prng);
      }
    }
  }
}

}  // namespace moldau::fuzz
