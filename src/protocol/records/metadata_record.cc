#include "protocol/records/metadata_record.h"

#include <array>
#include <utility>

#include "base/varint.h"
#include "protocol/codec.h"
#include "protocol/json.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

constexpr std::uint32_t frame_version = 1;

/// What is known of one alternative of the variant, found by the record's number.
struct Alternative {
  const Schema* schema{nullptr};
  void* (*emplace)(MetadataRecord&){nullptr};
};

template <class... T>
constexpr std::int16_t highest_number(std::type_identity<std::variant<T...>>) {
  return std::max({T::info.api_key...});
}
using Record = std::type_identity<MetadataRecord>;
using Alternatives = std::array<Alternative, highest_number(Record{}) + 1>;

template <class... T>
constexpr Alternatives alternatives_of(std::type_identity<std::variant<T...>>) {
  Alternatives result;
  ((result[T::info.api_key] = {&T::schema,
                               [](MetadataRecord& record) -> void* {
                                 return &record.emplace<T>();
                               }}),
   ...);
  return result;
}
constexpr Alternatives alternatives = alternatives_of(Record{});

struct Envelope {
  const Alternative* alternative;
  std::int16_t version;
  std::size_t size;
};

Result<Envelope> decode_envelope(Bytes value) {
  std::array<std::uint32_t, 3> numbers{};
  std::size_t size = 0;
  for (std::uint32_t& number : numbers) {
    const std::size_t used = get_uvarint<std::uint32_t>(value.subspan(size), number);
    if (used == 0) return fail(Errc::corrupt, "metadata record: cut off in its envelope");
    size += used;
  }
  const auto [frame, number, version] = numbers;
  if (frame != frame_version) {
    return fail(Errc::unsupported, fmt::format("metadata record: frame version {}", frame));
  }
  if (number >= alternatives.size() || alternatives[number].schema == nullptr) {
    return fail(Errc::unsupported, fmt::format("metadata record: unknown type {}", number));
  }
  const Alternative& alternative = alternatives[number];
  if (version > static_cast<std::uint32_t>(alternative.schema->info.versions.highest)) {
    return fail(Errc::unsupported,
                fmt::format("{} has no version {}", alternative.schema->info.name, version));
  }
  return Envelope{&alternative, static_cast<std::int16_t>(version), size};
}

Result<MetadataRecord> decode_body(const Envelope& envelope, const SharedBytes& value) {
  MetadataRecord record;
  void* message = envelope.alternative->emplace(record);
  const Schema& schema = *envelope.alternative->schema;
  const std::size_t end =
      TRY(decode_message(schema, message, envelope.version, value, envelope.size));
  if (end != value.size()) {
    return fail(Errc::corrupt, fmt::format("{} v{}: {} bytes behind the record", schema.info.name,
                                           envelope.version, value.size() - end));
  }
  return record;
}

/// "PartitionChangeRecord" -> "PARTITION_CHANGE_RECORD".
std::string constant_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper && !result.empty()) result += '_';
    result += is_upper ? c : static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

struct Erased {
  const Schema& schema;
  const void* message;
};

Erased erase(const MetadataRecord& record) {
  return std::visit([](const auto& message) { return Erased{message.schema, &message}; }, record);
}

}  // namespace

Result<MetadataRecord> decode_metadata_record(const SharedBytes& value) {
  const Envelope envelope = TRY(decode_envelope(value.bytes()));
  return decode_body(envelope, value);
}

Result<SharedBytes> encode_metadata_record(const MetadataRecord& record, std::int16_t version) {
  const auto [schema, message] = erase(record);
  Writer out;
  out.put_uvarint(frame_version);
  out.put_uvarint(static_cast<std::uint64_t>(schema.info.api_key));
  out.put_uvarint(static_cast<std::uint16_t>(version));
  TRY(encode_message(schema, message, version, out));
  return out.take();
}

std::string_view name(const MetadataRecord& record) {
  return erase(record).schema.info.name;
}

Result<std::string> metadata_record_to_json(const SharedBytes& value) {
  return metadata_record_to_json(value, {.secrets = Secrets::shown});
}

Result<std::string> metadata_record_to_json(const SharedBytes& value, const JsonOptions& options) {
  const Envelope envelope = TRY(decode_envelope(value.bytes()));
  const MetadataRecord record = TRY(decode_body(envelope, value));
  const auto [schema, message] = erase(record);
  std::string out = R"({"type":)";
  append_json_string(out, constant_name(schema.info.name));
  return out + fmt::format(R"(,"version":{},"data":{}}})", envelope.version,
                           message_to_json(schema, message, envelope.version, options));
}

}  // namespace moldau::protocol
