#include "env/real/real_log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <string>

namespace moldau::env {

namespace {
spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// The text as one line of bounded length.
std::string tame(std::string_view text) {
  const std::size_t cut = text.size() - std::min(text.size(), RealLog::line_bytes_max);
  text.remove_suffix(cut);
  std::string line;
  for (const char c : text) {
    if (is_control(c)) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  if (cut > 0) line += fmt::format("... ({} bytes more)", cut);
  return line;
}
}  // namespace

RealLog::RealLog(Level level, std::function<void(Level, std::string_view)> sink)
    : level_(level),
      sink_(std::move(sink)),
      logger_(std::make_shared<spdlog::logger>("moldau",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_level(spdlog::level::trace);  // `enabled` decides
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

RealLog::~RealLog() = default;

void RealLog::write(Level level, std::string_view text) {
  const std::string line = tame(text);
  if (sink_) {
    sink_(level, line);
  } else {
    logger_->log(to_spdlog(level), line);
  }
}

}  // namespace moldau::env
