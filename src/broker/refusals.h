#pragma once

#include "broker/request_context.h"
#include "env/log.h"
#include "net/refusal_log.h"
#include "protocol/error_code.h"

namespace moldau::protocol {
struct Schema;
}

namespace moldau::broker {

/// Whether an error says that the request asked for what nobody may have (a corrupt batch, a topic
/// name with slashes, a member that lies about its generation), not what everyday life brings: not
/// there yet, somewhere else by now, not allowed, try again.
bool is_bad_input(protocol::ErrorCode error);

/// Says which requests got an error for what is in them: a line each with client, API and reason,
/// and only a count when there are too many (net/refusal_log.h). Thread-safe.
class Refusals {
 public:
  explicit Refusals(env::Log& log) : log_(log, "more requests refused for what is in them") {}
  ~Refusals() { log_.say_rest(); }

  /// On the connection's worker, before the answer goes out.
  void note(const RequestContext& context, const protocol::Schema& schema, const void* answer);

 private:
  net::RefusalLog log_;
};

}  // namespace moldau::broker
