#include "protocol/header.h"

#include <limits>

#include "base/endian.h"
#include "protocol/compiled_codec.h"
#include "protocol/registry.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

/// Where a frame began in the writer, to put its size there at the end.
struct FrameStart {
  std::size_t position;
  std::size_t total_size;
};

FrameStart start_frame(Writer& out) {
  const FrameStart start{out.position(), out.total_size()};
  out.put(std::int32_t{0});
  return start;
}

Result<> finish_frame(const FrameStart& start, Writer& out) {
  const std::size_t size = out.total_size() - start.total_size - sizeof(std::int32_t);
  if (size > std::numeric_limits<std::int32_t>::max()) {
    return fail(Errc::too_large, fmt::format("frame of {} bytes", size));
  }
  out.patch(start.position, static_cast<std::int32_t>(size));
  return {};
}

}  // namespace

constinit const Schema RequestHeader::schema = compiled_schema_of<RequestHeader>();
constinit const Schema ResponseHeader::schema = compiled_schema_of<ResponseHeader>();

Result<Decoded<RequestHeader>> decode_request_header(SharedBytes frame) {
  if (frame.size() < 2 * sizeof(std::int16_t)) {
    return fail(Errc::truncated, "request shorter than its header");
  }
  const auto key = static_cast<ApiKey>(load_be<std::int16_t>(frame.data()));
  const auto version = load_be<std::int16_t>(frame.data() + sizeof(std::int16_t));
  const Schema* request = find_schema(MessageType::request, key);
  if (request == nullptr) {
    return fail(Errc::unsupported, fmt::format("unknown API key {}", number(key)));
  }
  return decode<RequestHeader>(std::move(frame), request_header_version(request->info, version));
}

Result<> encode_request_frame(const RequestFrame& frame, const Schema& schema, const void* request,
                              Writer& out) {
  const FrameStart start = start_frame(out);
  const RequestHeader header{.request_api_key = static_cast<ApiKey>(schema.info.api_key),
                             .request_api_version = frame.version,
                             .correlation_id = frame.correlation_id,
                             .client_id = frame.client_id};
  TRY(encode(header, request_header_version(schema.info, frame.version), out));
  TRY(encode_message(schema, request, frame.version, out));
  return finish_frame(start, out);
}

Result<> encode_response_frame(const ResponseFrame& frame, const Schema& schema,
                               const void* response, Writer& out) {
  const FrameStart start = start_frame(out);
  const ResponseHeader header{.correlation_id = frame.correlation_id};
  TRY(encode(header, response_header_version(schema.info, frame.version), out));
  TRY(encode_message(schema, response, frame.version, out));
  return finish_frame(start, out);
}

}  // namespace moldau::protocol
