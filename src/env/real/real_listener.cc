#include "env/real/real_listener.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "env/coroutine.h"
#include "env/real/real_stream.h"
#include "env/signal.h"

namespace moldau::env {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr Duration back_off = milliseconds(100);

// accept(2): Linux passes on errors that are pending on the new connection, which is then gone.
bool is_lost_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:  // a firewall's answer
      return true;
    default:
      return false;
  }
}

/// Whether the next descriptor is one that connections may have.
bool has_descriptor(int any) {
  const Fd next(::fcntl(any, F_DUPFD_CLOEXEC, 0));
  rlimit limit{};
  if (!next || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  return static_cast<rlim_t>(next.get()) < limit.rlim_cur - descriptors_kept(limit.rlim_cur);
}

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == ENOSPC;
}

}  // namespace

RealListener::RealListener(TcpAcceptor acceptor, RealWorker& home, Log& log)
    : acceptor_(std::move(acceptor)), home_(home), log_(log) {
  boost::system::error_code ignored;
  local_ = to_endpoint(acceptor_.local_endpoint(ignored));
}

Task<Result<std::unique_ptr<Stream>>> RealListener::accept(const std::function<Worker&()>& choose) {
  for (;;) {
    if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
      co_return fail(Errc::cancelled);
    }
    if (closed_) co_return fail(Errc::closed);
    tcp::endpoint remote;
    auto length = static_cast<socklen_t>(remote.capacity());
    int error = EMFILE;
    Fd fd;
    if (has_descriptor(acceptor_.native_handle())) {
      fd = Fd(retry_interrupted([&] {
        return ::accept4(acceptor_.native_handle(), remote.data(), &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
      }));
      error = errno;
    }
    if (fd) {
      remote.resize(length);
      auto stream = adopt(std::move(fd), remote, choose);
      if (stream) {
        if (std::exchange(is_short_, false)) {
          log_.info("accepts connections again listener={}", local_.to_string());
        }
        co_return std::move(*stream);
      }
      error = stream.error().os_error;
    }
    if (error == EAGAIN) {
      CO_TRY(co_await wait_readable());
    } else if (is_shortage(error)) {
      if (!std::exchange(is_short_, true)) {
        log_.warn("cannot accept connections listener={} error=\"{}\"", local_.to_string(),
                  fail_os(error, "accept").error().to_string());
      }
      CO_TRY(co_await sleep_until(home_, home_.now() + back_off));
    } else if (!is_lost_connection(error)) {
      co_return fail_os(error, "accept on " + local_.to_string());
    }
  }
}

Result<std::unique_ptr<Stream>> RealListener::adopt(Fd fd, const tcp::endpoint& remote,
                                                    const std::function<Worker&()>& choose) {
  TcpSocket socket(static_cast<RealWorker&>(choose()).context());
  boost::system::error_code error;
  socket.assign(remote.protocol(), fd.get(), error);
  if (error) return fail_os(error.value(), "epoll_ctl");
  fd.release();
  return std::make_unique<RealStream>(std::move(socket), remote);
}

Task<Result<>> RealListener::wait_readable() {
  const auto [error] =
      co_await acceptor_.async_wait(TcpAcceptor::wait_read, asio::as_tuple(asio::use_awaitable));
  if (!error) co_return Result<>{};
  if (detail::is_cancelled(co_await asio::this_coro::cancellation_state)) {
    co_return fail(Errc::cancelled);
  }
  if (error == asio::error::operation_aborted) co_return fail(Errc::closed);
  co_return fail_os(error.value(), "accept on " + local_.to_string());
}

void RealListener::close() {
  if (std::exchange(closed_, true)) return;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace moldau::env
