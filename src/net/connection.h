#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "base/time.h"
#include "env/log.h"
#include "env/scope.h"
#include "env/signal.h"
#include "env/transport.h"
#include "env/worker.h"
#include "net/answer.h"
#include "net/byte_budget.h"
#include "net/frame.h"
#include "net/refusal_log.h"
#include "net/server_options.h"
#include "net/session.h"

namespace moldau::net {

/// Counted by one worker, read by any thread.
struct Traffic {
  std::atomic<std::uint64_t> bytes_in{0};
  std::atomic<std::uint64_t> bytes_out{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::int64_t> pending_answers{0};  ///< begun and not yet taken to be written

  template <class T>
  static void add(std::atomic<T>& counter, T count) {
    counter.store(counter.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
};

class Connection;

/// What the connections of one worker have in common. Outlives them; on their worker.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  virtual env::Worker& worker() = 0;
  virtual env::Scope& scope() = 0;
  virtual env::Log& log() = 0;
  virtual RefusalLog& refusals() = 0;
  virtual ByteBudget& budget() = 0;
  virtual SessionFactory& sessions() = 0;
  virtual const ConnectionOptions& options() = 0;
  virtual Traffic& traffic() = 0;
  /// The connection runs; `left` is the last that is heard of it.
  virtual void joined(const std::shared_ptr<Connection>& connection) = 0;
  virtual void left(Connection& connection) = 0;
};

/// One client: frames in, answers out in the order of their requests (ARCHITECTURE §2).
///
/// Two tasks. The reader (`run`) reads frames, begins pipelined ones and carries serial ones
/// through to the last byte of their answer. The writer, started by the first pipelined request,
/// finishes the pending answers at the head of the queue and writes as many as are ready at once.
/// They never write at the same time: the reader writes only while the queue is empty and the
/// writer rests, and begins nothing meanwhile.
///
/// One timer per connection stands for all its deadlines (idle, stalled frame, stalled write,
/// earliest answer): it is set for the earliest, moved only forward in time when it fires.
///
/// Everything on the host's worker. Kept alive by its tasks and by the host between joined and
/// left.
class Connection final : public FrameReader::Observer,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(ConnectionHost& host, std::unique_ptr<env::Stream> stream, ConnectionInfo info);
  ~Connection() override;

  /// The reader; spawn it in the host's scope.
  static env::Task<> run(std::shared_ptr<Connection> self);

  /// Takes no new request: closes now if nothing is under way, else after the last answer.
  void drain();

  const ConnectionInfo& info() const { return info_; }

 private:
  class Waker;
  struct Batch {
    std::vector<Chunk> chunks;
    Answer::Then then{Answer::Then::keep_open};
    std::size_t answers{0};
  };

  env::Task<Result<>> read_requests();
  env::Task<Result<>> start_pipelined(SharedBytes frame);
  env::Task<Result<>> answer_serial(SharedBytes frame);
  env::Task<Result<>> wait_for_writer();
  static env::Task<> write_answers(std::shared_ptr<Connection> self);
  Batch take_ready();
  env::Task<Result<>> send(std::vector<Chunk> chunks);
  env::Task<Result<>> send_pieces(std::vector<Bytes>& pieces, env::More more);
  env::Task<Result<>> send_range(FileRange range);
  void begin_write();
  void end_write(std::uint64_t bytes);

  bool under_way() const { return !queue_.empty() || writing_ || serving_; }
  void end(Error reason);
  void task_ended();
  void log_end(const Error& reason);
  void log_refusal(const Error& reason);

  void on_bytes(std::size_t count) override;
  void on_partial_frame() override;
  Duration receive_stall_max() const;
  void arm(MonoTime deadline);
  void on_timer();

  ConnectionHost& host_;
  env::Worker& worker_;
  const std::unique_ptr<env::Stream> stream_;
  const ConnectionInfo info_;
  std::shared_ptr<Waker> waker_;
  std::unique_ptr<Session> session_;
  FrameReader reader_;

  std::list<std::unique_ptr<PendingAnswer>> queue_;
  env::Signal writer_progress_;  // for the reader: room in the queue, or the writer rests
  bool serving_{false};          // a request was read and is not yet begun or answered
  bool writing_{false};          // a batch, or a serial answer, is on its way out
  bool writer_runs_{false};
  bool input_ended_{false};
  bool draining_{false};
  bool ended_{false};  // the stream is closed
  int tasks_{0};

  MonoTime active_at_{};                 // bytes moved, either way
  std::optional<MonoTime> write_since_;  // of the piece that is being written
  env::TimerId timer_{env::TimerId::none};
  MonoTime timer_at_{MonoTime::max()};
};

}  // namespace moldau::net
