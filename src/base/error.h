#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace moldau {

/// What kind of failure of the world it was; decides what the caller does.
enum class Errc : unsigned char {
  cancelled,    ///< the scope that the operation ran in is being stopped
  io,           ///< the device or file system failed: `os_error` says how
  no_space,     ///< ENOSPC, EDQUOT; EMFILE, ENFILE: no room now, and nothing is broken
  read_only,    ///< EROFS, EACCES or EPERM on a file
  not_found,    ///< no such file, address, key
  exists,       ///< the name is taken
  locked,       ///< another process holds the lock
  corrupt,      ///< bytes that break their format: damage or a hostile peer
  truncated,    ///< the bytes end before the format does (a torn tail, a short frame)
  too_large,    ///< over a named limit
  invalid,      ///< an argument or configuration that cannot be right
  unsupported,  ///< right in itself, not supported here
  closed,       ///< the connection or file is closed
  timed_out,    ///< the deadline passed
  unavailable,  ///< not now: try again later or elsewhere
};

std::string_view name(Errc code);

/// A failure of the world (disk, socket, malformed bytes), never an answer to a client.
struct Error {
  Errc code;
  std::string context;  ///< short, for the log: what was tried, on what
  int os_error{0};      ///< errno, or 0

  /// "io: fdatasync /data/t-0/0000.log: Input/output error"
  std::string to_string() const;
  /// The same error with "what: " put before its context.
  Error within(std::string_view what) &&;
};

/// A value or an Error. A class of its own, so that ignoring one is an error at compile time.
template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(Errc code, std::string context = {}) {
  return std::unexpected(Error{code, std::move(context), 0});
}

/// The Error for an errno, with the code that fits it.
std::unexpected<Error> fail_os(int os_error, std::string context);

}  // namespace moldau

#define MOLDAU_CONCAT_(a, b) a##b
#define MOLDAU_CONCAT(a, b) MOLDAU_CONCAT_(a, b)
#define MOLDAU_TRY_(result, keyword, ...)                   \
  ({                                                        \
    auto result = (__VA_ARGS__);                            \
    if (!result) [[unlikely]]                               \
      keyword ::std::unexpected(std::move(result).error()); \
    std::move(result).value();                              \
  })

/// The value of a Result, or return its error from this function. `TRY(f())` also works for void.
#define TRY(...)                                                                              \
  _Pragma("clang diagnostic push")                                                            \
      _Pragma("clang diagnostic ignored \"-Wgnu-statement-expression-from-macro-expansion\"") \
          MOLDAU_TRY_(MOLDAU_CONCAT(try_result_, __COUNTER__), return, __VA_ARGS__)           \
              _Pragma("clang diagnostic pop")

/// The same in a coroutine: `auto x = CO_TRY(co_await f());`
#define CO_TRY(...)                                                                           \
  _Pragma("clang diagnostic push")                                                            \
      _Pragma("clang diagnostic ignored \"-Wgnu-statement-expression-from-macro-expansion\"") \
          MOLDAU_TRY_(MOLDAU_CONCAT(try_result_, __COUNTER__), co_return, __VA_ARGS__)        \
              _Pragma("clang diagnostic pop")
