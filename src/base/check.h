#pragma once

#include <fmt/format.h>

#include <string>

namespace moldau {

/// Prints the message to standard error and aborts. For our own bugs only: nothing that a peer or a
/// disk can influence may end here.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& message) noexcept;

}  // namespace moldau

/// CHECK(condition) or CHECK(condition, "format {}", values...): on in release builds too.
#define CHECK(condition, ...)                                                        \
  do {                                                                               \
    if (!(condition)) [[unlikely]] {                                                 \
      ::moldau::check_failed(__FILE__, __LINE__, #condition,                         \
                             ::std::string(__VA_OPT__(::fmt::format(__VA_ARGS__)))); \
    }                                                                                \
  } while (false)
