#include "broker/request_log.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/endian.h"
#include "protocol/frame_json.h"
#include "protocol/header.h"
#include "protocol/registry.h"

namespace moldau::broker {
namespace {

using protocol::MessageType;

constexpr protocol::JsonOptions json_options{.secrets = protocol::Secrets::hidden,
                                             .bytes_max = RequestLog::body_bytes_max};
constexpr std::string_view too_large = "too large to be shown";
constexpr std::size_t frame_size_bytes = sizeof(std::int32_t);
/// Of a client's name, which may be 32 KiB.
constexpr std::size_t client_id_bytes_max = 200;

/// What stands before the bodies: a client's name may need six bytes for one.
constexpr std::size_t head_bytes_max = 6 * client_id_bytes_max + 512;
static_assert(head_bytes_max + 2 * RequestLog::body_bytes_max <= env::Log::line_bytes_max,
              "the answer would be cut off");

std::string quoted(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

std::string printed(const Result<protocol::DecodedJson>& decoded) {
  return decoded ? decoded->json : quoted("not decoded: " + decoded.error().to_string());
}

/// The whole answer in one piece; empty if it is not in memory.
SharedBytes joined(const net::Answer& answer) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(answer.size());
  for (const auto& chunk : answer.chunks) {
    const auto* slice = std::get_if<SharedBytes>(&chunk);
    if (slice == nullptr) return {};
    bytes.insert(bytes.end(), slice->bytes().begin(), slice->bytes().end());
  }
  return SharedBytes::adopt(std::move(bytes));
}

std::string answer_text(const protocol::RequestHeader& header, const net::Answer& answer) {
  if (answer.chunks.empty()) return quoted("none");
  if (answer.size() > RequestLog::frame_bytes_max) return quoted(too_large);
  const auto* schema = protocol::find_schema(MessageType::response, header.request_api_key);
  const auto* request = protocol::find_schema(MessageType::request, header.request_api_key);
  const auto frame = joined(answer);
  if (schema == nullptr || request == nullptr || frame.size() < frame_size_bytes) {
    return quoted("not shown");
  }
  // Only an ApiVersions of the future is answered in another version (KIP-511): in 0.
  const bool is_known = request->info.versions.contains(header.request_api_version);
  const std::int16_t version = is_known ? header.request_api_version : std::int16_t{0};
  const auto inner = frame.slice(frame_size_bytes, frame.size() - frame_size_bytes);
  const auto answer_header = protocol::decode<protocol::ResponseHeader>(
      inner, protocol::response_header_version(schema->info, version));
  if (!answer_header) return quoted("not shown");
  return printed(
      protocol::decode_to_json(*schema, version, inner, answer_header->end, json_options));
}

std::string request_text(const protocol::Decoded<protocol::RequestHeader>& header) {
  if (header.frame.size() > RequestLog::frame_bytes_max) return quoted(too_large);
  const auto* schema = protocol::find_schema(MessageType::request, header->request_api_key);
  return printed(protocol::decode_to_json(*schema, header->request_api_version, header.frame,
                                          header.end, json_options));
}

std::string line_of(const RequestLog::Exchange& exchange, const Result<net::Answer>& answer) {
  const auto milliseconds = std::chrono::duration<double, std::milli>(exchange.took).count();
  const auto about = fmt::format(
      "remote={} listener={} ms={:.3f} request_bytes={}", exchange.connection.remote.to_string(),
      exchange.connection.listener, milliseconds, exchange.request.size());
  const auto header = protocol::decode_request_header(exchange.request);
  if (!header) return fmt::format("request not decoded {}", about);
  const std::string_view client = header->message.client_id.value_or(Text()).view();
  auto line = fmt::format("request api={} version={} correlation_id={} client={} {}",
                          header->message.request_api_key, header->message.request_api_version,
                          header->message.correlation_id,
                          quoted(client.substr(0, client_id_bytes_max)), about);
  if (answer) line += fmt::format(" answer_bytes={}", answer->size());
  line += fmt::format(" request={}", request_text(*header));
  line += answer ? fmt::format(" answer={}", answer_text(header->message, *answer))
                 : fmt::format(" error={}", quoted(answer.error().to_string()));
  return line;
}

}  // namespace

bool RequestLog::chooses(Duration took) {
  const std::uint64_t number = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (options_.every > 0 && number % options_.every == 0) return true;
  if (options_.slow && took >= *options_.slow) return true;
  return options_.per_million > 0 && Prng(seed_ + number).chance(options_.per_million);
}

void RequestLog::note(const Exchange& exchange, const Result<net::Answer>& answer) {
  if (chooses(exchange.took) && log_.says(env::Level::info))
    log_.info("{}", line_of(exchange, answer));
}

}  // namespace moldau::broker
