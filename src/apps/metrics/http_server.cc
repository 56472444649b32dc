#include "apps/metrics/http_server.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
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
                                                     const env::Endpoint& endpoint, HttpPages pages,
                                                     HttpTrees trees) {
  auto listener = TRY(env.transport().listen(endpoint, worker));
  std::unique_ptr<HttpServer> server(
      new HttpServer(env, worker, std::move(listener), std::move(pages), std::move(trees)));
  server->scope_.spawn(server->accept_connections());
  return server;
}

HttpServer::HttpServer(env::Env& env, env::Worker& worker, std::unique_ptr<env::Listener> listener,
                       HttpPages pages, HttpTrees trees)
    : env_(env),
      worker_(worker),
      listener_(std::move(listener)),
      pages_(std::move(pages)),
      trees_(std::move(trees)),
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
  co_return co_await stream.write(pieces, env::More::no);
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (text[0] != '%') {
      result += text[0];
      text.remove_prefix(1);
      continue;
    }
    constexpr std::size_t digits = 2;
    unsigned byte = 0;
    const auto hex = text.substr(1, digits);
    const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != hex.data() + digits) {
      return fail(Errc::invalid, "two digits follow a % in a path");
    }
    result += static_cast<char>(byte);
    text.remove_prefix(1 + digits);
  }
  return result;
}

HttpAnswer HttpServer::answer_to(std::string_view method, std::string_view target) const {
  if (method != "GET" && method != "HEAD") return plain(405, "GET and HEAD only");
  const auto path = target.substr(0, target.find('?'));
  const auto page = pages_.find(path);
  if (page != pages_.end()) return page->second();
  std::string known = "there is";
  for (const auto& [of_page, make] : pages_) known += " " + of_page;
  for (const auto& [front, make] : trees_) {
    known += " " + front + "NAME";
    if (!path.starts_with(front) || path.size() == front.size()) continue;
    const auto name = percent_decoded(path.substr(front.size()));
    return name ? make(*name) : plain(400, name.error().context);
  }
  return plain(404, known);
}

}  // namespace moldau::apps
