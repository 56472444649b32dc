/// Keys and values of __consumer_offsets, __transaction_state and __share_group_state. The first
/// byte says what follows: a key (a type, then its body), a value (the number of its record, then
/// its version, then its body), or a record of __consumer_offsets (the key's size, key, value).

#include <algorithm>

#include "bounded_work.h"
#include "coordinator/group/group_records.h"
#include "protocol/registry.h"
#include "protocol/versioned.h"
#include "try_message.h"

namespace moldau::fuzz {
namespace {

using protocol::MessageType;

enum class Form : std::uint8_t { key, value, offsets_record, tombstone };
constexpr std::uint8_t forms = 4;

/// All coordinators' messages of that number: their records are numbered each from 0 on.
void try_numbered(MessageType type, std::int16_t number, std::int16_t version,
                  const SharedBytes& bytes) {
  for (const protocol::Schema* schema : protocol::all_schemas()) {
    if (schema->info.type != type || schema->info.api_key != number) continue;
    (void)try_message(*schema, version, bytes, protocol::number_in_front_size);
  }
}

void try_record(Bytes input, bool has_value) {
  const std::size_t key_size = std::min<std::size_t>(take_byte(input), input.size());
  const Bytes key = input.first(key_size);
  const Bytes value = input.subspan(key_size);
  const BoundedWork bounded(input.size(), message_limit);
  (void)coordinator::decode_record(key, has_value ? std::optional(value) : std::nullopt);
}

void try_input(Bytes input) {
  const auto form = static_cast<Form>(take_byte(input) % forms);
  if (form == Form::offsets_record || form == Form::tombstone) {
    return try_record(input, form == Form::offsets_record);
  }
  const auto number = protocol::number_in_front(input);
  if (!number) return;
  if (form == Form::key) {
    return try_numbered(MessageType::coordinator_key, *number, 0, SharedBytes::borrow(input));
  }
  const auto value = SharedBytes::borrow(input.subspan(protocol::number_in_front_size));
  const auto version = protocol::number_in_front(value.bytes());
  if (version) try_numbered(MessageType::coordinator_value, *number, *version, value);
}

}  // namespace
}  // namespace moldau::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  moldau::fuzz::try_input(moldau::fuzz::input_of(data, size));
  return 0;
}
