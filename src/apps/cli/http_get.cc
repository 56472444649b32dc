#include "apps/cli/http_get.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <span>

namespace moldau::apps {
namespace {

/// Closes the stream when time is up, which ends whatever is under way.
env::Task<Result<std::string>> exchange(World& world, env::Endpoint endpoint, std::string request,
                                        Duration timeout) {
  auto& worker = world.worker();
  const auto deadline = worker.now() + timeout;
  const auto stream = CO_TRY(co_await world.env().transport().connect(endpoint, worker, deadline));
  const auto limit = worker.call_at(deadline, [&stream] { stream->close(); });
  const Bytes bytes = as_bytes(request);
  std::string answer;
  auto done = co_await stream->write(std::span(&bytes, 1), env::More::no);
  while (done) {
    std::array<std::uint8_t, 16'384> buffer;
    const auto size = co_await stream->read_some(buffer);
    if (!size) done = std::unexpected(size.error());
    if (!size || *size == 0) break;
    answer += as_text(Bytes(buffer).first(*size));
    if (answer.size() > http_body_bytes_max) {
      done = fail(Errc::too_large, "an answer over HTTP");
    }
  }
  worker.cancel(limit);
  stream->close();
  if (!done) co_return std::unexpected(done.error());
  co_return answer;
}

env::Task<> keep(env::Task<Result<std::string>> task, Result<std::string>& result) {
  result = co_await std::move(task);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~');
    result += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return result;
}

Result<std::string> http_get(World& world, const env::Endpoint& endpoint, const std::string& path,
                             Duration timeout) {
  auto request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path,
                             endpoint.to_string());
  Result<std::string> answer;
  world.run(keep(exchange(world, endpoint, std::move(request), timeout), answer));
  if (!answer) return answer;
  const auto body = answer->find("\r\n\r\n");
  if (!answer->starts_with("HTTP/1.1 200 ") || body == std::string::npos) {
    return fail(Errc::unavailable, answer->substr(0, answer->find('\r')));
  }
  return answer->substr(body + 4);
}

}  // namespace moldau::apps
