#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "env/real/pieces.h"
#include "env/transport.h"

namespace moldau::env {

/// With the concrete executor: calls into Asio need no type erasure.
using TcpSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Numeric; an IPv4 address mapped into IPv6 as IPv4.
Endpoint to_endpoint(const boost::asio::ip::tcp::endpoint& address);

/// A connected TCP socket. Writes try the socket before they wait for it.
class RealStream final : public Stream {
 public:
  RealStream(TcpSocket socket, const boost::asio::ip::tcp::endpoint& remote);
  ~RealStream() override { close(); }

  Task<Result<std::size_t>> read_some(MutBytes into) override;
  Result<std::size_t> try_read(MutBytes into) override;
  Task<Result<>> write(std::span<const Bytes> pieces, More more) override;
  Task<Result<std::uint64_t>> send_file(const File& file, std::uint64_t position,
                                        std::uint64_t length) override;
  void close() override;
  Endpoint local() const override { return local_; }
  Endpoint remote() const override { return remote_; }

 private:
  Task<Result<>> wait_writable();
  Result<bool> send_once(Pieces& left, More more);
  std::unexpected<Error> failed(const char* call, int os_error) const;

  TcpSocket socket_;
  bool closed_{false};
  Endpoint local_;
  Endpoint remote_;
};

}  // namespace moldau::env
