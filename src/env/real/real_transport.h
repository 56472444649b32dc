#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "env/log.h"
#include "env/real/real_io_pool.h"
#include "env/real/real_worker.h"
#include "env/transport.h"

namespace moldau::env {

/// TCP on Asio. Its workers are RealWorkers.
class RealTransport final : public Transport {
 public:
  explicit RealTransport(Log& log) : log_(log), resolver_("resolve") {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& endpoint, Worker& worker) override;
  /// From a task on `worker`.
  Task<Result<std::unique_ptr<Stream>>> connect(const Endpoint& endpoint, Worker& worker,
                                                MonoTime deadline) override;

 private:
  using Address = boost::asio::ip::tcp::endpoint;

  Task<Result<std::vector<Address>>> resolve(const Endpoint& endpoint, Worker& worker,
                                             MonoTime deadline);

  Log& log_;
  RealIoPool resolver_;  // getaddrinfo blocks and cannot be interrupted
};

}  // namespace moldau::env
