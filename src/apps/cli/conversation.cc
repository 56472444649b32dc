#include "apps/cli/conversation.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/frame_splitter.h"
#include "apps/cli/hex_text.h"
#include "apps/cli/output.h"
#include "base/endian.h"
#include "protocol/error_code.h"
#include "protocol/frame_json.h"
#include "protocol/header.h"
#include "protocol/registry.h"

namespace moldau::apps {
namespace {

using protocol::ApiKey;
using protocol::DecodedJson;
using protocol::MessageType;
using protocol::Schema;

/// How much of a frame that does not decode is shown.
constexpr std::size_t shown_bytes_max = 64;
/// Key, version and correlation id: no secret is in them.
constexpr std::size_t fixed_header_size = 8;
constexpr std::size_t response_header_size = sizeof(std::int32_t);
/// Of bytes that may be no request at all, but a password.
constexpr std::size_t key_and_version_size = 4;

/// The request's message, if there is one with that key and version.
const Schema* find_request(Bytes frame) {
  if (frame.size() < key_and_version_size) return nullptr;
  const auto key = static_cast<ApiKey>(load_be<std::int16_t>(frame.data()));
  const auto* schema = protocol::find_schema(MessageType::request, key);
  const auto version = load_be<std::int16_t>(frame.data() + 2);
  return schema != nullptr && schema->info.versions.contains(version) ? schema : nullptr;
}

/// How much of a request's start may be shown.
std::size_t harmless_size(Bytes frame) {
  const auto* schema = find_request(frame);
  if (schema == nullptr) return key_and_version_size;
  return protocol::may_hold_secrets(static_cast<ApiKey>(schema->info.api_key)) ? fixed_header_size
                                                                               : shown_bytes_max;
}

std::size_t harmless_size(AnswerForm form) {
  return protocol::may_hold_secrets(static_cast<ApiKey>(form.schema->info.api_key))
             ? response_header_size
             : shown_bytes_max;
}

Result<DecodedJson> decode_body(const SharedBytes& frame, std::size_t position, AnswerForm form,
                                const protocol::JsonOptions& options) {
  return protocol::decode_to_json(*form.schema, form.version, frame, position, options);
}

void add_body(JsonObject& object, const DecodedJson& body, std::size_t frame_size) {
  object.raw("body", body.json);
  if (body.end < frame_size) {
    object.number("trailingBytes", static_cast<std::int64_t>(frame_size - body.end));
  }
}

/// A broker that does not have the version answers ApiVersions in version 0 (KIP-511).
AnswerForm real_form(AnswerForm form, Bytes body) {
  const bool is_refusal = form.schema->info.api_key == number(ApiKey::api_versions) &&
                          body.size() >= 2 &&
                          load_be<std::int16_t>(body.data()) ==
                              static_cast<std::int16_t>(protocol::ErrorCode::unsupported_version);
  if (is_refusal) form.version = 0;
  return form;
}

}  // namespace

JsonObject Conversation::begin(Side from, std::string_view type) const {
  JsonObject object;
  object.text("type", type);
  if (!ends_.client.empty()) {
    object.text("from", from == Side::client ? ends_.client : ends_.broker);
    object.text("to", from == Side::client ? ends_.broker : ends_.client);
  }
  return object;
}

void Conversation::print(const JsonObject& object) {
  output_.print(object.to_string());
}

void Conversation::bad_frame(JsonObject object, const BadFrame& bad) {
  const auto& [frame, error, harmless_size] = bad;
  ++output_.errors;
  const std::size_t shown =
      json_.secrets == protocol::Secrets::shown ? shown_bytes_max : harmless_size;
  object.text("error", error.to_string());
  object.number("sizeInBytes", static_cast<std::int64_t>(frame.size()));
  object.text("start", to_hex(frame.bytes().first(std::min(shown, frame.size()))));
  print(object);
}

void Conversation::lost(Side from, const std::string& why) {
  ++output_.errors;
  print(begin(from, from == Side::client ? "request" : "response").text("error", why));
}

void Conversation::token(Side from, const SharedBytes& frame) {
  auto object = begin(from, "saslToken");
  object.number("sizeInBytes", static_cast<std::int64_t>(frame.size()));
  if (json_.secrets == protocol::Secrets::shown) object.text("bytes", to_hex(frame.bytes()));
  print(object);
}

/// After SaslHandshake 0: whether this is no request, but what SASL's mechanism says.
bool Conversation::is_token(const SharedBytes& frame) const {
  const auto* schema = has_tokens_ ? find_request(frame.bytes()) : nullptr;
  if (schema == nullptr) return has_tokens_;
  const auto header = protocol::decode_request_header(frame);
  return !header ||
         !decode_body(frame, header->end, {schema, header->message.request_api_version}, {});
}

void Conversation::request(const SharedBytes& frame) {
  if (is_token(frame)) return token(Side::client, frame);
  has_tokens_ = false;
  auto object = begin(Side::client, "request");
  const auto header = protocol::decode_request_header(frame);
  const auto harmless = harmless_size(frame.bytes());
  if (!header) return bad_frame(std::move(object), {frame, header.error(), harmless});
  const auto key = header->message.request_api_key;
  const auto version = header->message.request_api_version;
  object.text("api", name(key)).number("apiKey", number(key)).number("version", version);
  object.number("correlationId", header->message.correlation_id);
  const auto& client_id = header->message.client_id;
  client_id ? object.text("clientId", *client_id) : object.raw("clientId", "null");
  has_tokens_ = key == ApiKey::sasl_handshake && version == 0;
  if (const auto* answer = protocol::find_schema(MessageType::response, key)) {
    expect(header->message.correlation_id, {answer, version});
  }
  const auto* schema = protocol::find_schema(MessageType::request, key);
  const auto body = decode_body(frame, header->end, {schema, version}, json_);
  if (!body) return bad_frame(std::move(object), {frame, body.error(), harmless});
  add_body(object, *body, frame.size());
  print(object);
}

void Conversation::response(const SharedBytes& frame) {
  auto object = begin(Side::broker, "response");
  const bool has_id = frame.size() >= sizeof(std::int32_t);
  const auto id = has_id ? load_be<std::int32_t>(frame.data()) : 0;
  const auto form = has_id ? take_expected(id) : std::nullopt;
  if (form) return response_as(frame, *form);
  if (has_tokens_) return token(Side::broker, frame);
  if (has_id) object.number("correlationId", id);
  const Error error{has_id ? Errc::not_found : Errc::truncated,
                    has_id ? "its request was not seen" : "shorter than its header"};
  bad_frame(std::move(object), {frame, error, response_header_size});
}

void Conversation::response_as(const SharedBytes& frame, AnswerForm form) {
  auto object = begin(Side::broker, "response");
  const auto key = static_cast<ApiKey>(form.schema->info.api_key);
  object.text("api", name(key)).number("apiKey", number(key));
  const auto header = protocol::decode<protocol::ResponseHeader>(
      frame, protocol::response_header_version(form.schema->info, form.version));
  if (!header) {
    object.number("version", form.version);
    return bad_frame(std::move(object), {frame, header.error(), harmless_size(form)});
  }
  form = real_form(form, frame.bytes().subspan(header->end));
  object.number("version", form.version);
  object.number("correlationId", header->message.correlation_id);
  const auto body = decode_body(frame, header->end, form, json_);
  if (!body) return bad_frame(std::move(object), {frame, body.error(), harmless_size(form)});
  add_body(object, *body, frame.size());
  print(object);
}

void Conversation::expect(std::int32_t correlation_id, AnswerForm form) {
  (void)take_expected(correlation_id);  // whose answer never came
  expected_.emplace(correlation_id, Expected{form, ++requests_});
  expected_order_.emplace(requests_, correlation_id);
  if (expected_.size() > expected_max) (void)take_expected(expected_order_.begin()->second);
}

std::optional<AnswerForm> Conversation::take_expected(std::int32_t correlation_id) {
  const auto found = expected_.find(correlation_id);
  if (found == expected_.end()) return std::nullopt;
  const auto form = found->second.form;
  expected_order_.erase(found->second.number);
  expected_.erase(found);
  return form;
}

bool Conversation::is_request_start(Bytes start) {
  constexpr std::size_t size_bytes = sizeof(std::int32_t);
  if (start.size() < size_bytes + fixed_header_size) return false;
  const auto size = load_be<std::int32_t>(start.data());
  if (size < static_cast<std::int32_t>(fixed_header_size)) return false;
  return static_cast<std::size_t>(size) <= FrameSplitter::frame_size_max &&
         find_request(start.subspan(size_bytes)) != nullptr;
}

bool Conversation::is_response_start(Bytes start) const {
  constexpr std::size_t size_bytes = sizeof(std::int32_t);
  if (start.size() < 2 * size_bytes) return false;
  const auto size = load_be<std::int32_t>(start.data());
  if (size < static_cast<std::int32_t>(size_bytes)) return false;
  return static_cast<std::size_t>(size) <= FrameSplitter::frame_size_max &&
         expected_.contains(load_be<std::int32_t>(start.data() + size_bytes));
}

}  // namespace moldau::apps
