#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "env/env.h"
#include "env/scope.h"
#include "env/transport.h"

namespace moldau::apps {

struct HttpAnswer {
  int status{200};
  std::string content_type{"text/plain; charset=utf-8"};
  std::string body;
};

/// By path ("/metrics"). Called on the server's worker; must not block.
using HttpPages = std::map<std::string, std::function<HttpAnswer()>, std::less<>>;

/// By the path in front of a name ("/groups/"); called with the name, which is any bytes.
using HttpTrees = std::map<std::string, std::function<HttpAnswer(std::string_view name)>>;

/// What stands for "%2F" and the like in a path; "+" is itself. Errors: invalid.
Result<std::string> percent_decoded(std::string_view text);

/// A small HTTP/1.1 server for pages that are made on the spot: GET and HEAD, one request a
/// connection. Lives on one worker.
///
/// Limits: a request's header has at most `header_bytes_max` (else 431) and no body; a connection
/// is closed `connection_limit` after it came, whatever it does; over `connections_max` a new one
/// is closed at once.
class HttpServer {
 public:
  static constexpr std::size_t header_bytes_max = 8 << 10;
  static constexpr int connections_max = 16;
  static constexpr Duration connection_limit = std::chrono::seconds(10);

  /// Binds and accepts from now on. `env` outlives the server. Errors: Transport::listen's.
  static Result<std::unique_ptr<HttpServer>> open(env::Env& env, env::Worker& worker,
                                                  const env::Endpoint& endpoint, HttpPages pages,
                                                  HttpTrees trees = {});
  ~HttpServer();

  env::Endpoint local() const { return listener_->local(); }
  /// From a task of another scope; before destruction. Ends all connections.
  env::Task<> stop();

 private:
  HttpServer(env::Env& env, env::Worker& worker, std::unique_ptr<env::Listener> listener,
             HttpPages pages, HttpTrees trees);
  env::Task<> accept_connections();
  env::Task<> serve(std::unique_ptr<env::Stream> stream);
  env::Task<Result<>> exchange(env::Stream& stream);
  HttpAnswer answer_to(std::string_view method, std::string_view target) const;

  env::Env& env_;
  env::Worker& worker_;
  std::unique_ptr<env::Listener> listener_;
  const HttpPages pages_;
  const HttpTrees trees_;
  int connections_{0};
  env::Scope scope_;
};

}  // namespace moldau::apps
