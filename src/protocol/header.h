#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/codec.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// In front of every request. The client id keeps its old form in version 2, so that a server can
/// read it before it knows the request. Null and empty mean the same.
struct RequestHeader {
  static constexpr MessageInfo info{.name = "RequestHeader",
                                    .type = MessageType::header,
                                    .versions = {1, 2},
                                    .flexible_since = 2};
  static const Schema schema;

  ApiKey request_api_key{};
  std::int16_t request_api_version{0};
  std::int32_t correlation_id{0};
  std::optional<Text> client_id{""};

  static constexpr void fields(auto&& field) {
    field(&RequestHeader::request_api_key, "RequestApiKey");
    field(&RequestHeader::request_api_version, "RequestApiVersion");
    field(&RequestHeader::correlation_id, "CorrelationId");
    field(&RequestHeader::client_id, "ClientId", Spec{}.never_compact());
  }
};

/// In front of every response.
struct ResponseHeader {
  static constexpr MessageInfo info{.name = "ResponseHeader",
                                    .type = MessageType::header,
                                    .versions = {0, 1},
                                    .flexible_since = 1};
  static const Schema schema;

  std::int32_t correlation_id{0};

  static constexpr void fields(auto&& field) {
    field(&ResponseHeader::correlation_id, "CorrelationId");
  }
};

/// 2 for flexible versions of the request, else 1 (KIP-482).
constexpr std::int16_t request_header_version(const MessageInfo& request, std::int16_t version) {
  return request.is_flexible(version) ? 2 : 1;
}

/// 1 for flexible versions of the response, else 0. ApiVersions is always answered with 0: the
/// client cannot know yet what the broker understands (KIP-511).
constexpr std::int16_t response_header_version(const MessageInfo& response, std::int16_t version) {
  const bool is_api_versions = response.api_key == number(ApiKey::api_versions);
  return response.is_flexible(version) && !is_api_versions ? 1 : 0;
}

/// The header at the front of a frame (without its size); `end` is where the request begins.
/// Errc::unsupported for a key that we have no message for, since then the header's own version is
/// unknown. The request's version is not checked.
Result<Decoded<RequestHeader>> decode_request_header(SharedBytes frame);

/// A whole frame, its size in front.
struct RequestFrame {
  std::int32_t correlation_id;
  Text client_id;
  std::int16_t version;
};
Result<> encode_request_frame(const RequestFrame& frame, const Schema& schema, const void* request,
                              Writer& out);
struct ResponseFrame {
  std::int32_t correlation_id;
  std::int16_t version;
};
Result<> encode_response_frame(const ResponseFrame& frame, const Schema& schema,
                               const void* response, Writer& out);

template <Message T>
Result<> encode_request_frame(const RequestFrame& frame, const T& request, Writer& out) {
  static_assert(T::info.type == MessageType::request);
  return encode_request_frame(frame, T::schema, &request, out);
}

template <Message T>
Result<> encode_response_frame(const ResponseFrame& frame, const T& response, Writer& out) {
  static_assert(T::info.type == MessageType::response);
  return encode_response_frame(frame, T::schema, &response, out);
}

/// The header at the front of a response frame (without its size); `end` is where the body begins.
template <Message T>
Result<Decoded<ResponseHeader>> decode_response_header(SharedBytes frame, std::int16_t version) {
  return decode<ResponseHeader>(std::move(frame), response_header_version(T::info, version));
}

}  // namespace moldau::protocol
