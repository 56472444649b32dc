#pragma once

#include <functional>
#include <memory>

#include "env/log.h"

namespace spdlog {
class logger;
}

namespace moldau::env {

/// spdlog to standard error, one line per event: "2026-11-23T08:00:00.123+0000 info words
/// key=value". Whatever clients have put into it: control characters, line ends among them, are
/// written as \xNN, and a line is cut at `line_bytes_max`.
class RealLog final : public Log {
 public:
  /// A sink takes the events instead.
  RealLog(Level level, std::function<void(Level, std::string_view)> sink);
  ~RealLog() override;

 private:
  bool enabled(Level level) const override { return level >= level_; }
  void write(Level level, std::string_view text) override;

  const Level level_;
  const std::function<void(Level, std::string_view)> sink_;
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace moldau::env
