#include "env/real/real_stream.h"

#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.h"
#include "env/coroutine.h"
#include "env/real/fd.h"

namespace moldau::env {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr auto await_tuple = asio::as_tuple(asio::use_awaitable);
// The most that one sendfile takes, so that `left` fits its type; Linux caps it at 2 GiB anyway.
constexpr std::uint64_t sendfile_max = 1ULL << 30;
}  // namespace

Endpoint to_endpoint(const tcp::endpoint& address) {
  asio::ip::address host = address.address();
  if (host.is_v6() && host.to_v6().is_v4_mapped()) {
    host = asio::ip::make_address_v4(asio::ip::v4_mapped, host.to_v6());
  }
  return {host.to_string(), address.port()};
}

RealStream::RealStream(TcpSocket socket, const tcp::endpoint& remote)
    : socket_(std::move(socket)), remote_(to_endpoint(remote)) {
  // A socket that the peer has reset already refuses these; the first read reports it.
  boost::system::error_code ignored;
  local_ = to_endpoint(socket_.local_endpoint(ignored));
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

std::unexpected<Error> RealStream::failed(const char* call, int os_error) const {
  return fail_os(os_error, fmt::format("{} {}", call, remote_.to_string()));
}

Task<Result<std::size_t>> RealStream::read_some(MutBytes into) {
  CHECK(!into.empty());
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  if (closed_) co_return fail(Errc::closed);
  const auto [error, count] =
      co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), await_tuple);
  if (!error) co_return count;
  if (error == asio::error::eof) co_return 0;
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  if (error == asio::error::operation_aborted) co_return fail(Errc::closed);
  co_return failed("read", error.value());
}

Result<std::size_t> RealStream::try_read(MutBytes into) {
  if (closed_) return fail(Errc::closed);
  const ssize_t got = retry_interrupted(
      [&] { return ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT); });
  if (got >= 0) return static_cast<std::size_t>(got);
  if (errno == EAGAIN) return std::size_t{0};
  return failed("read", errno);
}

// True: go on; false: the socket is full.
Result<bool> RealStream::send_once(Pieces& left, More more) {
  if (closed_) return fail(Errc::closed);
  std::array<iovec, iov_batch> batch;
  msghdr message{};
  message.msg_iov = batch.data();
  message.msg_iovlen = static_cast<std::size_t>(left.fill(batch));
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more == More::follows ? MSG_MORE : 0);
  const ssize_t sent =
      retry_interrupted([&] { return ::sendmsg(socket_.native_handle(), &message, flags); });
  if (sent < 0 && errno == EAGAIN) return false;
  if (sent < 0) return failed("write", errno);
  left.advance(static_cast<std::size_t>(sent));
  return true;
}

Task<Result<>> RealStream::write(std::span<const Bytes> pieces, More more) {
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  for (Pieces left(pieces); !left.empty();) {
    if (!CO_TRY(send_once(left, more))) CO_TRY(co_await wait_writable());
  }
  co_return Result<>{};
}

Task<Result<std::uint64_t>> RealStream::send_file(const File& file, std::uint64_t position,
                                                  std::uint64_t length) {
  CHECK(file.native_handle() >= 0, "{} is not a file of the system", file.path());
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  auto offset = static_cast<off_t>(position);
  std::uint64_t done = 0;
  while (done < length) {
    if (closed_) co_return fail(Errc::closed);
    const ssize_t sent = retry_interrupted([&] {
      return ::sendfile(socket_.native_handle(), file.native_handle(), &offset,
                        static_cast<std::size_t>(std::min(length - done, sendfile_max)));
    });
    if (sent > 0) {
      done += static_cast<std::uint64_t>(sent);
    } else if (sent == 0) {
      if (done == 0) co_return fail(Errc::truncated, file.path());
      break;
    } else if (errno == EAGAIN) {
      CO_TRY(co_await wait_writable());
      break;
    } else {
      co_return failed("sendfile", errno);
    }
  }
  co_return done;
}

Task<Result<>> RealStream::wait_writable() {
  const auto [error] = co_await socket_.async_wait(TcpSocket::wait_write, await_tuple);
  if (!error) co_return Result<>{};
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  if (error == asio::error::operation_aborted) co_return fail(Errc::closed);
  co_return failed("write", error.value());
}

void RealStream::close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace moldau::env
