#pragma once

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "env/log.h"
#include "env/real/fd.h"
#include "env/real/real_worker.h"
#include "env/transport.h"

namespace moldau::env {

using TcpAcceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                       boost::asio::io_context::executor_type>;

/// A listening socket on one worker.
/// Of `limit` descriptors that this process may have, so many are not given to connections: files
/// that have to be opened while everybody connects find room.
constexpr std::uint64_t descriptors_kept(std::uint64_t limit) {
  return std::min<std::uint64_t>(limit / 4, 1024);
}

class RealListener final : public Listener {
 public:
  RealListener(TcpAcceptor acceptor, RealWorker& home, Log& log);
  ~RealListener() override { close(); }

  /// Without descriptors or memory for a connection it waits, then tries again: what is queued in
  /// the kernel stays there. Logs when that begins and when it is over.
  Task<Result<std::unique_ptr<Stream>>> accept(const std::function<Worker&()>& choose) override;
  Endpoint local() const override { return local_; }
  void close() override;

 private:
  Task<Result<>> wait_readable();
  Result<std::unique_ptr<Stream>> adopt(Fd fd, const boost::asio::ip::tcp::endpoint& remote,
                                        const std::function<Worker&()>& choose);

  TcpAcceptor acceptor_;
  RealWorker& home_;
  Log& log_;
  bool closed_{false};
  bool is_short_{false};  // of descriptors or memory
  Endpoint local_;
};

}  // namespace moldau::env
