#pragma once

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "env/task.h"
#include "env/worker.h"

/// For env's own sources.
namespace moldau::env::detail {

/// `if (is_cancelled(co_await boost::asio::this_coro::cancellation_state))`: is the Scope of the
/// calling task being stopped? Every Task of env asks before it does anything.
inline bool is_cancelled(const boost::asio::cancellation_state& state) {
  return state.cancelled() != boost::asio::cancellation_type::none;
}

/// Says which Worker an io_context belongs to; every Worker adds one to its own.
class WorkerTag final : public boost::asio::execution_context::service {
 public:
  using key_type = WorkerTag;
  static boost::asio::execution_context::id id;

  WorkerTag(boost::asio::execution_context& context, Worker& worker)
      : service(context), worker_(&worker) {}
  /// Asio makes a missing service so: a context without a worker, which is our bug.
  explicit WorkerTag(boost::asio::execution_context& context);
  Worker& worker() const { return *worker_; }

 private:
  void shutdown() override {}
  Worker* worker_;
};

/// The worker of the calling task; never null.
Task<Worker*> this_worker();

}  // namespace moldau::env::detail
