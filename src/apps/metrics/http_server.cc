#include "apps/metrics/http_server.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "apps/metrics/http_request.h"

namespace moldau::apps {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

HttpAnswer plain(int status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n"};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(env::Env& env, env::Worker& worker,
                                                     const env::Endpoint& endpoint,
                                                     HttpPages pages) {
  auto listener = TRY(env.transport().listen(endpoint, worker));
  std::unique_ptr<HttpServer> server(
      new HttpServer(env, worker, std::move(listener), std::move(pages)));
  server->scope_.spawn(server->accept_connections());
  return server;
}

HttpServer::HttpServer(env::Env& env, env::Worker& worker, std::unique_ptr<env::Listener> listener,
                       HttpPages pages)
    : env_(env),
      worker_(worker),
      listener_(std::move(listener)),
      pages_(std::move(pages)),
      scope_(worker) {}

HttpServer::~HttpServer() = default;

env::Task<> HttpServer::stop() {
  co_await scope_.stop();
}

env::Task<> HttpServer::accept_connections() {
  while (!scope_.stopping()) {
    auto stream = co_await listener_->accept([this]() -> env::Worker& { return worker_; });
    if (!stream) {
      if (stream.error().code == Errc::cancelled || stream.error().code == Errc::closed) break;
      env_.log().warn("metrics connection not accepted error=\"{}\"", stream.error().to_string());
      constexpr auto pause = std::chrono::seconds(1);
      if (!co_await env::sleep_until(worker_, worker_.now() + pause)) break;
      continue;
    }
    if (connections_ >= connections_max) continue;  // destroying the stream closes it
    ++connections_;
    scope_.spawn(serve(std::move(*stream)));
  }
  listener_->close();
}

env::Task<> HttpServer::serve(std::unique_ptr<env::Stream> stream) {
  const auto limit =
      worker_.call_at(worker_.now() + connection_limit, [&stream] { stream->close(); });
  const auto done = co_await exchange(*stream);
  worker_.cancel(limit);
  stream->close();
  --connections_;
  if (!done && done.error().code == Errc::io) {
    env_.log().debug("metrics connection ended error=\"{}\"", done.error().to_string());
  }
}

env::Task<Result<>> HttpServer::exchange(env::Stream& stream) {
  using State = HttpRequestReader::State;
  HttpRequestReader request(header_bytes_max);
  auto state = State::needs_more;
  while (state == State::needs_more) {
    std::array<std::uint8_t, 2048> buffer;
    const auto size = CO_TRY(co_await stream.read_some(buffer));
    if (size == 0) co_return Result<>();
    state = request.feed(Bytes(buffer).first(size));
  }
  HttpAnswer answer;
  bool head_only = false;
  if (state == State::complete) {
    answer = answer_to(request.method(), request.target());
    head_only = request.method() == "HEAD";
  } else {
    answer =
        plain(state == State::too_large ? 431 : 400, "this is not a request that I understand");
  }
  const auto header = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
      answer.status, reason(answer.status), answer.content_type, answer.body.size());
  std::vector<Bytes> pieces{as_bytes(header)};
  if (!head_only) pieces.push_back(as_bytes(answer.body));
  co_return co_await stream.write(pieces);
}

HttpAnswer HttpServer::answer_to(std::string_view method, std::string_view target) const {
  if (method != "GET" && method != "HEAD") return plain(405, "GET and HEAD only");
  const auto page = pages_.find(target.substr(0, target.find('?')));
  if (page != pages_.end()) return page->second();
  std::string known = "there is";
  for (const auto& [path, make] : pages_) known += " " + path;
  return plain(404, known);
}

}  // namespace moldau::apps
