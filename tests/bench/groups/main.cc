// Members of consumer groups, thousands of them in one thread: the load of
// tests/bench/groups_bench.py.
//
//     group_load PORT PID members classic|consumer TOPIC GROUPS MEMBERS PREFIX
//     group_load PORT PID fill TOPIC GROUPS PARTITIONS EACH
//
// "members" joins, each member on a connection of its own (over 15,000 of them share), and says
// "settled SECONDS" whenever every member has its partition (the topic has as many as a group has
// members). It heartbeats and commits as real members do, and takes commands from standard input:
// "natural SECONDS" measures that, "heartbeats N" and "commits N" send so many as fast as they are
// answered. "fill" commits offsets of all partitions in all groups, EACH in a request. CPU times
// are those of process PID.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <queue>
#include <sstream>
#include <utility>

#include "members.h"

namespace group_load {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds heartbeat_interval{3000};  // Java's defaults
constexpr milliseconds commit_interval{5000};
constexpr std::size_t window = 32;  // requests under way in the fast phases
constexpr int connections_per_address = 20'000;
constexpr std::size_t connections_max = 15'000;  // a process may have 20,000 descriptors

double seconds_since(Time begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << why << '\n';
  std::exit(1);
}

/// User and system time of a process, in seconds.
double cpu_seconds(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double own_cpu_seconds() {
  return cpu_seconds(std::to_string(getpid()));
}

/// Many of them: an address of ours has 28,000 ports.
int open_connection(int port, int number) {
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr =
      htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / connections_per_address));
  const auto* source = reinterpret_cast<const sockaddr*>(&address);
  bool good = made >= 0 && bind(made, source, sizeof(address)) == 0;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  good = good && connect(made, source, sizeof(address)) == 0;
  if (!good) give_up("connection " + std::to_string(number) + ": " + std::strerror(errno));
  return made;
}

void send_all(int socket, std::string_view data) {
  while (!data.empty()) {
    const auto sent = send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) give_up(std::string("send: ") + std::strerror(errno));
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// A whole answer without its size, correlation id and tags, taken off the input; none yet: null.
std::optional<std::string> take_answer(std::string& input) {
  if (input.size() < 4) return std::nullopt;
  const auto size = static_cast<std::size_t>(Reader(input).i32());
  if (input.size() < 4 + size) return std::nullopt;
  std::string answer = input.substr(9, size - 5);
  input.erase(0, 4 + size);
  return answer;
}

/// False: the connection is closed. An event may be old: what it told of is taken already when
/// members were begun meanwhile.
bool receive_some(int socket, std::string& input) {
  char buffer[1 << 16];
  const auto received = recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT);
  if (received < 0 && errno == EAGAIN) return true;
  if (received <= 0) return false;
  input.append(buffer, static_cast<std::size_t>(received));
  return true;
}

/// What was sent and answered within a phase, and what it took.
struct Phase {
  std::string name;
  Time begun;
  Time ends;               ///< of a natural one
  std::size_t wanted = 0;  ///< of a fast one
  std::size_t sent = 0;
  std::size_t heartbeats = 0;
  std::size_t commits = 0;
  double cpu = 0;
  double own_cpu = 0;
  std::vector<double> heartbeat_ms;
  std::vector<double> commit_ms;
};

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

class Load {
 public:
  Load(int port, std::string pid, Protocol protocol, std::string topic)
      : port_(port), pid_(std::move(pid)), protocol_(protocol), topic_(std::move(topic)) {}

  void run(int groups, int members, const std::string& prefix) {
    add(epoll_, STDIN_FILENO, UINT32_MAX);
    begun_ = Clock::now();
    members_.resize(static_cast<std::size_t>(groups) * static_cast<std::size_t>(members));
    members_of_group_ = static_cast<std::size_t>(members);
    connections_.resize(
        std::min(members_.size(), connections_max / members_of_group_ * members_of_group_));
    for (int i = 0; i < groups; ++i) {
      groups_.push_back(std::make_unique<Group>(prefix + "-" + std::to_string(i)));
    }
    begin_more();
    while (turn()) {
    }
  }

