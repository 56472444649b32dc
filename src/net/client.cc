#include "net/client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/endian.h"

namespace moldau::net {

namespace {

/// Behind the size, the api key and the version (request header, every version).
constexpr std::size_t correlation_id_position = 8;

}  // namespace

struct Client::Request {
  Request(env::Worker& worker, std::int32_t id, MonoTime until)
      : correlation_id(id), deadline(until), look_again(worker) {}
  const std::int32_t correlation_id;
  const MonoTime deadline;
  std::optional<SharedBytes> response;
  env::Signal look_again;  // the response is here, or it is your turn to read, or all is over
  bool waited_for{false};
};

env::Task<Result<std::unique_ptr<Client>>> Client::connect(env::Transport& transport,
                                                           env::Worker& worker,
                                                           env::Endpoint endpoint,
                                                           ClientOptions options) {
  const MonoTime deadline = worker.now() + options.timeout;
  auto stream = CO_TRY(co_await transport.connect(endpoint, worker, deadline));
  co_return std::make_unique<Client>(std::move(stream), worker, std::move(options));
}

Client::Client(std::unique_ptr<env::Stream> stream, env::Worker& worker, ClientOptions options)
    : stream_(std::move(stream)),
      worker_(worker),
      options_(std::move(options)),
      reader_(*stream_, worker, nullptr, options_.frame_bytes_max, nullptr) {}

Client::~Client() {
  CHECK(!reading_ && !writing_, "a client is destroyed during a call");
  stream_->close();
}

env::Task<Result<SharedBytes>> Client::exchange(SharedBytes frame) {
  co_return co_await receive(submit(std::move(frame)));
}

env::Task<Result<>> Client::send_only(SharedBytes frame) {
  if (ended_) co_return std::unexpected(*ended_);
  outbox_.push_back(std::move(frame));
  co_return co_await flush();
}

Client::Ticket Client::submit(SharedBytes frame) {
  CHECK(frame.size() >= correlation_id_position + sizeof(std::int32_t), "not a request");
  auto request = std::make_shared<Request>(
      worker_, load_be<std::int32_t>(frame.data() + correlation_id_position),
      worker_.now() + options_.timeout);
  outbox_.push_back(std::move(frame));
  outstanding_.push_back(request);
  return Ticket(std::move(request));
}

env::Task<Result<SharedBytes>> Client::receive(Ticket ticket) {
  CHECK(ticket.request_ != nullptr && !std::exchange(ticket.request_->waited_for, true));
  Request& mine = *ticket.request_;
  const env::TimerId timer = worker_.call_at(mine.deadline, [this] {
    end(Error{Errc::timed_out, "no answer from " + stream_->remote().to_string()});
  });
  const Result<> sent = co_await flush();
  if (!sent) end(sent.error());
  while (!mine.response && !ended_) {
    if (!reading_) {
      co_await read_next();
      continue;
    }
    const Result<> woken = co_await mine.look_again.wait();
    if (!woken) end(woken.error());
  }
  worker_.cancel(timer);
  if (!mine.response) co_return std::unexpected(*ended_);
  // Whoever else waits for an answer has to read it now.
  for (const auto& other : outstanding_) {
    if (reading_ || !other->waited_for) continue;
    other->look_again.notify();
    break;
  }
  co_return *std::move(mine.response);
}

/// Writes what is in the line, unless somebody does already: he will write ours, too.
env::Task<Result<>> Client::flush() {
  if (writing_) co_return Result<>{};
  writing_ = true;
  Result<> written;
  while (!outbox_.empty() && written && !ended_) {
    const std::vector<SharedBytes> frames = std::exchange(outbox_, {});
    std::vector<Bytes> pieces(frames.size());
    std::ranges::transform(frames, pieces.begin(), &SharedBytes::bytes);
    written = co_await stream_->write(pieces, env::More::no);
  }
  writing_ = false;
  if (!written) end(written.error());
  if (ended_) co_return std::unexpected(*ended_);
  co_return Result<>{};
}

env::Task<> Client::read_next() {
  reading_ = true;
  Result<FrameReader::Frame> frame = co_await reader_.next();
  reading_ = false;
  if (!frame) {
    end(std::move(frame).error());
  } else if (!*frame) {
    end(Error{Errc::closed, stream_->remote().to_string() + " has closed the connection"});
  } else {
    deliver(**std::move(frame));
  }
}

void Client::deliver(SharedBytes frame) {
  if (ended_) return;
  if (frame.size() < sizeof(std::int32_t) || outstanding_.empty()) {
    return end(Error{Errc::corrupt, "an answer that nobody asked for"});
  }
  const auto id = load_be<std::int32_t>(frame.data());
  Request& head = *outstanding_.front();
  if (id != head.correlation_id) {
    return end(Error{Errc::corrupt, fmt::format("an answer to request {} instead of {}", id,
                                                head.correlation_id)});
  }
  head.response = std::move(frame);
  head.look_again.notify();
  outstanding_.pop_front();
}

void Client::end(Error reason) {
  if (ended_) return;
  ended_ = std::move(reason);
  stream_->close();
  outbox_.clear();
  for (const auto& request : outstanding_) request->look_again.notify();
  outstanding_.clear();
}

}  // namespace moldau::net
