#include "net/connection.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"

namespace moldau::net {

namespace {

/// A write is cut into slices of this size, so that its progress can be seen.
constexpr std::size_t write_slice_bytes = 256 << 10;
/// Pieces of memory in one write (IOV_MAX is 1024).
constexpr std::size_t write_pieces_max = 512;

}  // namespace

/// Outlives the connection if a pending answer's work does; then nobody waits for the signal.
class Connection::Waker final : public Wakeup {
 public:
  explicit Waker(env::Worker& worker) : signal(worker) {}
  void wake() override { signal.notify(); }
  env::Worker& worker() override { return signal.home(); }
  env::Signal signal;
};

Connection::Connection(ConnectionHost& host, std::unique_ptr<env::Stream> stream,
                       ConnectionInfo info)
    : host_(host),
      worker_(host.worker()),
      stream_(std::move(stream)),
      info_(std::move(info)),
      waker_(std::make_shared<Waker>(worker_)),
      reader_(*stream_, worker_, &host.budget(), host.options().frame_bytes_max, this),
      writer_progress_(worker_) {}

Connection::~Connection() = default;

env::Task<> Connection::run(std::shared_ptr<Connection> self) {
  self->tasks_ = 1;
  self->host_.joined(self);
  self->session_ = self->host_.sessions().open(self->info_, self->waker_);
  self->active_at_ = self->worker_.now();
  self->arm(self->active_at_ + self->host_.options().idle_max);
  Result<> outcome;
  try {
    outcome = co_await self->read_requests();
  } catch (const std::bad_alloc&) {
    outcome = fail(Errc::too_large, "no memory for a request");
  }
  self->serving_ = false;
  self->input_ended_ = true;
  if (!outcome) {
    self->end(std::move(outcome).error());
  } else if (!self->under_way()) {
    self->end(Error{Errc::closed, {}});
  }  // else the writer ends it, after the last answer
  self->task_ended();
}

env::Task<Result<>> Connection::read_requests() {
  while (!draining_ && !ended_) {
    auto frame = CO_TRY(reader_.try_next());
    if (!frame) frame = CO_TRY(co_await reader_.next());
    if (!frame || draining_) break;
    Traffic::add(host_.traffic().requests, std::uint64_t{1});
    serving_ = true;
    if (session_->road(*frame) == Session::Road::pipelined) {
      CO_TRY(co_await start_pipelined(std::move(*frame)));
    } else {
      CO_TRY(co_await answer_serial(std::move(*frame)));
    }
    serving_ = false;
  }
  co_return Result<>{};
}

env::Task<Result<>> Connection::start_pipelined(SharedBytes frame) {
  while (queue_.size() >= host_.options().pending_answers_max) {
    CO_TRY(co_await wait_for_writer());
  }
  CO_TRY(co_await session_->wait_for_room(frame));
  if (ended_) co_return fail(Errc::closed);
  queue_.push_back(session_->begin(std::move(frame)));
  Traffic::add(host_.traffic().pending_answers, std::int64_t{1});
  if (!writer_runs_) {
    writer_runs_ = true;
    ++tasks_;
    host_.scope().spawn(write_answers(shared_from_this()));
  } else if (queue_.size() == 1 && !writing_) {
    // The writer rests without a head. If this one is not ready, its own wake-up will come.
    arm(queue_.front()->deadline());
    if (queue_.front()->ready(worker_.now())) waker_->wake();
  }
  co_return Result<>{};
}

env::Task<Result<>> Connection::answer_serial(SharedBytes frame) {
  while (!queue_.empty() || writing_) CO_TRY(co_await wait_for_writer());
  Result<Answer> handled = co_await session_->handle(std::move(frame));
  if (ended_) co_return fail(Errc::closed);
  if (!handled) {
    log_refusal(handled.error());
    co_return fail(Errc::closed);
  }
  Answer answer = *std::move(handled);
  writing_ = true;
  const Result<> sent = co_await send(std::move(answer.chunks));
  writing_ = false;
  if (!sent) co_return sent;
  if (answer.then == Answer::Then::close) co_return fail(Errc::closed);
  co_return Result<>{};
}

env::Task<Result<>> Connection::wait_for_writer() {
  CO_TRY(co_await writer_progress_.wait());
  if (ended_) co_return fail(Errc::closed);
  co_return Result<>{};
}

env::Task<> Connection::write_answers(std::shared_ptr<Connection> self) {
  while (!self->ended_) {
    Batch batch = self->take_ready();
    if (batch.answers == 0) {
      if (!self->queue_.empty()) {
        self->arm(self->queue_.front()->deadline());
      } else if (self->input_ended_ || (self->draining_ && !self->serving_)) {
        self->end(Error{Errc::closed, {}});
        break;
      }
      if (!co_await self->waker_->signal.wait()) break;
      continue;
    }
    self->writing_ = true;
    Result<> sent = co_await self->send(std::move(batch.chunks));
    self->writing_ = false;
    if (!sent) {
      self->end(std::move(sent).error());
    } else if (batch.then == Answer::Then::close) {
      self->end(Error{Errc::closed, {}});
    }
    self->writer_progress_.notify();
  }
  self->task_ended();
}

/// Finishes what is ready at the head of the queue, up to one write's worth.
Connection::Batch Connection::take_ready() {
  Batch batch;
  std::uint64_t bytes = 0;
  const MonoTime now = worker_.now();
  while (!queue_.empty() && bytes < write_slice_bytes && batch.then == Answer::Then::keep_open) {
    PendingAnswer& head = *queue_.front();
    if (!head.ready(now)) {
      CHECK(now < head.deadline(), "an answer is not ready past its deadline");
      break;
    }
    Answer answer = head.finish();
    queue_.pop_front();
    ++batch.answers;
    bytes += answer.size();
    batch.then = answer.then;
    std::ranges::move(answer.chunks, std::back_inserter(batch.chunks));
  }
  Traffic::add(host_.traffic().pending_answers, -static_cast<std::int64_t>(batch.answers));
  return batch;
}

env::Task<Result<>> Connection::send(std::vector<Chunk> chunks) {
  std::vector<Bytes> pieces;
  std::size_t gathered = 0;
  for (const Chunk& chunk : chunks) {
    if (const auto* range = std::get_if<FileRange>(&chunk)) {
      CO_TRY(co_await send_pieces(pieces, env::More::follows));
      gathered = 0;
      CO_TRY(co_await send_range(*range));
      continue;
    }
    Bytes rest = std::get<SharedBytes>(chunk).bytes();
    while (!rest.empty()) {
      const std::size_t count = std::min(rest.size(), write_slice_bytes - gathered);
      pieces.push_back(rest.first(count));
      rest = rest.subspan(count);
      gathered += count;
      if (gathered < write_slice_bytes && pieces.size() < write_pieces_max) continue;
      CO_TRY(co_await send_pieces(pieces, env::More::no));
      gathered = 0;
    }
  }
  co_return co_await send_pieces(pieces, env::More::no);
}

/// Writes the pieces, if any, and empties the list.
env::Task<Result<>> Connection::send_pieces(std::vector<Bytes>& pieces, env::More more) {
  if (pieces.empty()) co_return Result<>{};
  std::uint64_t bytes = 0;
  for (const Bytes piece : pieces) bytes += piece.size();
  begin_write();
  CO_TRY(co_await stream_->write(pieces, more));
  end_write(bytes);
  pieces.clear();
  co_return Result<>{};
}

env::Task<Result<>> Connection::send_range(FileRange range) {
  while (range.length > 0) {
    const auto slice = std::min<std::uint64_t>(range.length, write_slice_bytes);
    begin_write();
    for (auto left = slice; left > 0;) {
      // After each wait: what was in the page cache may have left it.
      if (range.loader != nullptr && range.file->cached(range.position, left) == env::Cached::no) {
        CO_TRY(co_await range.loader->load(range.position, left, worker_));
        if (ended_) co_return fail(Errc::closed);
      }
      auto sent = co_await stream_->send_file(*range.file, range.position, left);
      if (!sent) {
        co_return std::unexpected(std::move(sent).error().within("send " + range.file->path()));
      }
      range.position += *sent;
      left -= *sent;
    }
    end_write(slice);
    range.length -= slice;
  }
  co_return Result<>{};
}

void Connection::begin_write() {
  write_since_ = worker_.now();
  arm(*write_since_ + host_.options().send_stall_max);
}

void Connection::end_write(std::uint64_t bytes) {
  active_at_ = *std::exchange(write_since_, std::nullopt);
  Traffic::add(host_.traffic().bytes_out, bytes);
}

void Connection::drain() {
  draining_ = true;
  if (!under_way()) end(Error{Errc::closed, {}});
}

/// Closes the stream and wakes both tasks. The first reason counts.
void Connection::end(Error reason) {
  if (std::exchange(ended_, true)) return;
  log_end(reason);
  stream_->close();
  reader_.abort();
  waker_->wake();
  writer_progress_.notify();
}

void Connection::log_end(const Error& reason) {
  switch (reason.code) {
    case Errc::closed:
    case Errc::cancelled:
      return;
    case Errc::io:  // the peer has broken off: nothing is wrong here
      host_.log().debug("connection lost remote={} listener={} reason=\"{}\"",
                        info_.remote.to_string(), info_.listener, reason.to_string());
      return;
    default:
      log_refusal(reason);
  }
}

void Connection::log_refusal(const Error& reason) {
  if (reason.code == Errc::cancelled) return;
  host_.refusals().add(worker_, info_, reason);
}

/// The last task to end takes the connection apart.
void Connection::task_ended() {
  if (--tasks_ > 0) {
    waker_->wake();  // the writer may be waiting for what the reader would still have begun
    return;
  }
  ended_ = true;
  stream_->close();
  worker_.cancel(std::exchange(timer_, env::TimerId::none));
  Traffic::add(host_.traffic().pending_answers, -static_cast<std::int64_t>(queue_.size()));
  queue_.clear();
  session_.reset();
  host_.left(*this);
}

void Connection::on_bytes(std::size_t count) {
  active_at_ = worker_.now();
  Traffic::add(host_.traffic().bytes_in, std::uint64_t{count});
}

void Connection::on_partial_frame() {
  const ConnectionOptions& options = host_.options();
  arm(worker_.now() + std::min(options.receive_stall_max, options.receive_stall_pressed_max));
}

/// What is held by a frame that does not come is worth more to those who wait for it.
Duration Connection::receive_stall_max() const {
  const ConnectionOptions& options = host_.options();
  if (!host_.budget().is_short()) return options.receive_stall_max;
  return std::min(options.receive_stall_max, options.receive_stall_pressed_max);
}

/// Makes sure that on_timer runs at `deadline` or before.
void Connection::arm(MonoTime deadline) {
  if (timer_at_ <= deadline || ended_) return;
  worker_.cancel(timer_);
  timer_at_ = deadline;
  timer_ = worker_.call_at(deadline, [this] { on_timer(); });
}

void Connection::on_timer() {
  timer_ = env::TimerId::none;
  timer_at_ = MonoTime::max();
  const MonoTime now = worker_.now();
  const ConnectionOptions& options = host_.options();
  if (write_since_) {
    const MonoTime deadline = *write_since_ + options.send_stall_max;
    if (now >= deadline) return end(Error{Errc::timed_out, "the client does not read its answers"});
    arm(deadline);
  }
  if (const auto since = reader_.stalled_since()) {
    const MonoTime deadline = *since + receive_stall_max();
    if (now >= deadline) return end(Error{Errc::timed_out, "the rest of a request did not come"});
    arm(std::min(deadline, now + options.receive_stall_pressed_max));
  }
  if (!queue_.empty() && !writing_) {
    if (now >= queue_.front()->deadline()) {
      waker_->wake();  // the writer arms the next one
    } else {
      arm(queue_.front()->deadline());
    }
  }
  const MonoTime idle_until = active_at_ + options.idle_max;
  if (now < idle_until) {
    arm(idle_until);
  } else if (!under_way()) {
    end(Error{Errc::closed, {}});
  } else {
    arm(now + options.idle_max);
  }
}

}  // namespace moldau::net
