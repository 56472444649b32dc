#include "env/real/real_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

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

void RealLog::write(Level level, std::string_view line) {
  if (sink_) {
    sink_(level, line);
  } else {
    logger_->log(to_spdlog(level), line);
  }
}

}  // namespace moldau::env
