#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/scope.h"
#include "env/signal.h"
#include "env/transport.h"
#include "net/byte_budget.h"
#include "net/connection.h"
#include "net/refusal_log.h"
#include "net/server_options.h"
#include "net/session.h"

namespace moldau::net {

struct ListenerOptions {
  std::string name;  ///< "PLAINTEXT", "CONTROLLER"
  env::Endpoint endpoint;
};

struct ListenerStats {
  std::string name;
  env::Endpoint endpoint;
  std::int64_t connections{0};
  std::uint64_t accepted{0};
  std::uint64_t rejected{0};       ///< over max.connections.per.ip
  std::uint64_t accept_errors{0};  ///< no descriptor left, and the like
};

struct WorkerTraffic {
  std::int64_t connections{0};
  std::uint64_t bytes_in{0};
  std::uint64_t bytes_out{0};
  std::uint64_t requests{0};
  std::int64_t pending_answers{0};
};

struct ServerStats {
  std::vector<ListenerStats> listeners;
  std::vector<WorkerTraffic> workers;
  ByteBudget::Stats budget;
};

/// The listeners of a node and the connections that came in by them. A connection lives on the
/// worker that had the fewest when it came, for its whole life.
///
/// At `connections_max` the acceptors wait until a connection ends (the next client has connected
/// and is not served yet); over `per_ip_max` a connection is closed at once. Without file
/// descriptors the acceptor says so and tries again.
///
/// Thread contract: `open` from one thread at a time; `set_limits` and `stats` from any; `stop`
/// from a task, once, before destruction. The references outlive the server.
class Server {
 public:
  Server(env::Env& env, ByteBudget& budget, SessionFactory& sessions, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and accepts from now on; the bound endpoint (also where the port was 0). Errors:
  /// Transport::listen's.
  Result<env::Endpoint> open(const ListenerOptions& listener);

  /// For whoever connects from now on; connections that are over the new limits stay.
  void set_limits(ConnectionLimits limits) EXCLUDES(mutex_);

  /// Accepts no more and takes no new requests; connections without a request under way end at
  /// once, others when it is answered, and whoever is left at `deadline` is cut off.
  env::Task<> stop(MonoTime deadline);

  ServerStats stats() const;

 private:
  class Share;
  struct Acceptor;
  friend class Share;

  enum class Admission : std::uint8_t { admitted, over_ip_max, wait };

  env::Task<> accept_connections(Acceptor& acceptor);
  env::Task<Result<>> admit(Acceptor& acceptor, std::unique_ptr<env::Stream> stream, Share& share);
  Admission try_admit(Acceptor& acceptor, const std::string& ip);
  void reject(Acceptor& acceptor, const std::string& ip);
  Share& least_loaded();
  void on_left(const ConnectionInfo& info);
  std::int64_t connections_now() const;

  env::Env& env_;
  ByteBudget& budget_;
  SessionFactory& sessions_;
  RefusalLog refusals_;
  const ConnectionOptions connection_options_;
  std::vector<std::unique_ptr<Share>> shares_;  // one per worker; fixed
  int next_worker_{0};                          // for the next listener
  std::atomic<std::uint64_t> next_id_{1};

  mutable env::Mutex mutex_;
  ConnectionLimits limits_ GUARDED_BY(mutex_);
  std::list<std::unique_ptr<Acceptor>> acceptors_ GUARDED_BY(mutex_);  // only grows
  std::map<std::string, std::int32_t> by_ip_ GUARDED_BY(mutex_);
  std::int64_t connections_ GUARDED_BY(mutex_){0};
  std::shared_ptr<env::Signal> all_left_ GUARDED_BY(mutex_);  // while stop waits
};

}  // namespace moldau::net
