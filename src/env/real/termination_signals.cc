#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "env/real/real_env.h"

namespace moldau::env {

struct TerminationSignals::State : std::enable_shared_from_this<State> {
  State(Worker& worker, std::function<void(int)> call)
      : signals(worker.executor(), SIGINT, SIGTERM), on_signal(std::move(call)) {}

  void wait() {
    signals.async_wait([self = shared_from_this()](boost::system::error_code error, int signal) {
      if (error || self->ended) return;
      self->on_signal(signal);
      self->wait();
    });
  }

  boost::asio::signal_set signals;
  std::function<void(int)> on_signal;
  bool ended{false};
};

TerminationSignals::TerminationSignals(Worker& worker, std::function<void(int)> on_signal)
    : state_(std::make_shared<State>(worker, std::move(on_signal))) {
  state_->wait();
}

TerminationSignals::~TerminationSignals() {
  state_->ended = true;
  boost::system::error_code ignored;
  state_->signals.clear(ignored);
  state_->signals.cancel(ignored);
}

}  // namespace moldau::env
