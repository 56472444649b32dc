#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "env/task.h"
#include "env/transport.h"
#include "env/worker.h"
#include "net/answer.h"

namespace moldau::net {

/// What a pending answer uses to say "look at me again"; lives as long as the connection's shared
/// state, so it may be called after the client went away. Only from the connection's worker.
class Wakeup {
 public:
  virtual ~Wakeup() = default;
  virtual void wake() = 0;
  virtual env::Worker& worker() = 0;
};

/// An answer under way: a Produce whose appends are not yet committed. Owned by the connection's
/// queue, in request order. If the connection dies it is destroyed; the append still finishes.
class PendingAnswer {
 public:
  virtual ~PendingAnswer() = default;
  /// True when `finish` can be called: committed, failed or past its deadline. Called after a wake,
  /// and when `deadline` has passed.
  virtual bool ready(MonoTime now) = 0;
  virtual MonoTime deadline() const = 0;
  /// Once, when ready.
  virtual Answer finish() = 0;
};

/// The broker's side of one connection: net reads frames and writes answers, the session decides.
/// All calls on the connection's worker, one at a time.
class Session {
 public:
  enum class Road : std::uint8_t {
    pipelined,  ///< Produce: `begin` when there is room; the next frame may be read at once
    serial,     ///< everything else: handled when all answers before it are written
  };

  virtual ~Session() = default;
  /// From the first bytes of the frame (request header); never fails: garbage is serial.
  virtual Road road(const SharedBytes& frame) const = 0;
  /// Pipelined only: returns when the appends of this frame may be started (back-pressure).
  virtual env::Task<Result<>> wait_for_room(const SharedBytes& frame) = 0;
  /// Pipelined only; never suspends. The frame is without its size prefix.
  virtual std::unique_ptr<PendingAnswer> begin(SharedBytes frame) = 0;
  /// Serial. An Error closes the connection (its text is logged).
  virtual env::Task<Result<Answer>> handle(SharedBytes frame) = 0;
};

/// What a session may know of its connection.
struct ConnectionInfo {
  std::uint64_t id{0};   ///< unique in the life of the process
  std::string listener;  ///< name of the listener it came in by: "PLAINTEXT", "CONTROLLER"
  env::Endpoint local;   ///< numeric address the client dialled
  env::Endpoint remote;
};

/// Makes a Session for a new connection, on the connection's worker.
class SessionFactory {
 public:
  virtual ~SessionFactory() = default;
  virtual std::unique_ptr<Session> open(const ConnectionInfo& info,
                                        std::shared_ptr<Wakeup> wakeup) = 0;
};

}  // namespace moldau::net
