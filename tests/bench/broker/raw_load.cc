// Sends the same Produce requests, made once, to a broker or to the bare loop, so many at a time on
// each connection, and counts the answers: a load that costs next to nothing itself. One thread.
//
//   raw_load port=P [partitions=N] [connections=N] [depth=N] [records=N] [size=N] [acks=-1|1]
//            [warm=S] [seconds=S] [pid=BROKER] [disk=NAME]
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "histogram.h"
#include "options.h"
#include "raw_frames.h"
#include "watch.h"

namespace moldau::bench {
namespace {

constexpr size_t connection_buffer_bytes = 1 << 16;

class Connection {
 public:
  Connection(int port, int depth) : sent_at_(static_cast<size_t>(depth)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr = {htonl(INADDR_LOOPBACK)};
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      fail(fmt::format("connect: {}", std::strerror(errno)));
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }

  int socket() const { return socket_; }

  /// Sends what the depth allows and the socket takes. `partition` names the next one.
  void send(std::string& frame, int partitions, int& partition) {
    while (true) {
      if (!blocked()) {
        if (sent_ - answered_ == sent_at_.size()) return;
        set32(frame.data() + correlation_at, static_cast<uint32_t>(sent_));
        set32(frame.data() + partition_at, static_cast<uint32_t>(partition));
        partition = (partition + 1) % partitions;
        sent_at_[sent_ % sent_at_.size()] = now_ns();
        ++sent_;
        sending_ = frame;
        sending_at_ = 0;
      }
      const auto count = ::send(socket_, sending_.data() + sending_at_,
                                sending_.size() - sending_at_, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) fail(fmt::format("send: {}", std::strerror(errno)));
      sending_at_ += static_cast<size_t>(count);
    }
  }

  bool blocked() const { return sending_at_ < sending_.size(); }

  /// Answers that have come; they are added to the histogram if there is one.
  void receive(Histogram* latencies, uint64_t& answers) {
    char buffer[connection_buffer_bytes];
    const auto count = recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("the broker has closed a connection");
    got_.append(buffer, static_cast<size_t>(count));
    size_t at = 0;
    for (; got_.size() - at >= answer_bytes; at += answer_bytes) {
      take(got_.data() + at);
      if (latencies != nullptr) {
        latencies->add(now_ns() - sent_at_[answered_ % sent_at_.size()]);
        ++answers;
      }
      ++answered_;
    }
    got_.erase(0, at);
  }

 private:
  void take(const char* answer) const {
    if (get32(answer) != answer_bytes - 4 ||
        get32(answer + 4) != static_cast<uint32_t>(answered_)) {
      fail("an answer that is not the one expected");
    }
    const int error = static_cast<uint8_t>(answer[answer_error_at]) << 8 |
                      static_cast<uint8_t>(answer[answer_error_at + 1]);
    if (error != 0) fail(fmt::format("Produce: error {}", static_cast<int16_t>(error)));
  }

  int socket_;
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;
  std::vector<int64_t> sent_at_;  // of those under way
  std::string sending_;           // a frame, and how much of it is sent
  size_t sending_at_ = 0;
  std::string got_;  // of the answer that is coming
};

int run(const Options& options) {
  const int records = options.whole("records");
  const int partitions = options.whole("partitions");
  auto frame =
      make_request(make_batch(records, options.whole("size"), clock_ns(CLOCK_REALTIME) / 1'000'000),
                   options.whole("acks"));
  std::vector<Connection> connections;
  std::vector<pollfd> polled;
  for (int number = 0; number < options.whole("connections"); ++number) {
    connections.emplace_back(options.whole("port"), options.whole("depth"));
    polled.push_back({.fd = connections.back().socket(), .events = POLLIN, .revents = 0});
  }
  const Watch watch(options.whole("pid"), options.text("disk"));
  const auto begin = now_ns() + static_cast<int64_t>(options.number("warm") * 1e9);
  const auto end = begin + static_cast<int64_t>(options.number("seconds") * 1e9);
  Histogram latencies;
  Usage before;
  uint64_t answers = 0;
  int partition = 0;
  for (auto now = now_ns(); now < end; now = now_ns()) {
    if (before.at_ns == 0 && now >= begin) before = watch.now();
    for (size_t index = 0; index < connections.size(); ++index) {
      connections[index].send(frame, partitions, partition);
      polled[index].events = connections[index].blocked() ? POLLIN | POLLOUT : POLLIN;
    }
    if (poll(polled.data(), polled.size(), 100) < 0) fail("poll");
    for (size_t index = 0; index < connections.size(); ++index) {
      if ((polled[index].revents & ~POLLOUT) != 0) {
        connections[index].receive(before.at_ns == 0 ? nullptr : &latencies, answers);
      }
    }
  }
  fmt::print(
      R"({{{}, "records": {}, "payload_bytes": {}, "requests": {}, "errors": 0, "acked": {}}})"
      "\n",
      Watch::json(before, watch.now()), answers * static_cast<uint64_t>(records),
      answers * static_cast<uint64_t>(records * options.whole("size")), answers, latencies.json());
  return 0;
}

}  // namespace
}  // namespace moldau::bench

int main(int argc, char** argv) {
  using namespace moldau::bench;
  return run(Options(argc, argv,
                     {{"port", "0"},
                      {"partitions", "1"},
                      {"connections", "1"},
                      {"depth", "5"},
                      {"records", "16"},
                      {"size", "1024"},
                      {"acks", "-1"},
                      {"warm", "1"},
                      {"seconds", "3"},
                      {"pid", "0"},
                      {"disk", ""}}));
}
