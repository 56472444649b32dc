#include "env/sim/sim_stream.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "env/coroutine.h"
#include "env/sim/sim_file.h"

namespace moldau::env {

namespace asio = boost::asio;

namespace {
constexpr std::size_t send_file_chunk = 64 << 10;
}

SimStream::SimStream(std::shared_ptr<SimSocket> socket, SimNetwork& network, Worker& worker)
    : socket_(std::move(socket)), network_(network) {
  socket_->readable = std::make_unique<Signal>(worker);
  socket_->writable = std::make_unique<Signal>(worker);
}

Result<> SimStream::check() const {
  if (socket_->incarnation->dead) return fail(Errc::cancelled);
  if (socket_->closed) return fail(Errc::closed);
  if (socket_->reset) return fail_os(ECONNRESET, socket_->remote.to_string());
  return {};
}

std::size_t SimStream::take(MutBytes into) {
  auto& received = socket_->received;
  std::size_t count = std::min(into.size(), received.size());
  if (count > 1 && network_.short_read()) count = 1 + network_.below(count);
  const auto end = received.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(received.begin(), end, into.begin());
  received.erase(received.begin(), end);
  SimNetwork::acknowledge(*socket_, count);
  return count;
}

Task<Result<std::size_t>> SimStream::read_some(MutBytes into) {
  CHECK(!into.empty());
  for (;;) {
    if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return fail(Errc::cancelled);
    }
    CO_TRY(check());
    if (!socket_->received.empty()) co_return take(into);
    if (socket_->ended) co_return 0;
    CO_TRY(co_await socket_->readable->wait());
  }
}

Result<std::size_t> SimStream::try_read(MutBytes into) {
  TRY(check());
  if (socket_->received.empty() || into.empty()) return std::size_t{0};
  return take(into);
}

Task<Result<std::size_t>> SimStream::wait_for_room() {
  for (;;) {
    if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return fail(Errc::cancelled);
    }
    CO_TRY(check());
    const std::size_t most = network_.options().buffer_bytes;
    if (socket_->out->unread < most) co_return most - socket_->out->unread;
    CO_TRY(co_await socket_->writable->wait());
  }
}

Task<Result<>> SimStream::write(std::span<const Bytes> pieces, More /*more*/) {
  for (const Bytes piece : pieces) {
    for (Bytes left = piece; !left.empty();) {
      const std::size_t room = CO_TRY(co_await wait_for_room());
      const Bytes now = left.first(std::min(room, left.size()));
      network_.send(*socket_, {now.begin(), now.end()});
      left = left.subspan(now.size());
    }
  }
  co_return check();
}

Task<Result<std::uint64_t>> SimStream::send_file(const File& file, std::uint64_t position,
                                                 std::uint64_t length) {
  const auto& source = dynamic_cast<const SimFile&>(file);
  const bool has_room = socket_->out->unread < network_.options().buffer_bytes;
  const std::size_t room = CO_TRY(co_await wait_for_room());
  if (!has_room) co_return std::uint64_t{0};
  std::vector<std::uint8_t> data(std::min<std::uint64_t>({room, length, send_file_chunk}));
  data.resize(CO_TRY(source.read_for_send(data, position)));
  if (data.empty()) co_return fail(Errc::truncated, file.path());
  const std::uint64_t count = data.size();
  network_.send(*socket_, std::move(data));
  CO_TRY(check());
  co_return count;
}

void SimStream::close() {
  network_.close(*socket_);
}

Task<Result<std::unique_ptr<Stream>>> SimListener::accept(const std::function<Worker&()>& choose) {
  for (;;) {
    if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return fail(Errc::cancelled);
    }
    if (port_->incarnation->dead) co_return fail(Errc::cancelled);
    if (port_->closed) co_return fail(Errc::closed);
    if (!port_->backlog.empty()) break;
    CO_TRY(co_await port_->arrived.wait());
  }
  auto socket = std::move(port_->backlog.front());
  port_->backlog.pop_front();
  co_return std::make_unique<SimStream>(std::move(socket), network_, choose());
}

void SimListener::close() {
  if (!port_->closed) network_.unlisten(*port_);
}

Result<std::unique_ptr<Listener>> SimTransport::listen(const Endpoint& endpoint, Worker& worker) {
  if (incarnation_->dead) return fail(Errc::cancelled);
  auto port = TRY(network_.listen(incarnation_, endpoint, worker));
  return std::make_unique<SimListener>(std::move(port), network_);
}

Task<Result<std::unique_ptr<Stream>>> SimTransport::connect(const Endpoint& endpoint,
                                                            Worker& worker, MonoTime deadline) {
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state) || incarnation_->dead) {
    co_return fail(Errc::cancelled);
  }
  const int node = incarnation_->node;
  const auto target = network_.host(endpoint.host, node);
  if (!target) co_return fail(Errc::not_found, endpoint.to_string());
  const bool via_loopback = *target == node;
  auto connecting = std::make_shared<SimNetwork::Connecting>(worker);
  connecting->incarnation = incarnation_;
  connecting->target = *target;
  connecting->port = endpoint.port;
  connecting->via_loopback = via_loopback;
  connecting->socket = std::make_shared<SimSocket>();
  connecting->socket->incarnation = incarnation_;
  const auto address = [via_loopback](int of) {
    return via_loopback ? std::string("127.0.0.1") : SimNetwork::address_of(of);
  };
  connecting->socket->local = {address(node), network_.ephemeral_port()};
  connecting->socket->remote = {address(*target), endpoint.port};
  network_.connect(connecting);
  const Result<> waited = co_await connecting->done.wait_until(deadline);
  if (!waited) {
    connecting->abandoned = true;
    if (connecting->socket->out) network_.close(*connecting->socket);
    co_return std::unexpected(waited.error());
  }
  if (!*connecting->outcome) {
    co_return std::unexpected(
        std::move(*connecting->outcome).error().within("connect to " + endpoint.to_string()));
  }
  co_return std::make_unique<SimStream>(connecting->socket, network_, worker);
}

}  // namespace moldau::env
