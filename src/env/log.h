#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>

namespace moldau::env {

enum class Level : unsigned char { debug, info, warn, error };

/// The broker's log: one line per event, words then key=value pairs:
/// `log.info("partition recovered topic={} partition={} bytes_cut={}", ...)`. Thread-safe.
/// Pure rooms do not log; they return what happened.
class Log {
 public:
  /// A longer line may be cut.
  static constexpr std::size_t line_bytes_max = 8 << 10;

  virtual ~Log() = default;

  /// Whether a line of this level would be said, for those that are costly to make.
  bool says(Level level) const { return enabled(level); }

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    emit(Level::debug, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    emit(Level::info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    emit(Level::warn, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    emit(Level::error, format, std::forward<Args>(args)...);
  }

 protected:
  virtual bool enabled(Level level) const = 0;
  virtual void write(Level level, std::string_view line) = 0;

 private:
  template <class... Args>
  void emit(Level level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, fmt::format(format, std::forward<Args>(args)...));
  }
};

}  // namespace moldau::env
