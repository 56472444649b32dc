#include "env/real/real_transport.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "env/coroutine.h"
#include "env/real/real_listener.h"
#include "env/real/real_stream.h"
#include "env/signal.h"

namespace moldau::env {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using Addresses = std::vector<tcp::endpoint>;

// Blocks while a name server is asked.
Result<Addresses> look_up(const Endpoint& endpoint, tcp::resolver::flags flags) {
  asio::io_context unused;
  tcp::resolver resolver(unused);
  boost::system::error_code error;
  const auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port),
                                      flags | tcp::resolver::numeric_service, error);
  if (error) {
    return fail(Errc::not_found, fmt::format("{}: {}", endpoint.to_string(), error.message()));
  }
  Addresses addresses;
  for (const auto& entry : found) addresses.push_back(entry.endpoint());
  return addresses;
}

std::optional<tcp::endpoint> numeric(const Endpoint& endpoint) {
  boost::system::error_code error;
  const auto host = asio::ip::make_address(endpoint.host, error);
  if (error) return std::nullopt;
  return tcp::endpoint(host, endpoint.port);
}

Result<TcpAcceptor> bind_and_listen(const tcp::endpoint& address, RealWorker& worker,
                                    const std::string& name) {
  TcpAcceptor acceptor(worker.context());
  boost::system::error_code error;
  acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.address() == asio::ip::address_v6::any()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) acceptor.native_non_blocking(true, error);
  if (!error) return acceptor;
  if (error.value() == EADDRNOTAVAIL) {
    return std::unexpected(Error{Errc::not_found, "listen on " + name, error.value()});
  }
  return fail_os(error.value(), "listen on " + name);
}

struct Resolution {
  explicit Resolution(Worker& home) : done(home) {}
  Signal done;
  Result<Addresses> addresses;
};

Task<Result<std::unique_ptr<Stream>>> connect_one(tcp::endpoint address, RealWorker& worker,
                                                  MonoTime deadline) {
  TcpSocket socket(worker.context());
  bool is_late = false;
  TimerId timer = TimerId::none;
  if (deadline != MonoTime::max()) {
    timer = worker.call_at(deadline, [&] {
      is_late = true;
      boost::system::error_code ignored;
      socket.close(ignored);
    });
  }
  const auto [error] = co_await socket.async_connect(address, asio::as_tuple(asio::use_awaitable));
  worker.cancel(timer);
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  const std::string what = "connect to " + to_endpoint(address).to_string();
  if (is_late) co_return fail(Errc::timed_out, what);
  if (error) {
    co_return std::unexpected(Error{Errc::unavailable, what, error.value()});
  }
  co_return std::make_unique<RealStream>(std::move(socket), address);
}

}  // namespace

Result<std::unique_ptr<Listener>> RealTransport::listen(const Endpoint& endpoint, Worker& worker) {
  auto& home = static_cast<RealWorker&>(worker);
  Addresses addresses;
  if (endpoint.host.empty()) {
    // Both families on one socket; IPv4 alone where the kernel has no IPv6.
    addresses = {{tcp::v6(), endpoint.port}, {tcp::v4(), endpoint.port}};
  } else if (const auto address = numeric(endpoint)) {
    addresses = {*address};
  } else {
    addresses = {TRY(look_up(endpoint, tcp::resolver::passive)).front()};
  }
  auto acceptor = bind_and_listen(addresses.front(), home, endpoint.to_string());
  if (!acceptor && addresses.size() > 1 && acceptor.error().code != Errc::exists) {
    acceptor = bind_and_listen(addresses.back(), home, endpoint.to_string());
  }
  return std::make_unique<RealListener>(TRY(std::move(acceptor)), home, log_);
}

Task<Result<std::vector<tcp::endpoint>>> RealTransport::resolve(const Endpoint& endpoint,
                                                                Worker& worker, MonoTime deadline) {
  if (const auto address = numeric(endpoint)) co_return Addresses{*address};
  // Shared, since a look-up that takes too long is left behind.
  auto resolution = std::make_shared<Resolution>(worker);
  resolver_.submit(IoClass::fetch, [resolution, endpoint] {
    resolution->addresses = look_up(endpoint, tcp::resolver::flags());
    resolution->done.notify();
  });
  CO_TRY(co_await resolution->done.wait_until(deadline));
  co_return std::move(resolution->addresses);
}

Task<Result<std::unique_ptr<Stream>>> RealTransport::connect(const Endpoint& endpoint,
                                                             Worker& worker, MonoTime deadline) {
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  const Addresses addresses = CO_TRY(co_await resolve(endpoint, worker, deadline));
  Result<std::unique_ptr<Stream>> stream = fail(Errc::not_found, endpoint.to_string());
  for (const tcp::endpoint& address : addresses) {
    stream = co_await connect_one(address, static_cast<RealWorker&>(worker), deadline);
    if (stream || stream.error().code != Errc::unavailable) break;
  }
  co_return stream;
}

}  // namespace moldau::env