 private:
  static void add(int epoll, int descriptor, std::uint32_t number) {
    epoll_event event{.events = EPOLLIN, .data = {.u32 = number}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
  }

  /// As many members as there are connections. A JoinGroup keeps its connection until the group's
  /// other members have joined: those who share one come later.
  void begin_more() {
    const std::size_t end = std::min(members_.size(), begun_members_ + connections_.size());
    const std::size_t from = std::exchange(begun_members_, end);
    for (std::size_t i = from; i < end; ++i) begin(i);
  }

  void begin(std::size_t number) {
    Member& member = members_[number];
    member.group = groups_[number / members_of_group_].get();
    const std::size_t place = number % connections_.size();
    member.connection = &connections_[place];
    if (member.connection->socket < 0) {
      member.connection->socket = open_connection(port_, static_cast<int>(place));
      add(epoll_, member.connection->socket, static_cast<std::uint32_t>(place));
    }
    if (protocol_ == Protocol::consumer) member.id = "member-" + std::to_string(number);
    // Commits are spread over their interval.
    member.commit_at = Clock::now() + commit_interval + commit_interval * number / members_.size();
    ask(number, next_request(member, protocol_, topic_));
    // Who is connected is served while others connect.
    if (number % 50 == 49) turn();
  }

  void ask(std::size_t number, std::string request) {
    Member& member = members_[number];
    member.waits = true;
    Connection& connection = *member.connection;
    if (std::exchange(connection.busy, true)) {
      connection.queue.emplace_back(number, std::move(request));
      return;
    }
    connection.asking = number;
    member.asked_at = Clock::now();
    send_all(connection.socket, request);
  }

  /// False: the end of standard input.
  bool turn() {
    const Time now = Clock::now();
    int wait_ms = 100;
    const bool fast = phase_ && phase_->wanted > 0;  // nobody else is served
    if (!fast && !due_.empty()) {
      const auto left = std::chrono::ceil<milliseconds>(due_.top().first - now).count();
      wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, wait_ms));
    }
    epoll_event events[512];
    const int count = epoll_wait(epoll_, events, 512, wait_ms);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u32 == UINT32_MAX) {
        if (!command()) return false;
      } else {
        receive(events[i].data.u32);
      }
    }
    serve_due();
    if (phase_ && phase_->wanted == 0 && Clock::now() >= phase_->ends) report();
    return true;
  }

  bool command() {
    std::string line;
    if (!std::getline(std::cin, line)) return false;
    std::istringstream words(line);
    phase_.emplace();
    double amount = 0;
    words >> phase_->name >> amount;
    phase_->begun = Clock::now();
    if (phase_->name == "natural") {
      phase_->ends = phase_->begun + milliseconds(static_cast<std::int64_t>(1000 * amount));
    } else {
      phase_->wanted = static_cast<std::size_t>(amount);
    }
    phase_->cpu = cpu_seconds(pid_);
    phase_->own_cpu = own_cpu_seconds();
    if (phase_->wanted > 0) {
      for (std::size_t i = 0; i < std::min(window, members_.size()); ++i) send_fast();
    }
    return true;
  }

  /// The next member in turn that has nothing under way.
  void send_fast() {
    if (phase_->sent == phase_->wanted) return;
    for (std::size_t tries = 0; tries < members_.size(); ++tries) {
      next_ = (next_ + 1) % members_.size();
      Member& member = members_[next_];
      if (member.waits) continue;
      ++phase_->sent;
      if (phase_->name == "commits") {
        commit(next_);
      } else {
        ask(next_, next_request(member, protocol_, topic_));
      }
      return;
    }
  }

  void commit(std::size_t number) {
    Member& member = members_[number];
    member.asked = Api::offset_commit;
    ask(number, commit_request({.group = member.group->id,
                                .generation = member.generation,
                                .member = member.id,
                                .topic = topic_,
                                .first = 0,
                                .partitions = 1,
                                .offset = ++member.committed}));
  }

  void receive(std::size_t place) {
    Connection& connection = connections_[place];
    if (!receive_some(connection.socket, connection.input)) {
      give_up("the broker has closed a connection");
    }
    while (const auto answer = take_answer(connection.input)) {
      connection.busy = false;
      const std::size_t number = connection.asking;
      if (!connection.queue.empty()) {
        auto [next, request] = std::move(connection.queue.front());
        connection.queue.pop_front();
        ask(next, std::move(request));
      }
      on_answer(number, *answer);
    }
  }

  void on_answer(std::size_t number, std::string_view body) {
    Member& member = members_[number];
    member.waits = false;
    const double took_ms = 1000 * seconds_since(member.asked_at);
    std::int32_t interval = static_cast<std::int32_t>(heartbeat_interval.count());
    const std::int16_t error = understand(member, body, interval);
    if (error != none && error != rebalance_in_progress && error != stale_member_epoch) {
      give_up("API " + std::to_string(static_cast<int>(member.asked)) + ": error " +
              std::to_string(error) + " for " + member.id);
    }
    const bool has =
        member.state == Member::State::works && member.partitions == 1 && !member.must_say;
    if (has != std::exchange(member.settled, has)) count_settled(has);
    note(member.asked, took_ms);
    if (phase_ && phase_->wanted > 0) {
      if (phase_->heartbeats + phase_->commits == phase_->wanted) return report();
      return send_fast();
    }
    if (member.state != Member::State::works || member.must_say) {
      return ask(number, next_request(member, protocol_, topic_));
    }
    if (member.asked != Api::offset_commit) {
      member.heartbeat_at = Clock::now() + milliseconds(interval);
    }
    schedule(number, std::min(member.heartbeat_at, member.commit_at));
  }

  void schedule(std::size_t number, Time at) {
    members_[number].due_at = at;
    due_.emplace(at, number);
  }

  static std::int16_t understand(Member& member, std::string_view body, std::int32_t& interval) {
    switch (member.asked) {
      case Api::join:
        return on_join(member, Reader(body));
      case Api::sync:
        return on_sync(member, Reader(body));
      case Api::heartbeat:
        return on_heartbeat(member, Reader(body));
      case Api::consumer_heartbeat:
        return on_consumer_heartbeat(member, body, interval);
      default:
        return commit_error(Reader(body));
    }
  }

  void count_settled(bool has) {
    settled_ += has ? 1 : -1;
    if (settled_ != static_cast<std::int64_t>(begun_members_)) return;
    if (begun_members_ < members_.size()) {
      begin_more();
    } else {
      std::cout << "settled " << seconds_since(begun_) << std::endl;
    }
  }

  void note(Api asked, double took_ms) {
    if (!phase_) return;
    if (asked == Api::offset_commit) {
      ++phase_->commits;
      phase_->commit_ms.push_back(took_ms);
    } else {
      ++phase_->heartbeats;
      phase_->heartbeat_ms.push_back(took_ms);
    }
  }

  /// Heartbeats and commits whose time has come; none in a fast phase, which ends soon.
  void serve_due() {
    if (phase_ && phase_->wanted > 0) return;
    const Time now = Clock::now();
    while (!due_.empty() && due_.top().first <= now) {
      const auto [at, number] = due_.top();
      due_.pop();
      Member& member = members_[number];
      if (member.waits || member.due_at != at) continue;
      if (member.state == Member::State::works && member.commit_at <= member.heartbeat_at) {
        member.commit_at = now + commit_interval;
        commit(number);
      } else {
        ask(number, next_request(member, protocol_, topic_));
      }
    }
  }

  void report() {
    Phase& phase = *phase_;
    const double seconds = seconds_since(phase.begun);
    const double cpu = cpu_seconds(pid_) - phase.cpu;
    std::cout << "measured {\"seconds\": " << seconds << ", \"cpu_s\": " << cpu
              << ", \"load_cpu_s\": " << own_cpu_seconds() - phase.own_cpu
              << ", \"heartbeats\": " << phase.heartbeats << ", \"commits\": " << phase.commits
              << ", \"heartbeat_p50_ms\": " << percentile(phase.heartbeat_ms, 0.5)
              << ", \"heartbeat_p99_ms\": " << percentile(phase.heartbeat_ms, 0.99)
              << ", \"commit_p50_ms\": " << percentile(phase.commit_ms, 0.5)
              << ", \"commit_p99_ms\": " << percentile(phase.commit_ms, 0.99)
              << ", \"settled\": " << (settled_ == std::ssize(members_) ? "true" : "false") << "}"
              << std::endl;
    const bool fast = phase.wanted > 0;
    phase_.reset();
    if (!fast) return;
    for (std::size_t i = 0; i < members_.size(); ++i) {  // who was left out goes on
      if (!members_[i].waits) schedule(i, Clock::now());
    }
  }

  const int port_;
  const std::string pid_;
  const Protocol protocol_;
  const std::string topic_;
  const int epoll_ = epoll_create1(0);
  Time begun_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<Connection> connections_;
  std::vector<Member> members_;
  std::size_t members_of_group_ = 1;
  std::size_t begun_members_ = 0;
  std::int64_t settled_ = 0;
  std::size_t next_ = 0;
  std::optional<Phase> phase_;
  using Due = std::pair<Time, std::size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

