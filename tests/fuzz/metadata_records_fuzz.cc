/// The value of a record of __cluster_metadata, which comes from the leader or from the disk.

#include <optional>

#include "bounded_work.h"
#include "protocol/records/metadata_record.h"
#include "protocol/registry.h"
#include "try_message.h"

namespace moldau::fuzz {
namespace {

/// The version in the envelope, if that has its usual form: three varints of a byte each.
std::optional<std::int16_t> version_of(Bytes value) {
  constexpr std::size_t envelope_size = 3;
  constexpr std::uint8_t goes_on_bit = 0x80;
  if (value.size() < envelope_size) return std::nullopt;
  for (const std::uint8_t byte : value.first(envelope_size)) {
    if ((byte & goes_on_bit) != 0) return std::nullopt;
  }
  return value[envelope_size - 1];
}

void try_record(const SharedBytes& value) {
  const auto record = [&value] {
    const BoundedWork bounded(value.size(), message_limit);
    return protocol::decode_metadata_record(value);
  }();
  const auto json = protocol::metadata_record_to_json(value);
  CHECK(json.has_value() == record.has_value(), "only one of replay and dump reads the record");
  const auto version = version_of(value.bytes());
  if (!record || !version) return;
  const auto again = protocol::encode_metadata_record(*record, *version);
  CHECK(again, "{} v{}: {}", protocol::name(*record), *version, again.error().to_string());
  const auto json_again = protocol::metadata_record_to_json(*again);
  CHECK(json_again && *json_again == *json, "{} came back as {}", *json,
        json_again ? *json_again : json_again.error().to_string());
}

}  // namespace
}  // namespace moldau::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  fuzz::try_record(SharedBytes::borrow(fuzz::input_of(data, size)));
  return 0;
}
