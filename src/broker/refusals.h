#pragma once

#include "broker/request_context.h"
#include "env/log.h"
#include "net/refusal_log.h"

namespace moldau::protocol {
struct Schema;
}

namespace moldau::broker {

/// Says which requests got an error for what is in them: a line each with client, API and reason,
/// and only a count when there are too many (net/refusal_log.h). What everyday life brings is not
/// said: not there yet, somewhere else by now, not allowed, try again. Thread-safe.
class Refusals {
 public:
  explicit Refusals(env::Log& log)
      : bad_(log, "more requests refused for what is in them"),
        stale_(log, "more requests of members that the group does not know so") {}
  ~Refusals();

  /// On the connection's worker, before the answer goes out. Whether there was something to say.
  bool note(const RequestContext& context, const protocol::Schema& schema, const void* answer);
  /// A Produce with acks=0 has failed otherwise, which its client learns by the connection's end.
  void note_closed(const RequestContext& context);

 private:
  net::RefusalLog bad_;    ///< what nobody may ask for: a corrupt batch, a topic name with slashes
  net::RefusalLog stale_;  ///< members that lie about generation or id, or come back too late
};

}  // namespace moldau::broker