/// Commits as a client without membership does, over a few connections.
class Filler {
 public:
  Filler(int port, std::string topic, int groups, int partitions, int each)
      : topic_(std::move(topic)), groups_(groups), partitions_(partitions), each_(each) {
    for (std::size_t i = 0; i < sockets; ++i) sockets_[i] = open_connection(port, 0);
  }

  void run() {
    std::string inputs[sockets];
    std::size_t waiting = 0;
    const int epoll = epoll_create1(0);
    for (std::uint32_t i = 0; i < sockets; ++i) {
      epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
      epoll_ctl(epoll, EPOLL_CTL_ADD, sockets_[i], &event);
      waiting += send_next(i) ? 1 : 0;
    }
    while (waiting > 0) {
      epoll_event events[sockets];
      const int count = epoll_wait(epoll, events, sockets, -1);
      for (int n = 0; n < count; ++n) {
        const std::uint32_t i = events[n].data.u32;
        if (!receive_some(sockets_[i], inputs[i])) give_up("the broker has closed a connection");
        const auto answer = take_answer(inputs[i]);
        if (!answer) continue;
        if (const auto error = commit_error(Reader(*answer))) {
          give_up("OffsetCommit: error " + std::to_string(error));
        }
        waiting -= send_next(i) ? 0 : 1;
      }
    }
  }

