#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "base/prng.h"
#include "base/time.h"
#include "broker/request_log_options.h"
#include "env/log.h"
#include "net/answer.h"
#include "net/session.h"

namespace moldau::broker {

/// The log of requests (`moldau server --log-requests`): a line for each that the options choose,
/// with what was asked and what was answered, as `moldau protocol decode` prints it. Credentials
/// are hidden (protocol/redact.h), control characters escaped, bodies cut at `body_bytes_max`;
/// record bytes are never in it. It decodes the frames for itself once the answer is there, so
/// requests that it does not choose cost a comparison and a count, and without it one branch.
///
/// Thread-safe: all connections share one. The log outlives it.
class RequestLog {
 public:
  static constexpr std::size_t body_bytes_max = 2'048;
  /// A larger request or answer is not decoded again: only its size is said.
  static constexpr std::uint64_t frame_bytes_max = std::uint64_t{1} << 20;

  RequestLog(env::Log& log, const RequestLogOptions& options, Prng prng)
      : log_(log), options_(options), is_on_(options.is_on()), seed_(prng.next()) {}

  bool is_on() const { return is_on_; }

  struct Exchange {
    const net::ConnectionInfo& connection;
    const SharedBytes& request;  ///< the frame without its size
    Duration took;
  };
  /// One call for each request, before its answer goes out.
  void note(const Exchange& exchange, const Result<net::Answer>& answer);

 private:
  bool chooses(Duration took);

  env::Log& log_;
  const RequestLogOptions options_;
  const bool is_on_;
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace moldau::broker
