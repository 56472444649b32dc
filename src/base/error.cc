#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace moldau {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::cancelled:
      return "cancelled";
    case Errc::io:
      return "io";
    case Errc::no_space:
      return "no_space";
    case Errc::read_only:
      return "read_only";
    case Errc::not_found:
      return "not_found";
    case Errc::exists:
      return "exists";
    case Errc::locked:
      return "locked";
    case Errc::corrupt:
      return "corrupt";
    case Errc::truncated:
      return "truncated";
    case Errc::too_large:
      return "too_large";
    case Errc::invalid:
      return "invalid";
    case Errc::unsupported:
      return "unsupported";
    case Errc::closed:
      return "closed";
    case Errc::timed_out:
      return "timed_out";
    case Errc::unavailable:
      return "unavailable";
  }
  return "unknown";
}

std::string Error::to_string() const {
  std::string text{name(code)};
  if (!context.empty()) text += ": " + context;
  if (os_error != 0) {
    char buffer[128];
    text += std::string(": ") + strerror_r(os_error, buffer, sizeof buffer);
  }
  return text;
}

Error Error::within(std::string_view what) && {
  context = context.empty() ? std::string(what) : std::string(what) + ": " + context;
  return std::move(*this);
}

namespace {
Errc classify(int os_error) {
  switch (os_error) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return Errc::no_space;
    case EROFS:
    case EACCES:
    case EPERM:
      return Errc::read_only;
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
    case ENOTEMPTY:
    case EADDRINUSE:
      return Errc::exists;
    case EAGAIN:
      return Errc::unavailable;
    case ECANCELED:
      return Errc::cancelled;
    case EPIPE:
    case EBADF:
    case ECONNRESET:
    case ENOTCONN:
      return Errc::closed;
    case ETIMEDOUT:
      return Errc::timed_out;
    case EINVAL:
      return Errc::invalid;
    case EFBIG:
      return Errc::too_large;
    default:
      return Errc::io;
  }
}
}  // namespace

std::unexpected<Error> fail_os(int os_error, std::string context) {
  return std::unexpected(Error{classify(os_error), std::move(context), os_error});
}

}  // namespace moldau