 private:
  static constexpr std::size_t sockets = 64;

  bool send_next(std::size_t socket) {
    if (first_ == partitions_) return false;
    send_all(sockets_[socket], commit_request({.group = "filled-" + std::to_string(group_),
                                               .member = {},
                                               .topic = topic_,
                                               .first = first_,
                                               .partitions = each_,
                                               .offset = group_}));
    if (++group_ == groups_) {
      group_ = 0;
      first_ += each_;
    }
    return true;
  }

  const std::string topic_;
  const int groups_;
  const int partitions_;
  const int each_;
  int group_ = 0;
  int first_ = 0;
  int sockets_[sockets] = {};
};

int run(const std::vector<std::string>& words) {
  const int port = std::stoi(words.at(0));
  if (words.at(2) == "fill") {
    Filler filler(port, words.at(3), std::stoi(words.at(4)), std::stoi(words.at(5)),
                  std::stoi(words.at(6)));
    const Time begun = Clock::now();
    filler.run();
    std::cout << "filled " << seconds_since(begun) << std::endl;
    return 0;
  }
  const Protocol protocol = words.at(3) == "consumer" ? Protocol::consumer : Protocol::classic;
  Load load(port, words.at(1), protocol, words.at(4));
  load.run(std::stoi(words.at(5)), std::stoi(words.at(6)), words.at(7));
  return 0;
}

}  // namespace
}  // namespace group_load

int main(int argc, char** argv) {
  try {
    return group_load::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "group_load: " << error.what() << '\n';
    return 1;
  }
}
