#include "env/sim/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace moldau::env {

namespace {
bool is_loopback(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "::1";
}
bool is_any(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}
}  // namespace

SimNetwork::SimNetwork(Schedule& schedule, const SimNetworkOptions& options)
    : schedule_(schedule),
      options_(options),
      prng_(schedule.chance_of("network")),
      id_(trace_id("network")) {}

void SimNetwork::isolate(int node) {
  for (const auto& [name, other] : hosts_) {
    if (other == node) continue;
    cut(node, other);
    cut(other, node);
  }
}

std::vector<std::shared_ptr<SimSocket>> SimNetwork::open_sockets() {
  std::erase_if(sockets_, [](const auto& socket) { return socket.expired(); });
  std::vector<std::shared_ptr<SimSocket>> open;
  for (const auto& weak : sockets_) {
    auto socket = weak.lock();
    if (socket && !socket->closed && !socket->reset && !socket->incarnation->dead) {
      open.push_back(std::move(socket));
    }
  }
  return open;
}

void SimNetwork::reset_connections(int a, int b) {
  for (const auto& socket : open_sockets()) {
    const std::pair ends{socket->out->from->node, socket->out->to->node};
    if (ends == std::pair(a, b) || ends == std::pair(b, a)) reset(*socket);
  }
}

bool SimNetwork::reset_one() {
  const auto open = open_sockets();
  if (open.empty()) return false;
  const auto& socket = open[prng_.below(open.size())];
  if (const auto peer = socket->out->reader.lock()) reset(*peer);
  reset(*socket);
  return true;
}

void SimNetwork::add_host(int node, const std::string& name) {
  CHECK(!hosts_.contains(name), "two hosts {}", name);
  hosts_[name] = node;
}

std::string SimNetwork::address_of(int node) {
  return fmt::format("10.0.{}.{}", node / 250, node % 250 + 1);
}

void SimNetwork::close_ports(int node) {
  std::erase_if(ports_, [node](const auto& entry) { return entry.first.first == node; });
}

void SimNetwork::close_all(const Incarnation& incarnation) {
  for (const auto& socket : open_sockets()) {
    if (socket->incarnation.get() == &incarnation) close(*socket);
  }
}

std::optional<int> SimNetwork::host(const std::string& name, int asking) const {
  if (is_loopback(name)) return asking;
  if (const auto found = hosts_.find(name); found != hosts_.end()) return found->second;
  for (const auto& [host_name, node] : hosts_) {
    if (address_of(node) == name) return node;
  }
  return std::nullopt;
}

Result<std::shared_ptr<SimPort>> SimNetwork::listen(const std::shared_ptr<Incarnation>& incarnation,
                                                    const Endpoint& endpoint, Worker& worker) {
  const int node = incarnation->node;
  const std::string what = "listen on " + endpoint.to_string();
  if (!is_any(endpoint.host) && host(endpoint.host, node) != node) {
    return fail(Errc::not_found, what);
  }
  auto port = std::make_shared<SimPort>(worker);
  port->incarnation = incarnation;
  port->local = endpoint;
  if (is_any(endpoint.host)) port->local.host = "::";
  port->only_loopback = is_loopback(endpoint.host);
  if (port->only_loopback) port->local.host = "127.0.0.1";
  while (port->local.port == 0) {
    const std::uint16_t free = ephemeral_port();
    if (!ports_.contains({node, free})) port->local.port = free;
  }
  if (!ports_.emplace(std::pair(node, port->local.port), port.get()).second) {
    return fail_os(EADDRINUSE, what);
  }
  return port;
}

// The range that Linux takes them from.
std::uint16_t SimNetwork::ephemeral_port() {
  next_port_ =
      next_port_ == 60999 ? std::uint16_t{32768} : static_cast<std::uint16_t>(next_port_ + 1);
  return next_port_;
}

void SimNetwork::unlisten(SimPort& port) {
  port.closed = true;
  const auto found = ports_.find({port.incarnation->node, port.local.port});
  if (found != ports_.end() && found->second == &port) ports_.erase(found);
  // Whoever is queued was told that it is connected.
  for (const auto& socket : std::exchange(port.backlog, {})) close(*socket);
  port.arrived.notify();
}

void SimNetwork::connect(const std::shared_ptr<Connecting>& connecting) {
  schedule_.at(schedule_.now() + options_.latency.draw(prng_), id_, "syn",
               [this, connecting] { arrive_syn(connecting); });
}

bool SimNetwork::is_reachable(int from, int to) const {
  return !is_cut(from, to) && up_.contains(to);
}

void SimNetwork::arrive_syn(const std::shared_ptr<Connecting>& connecting) {
  const int asking = connecting->incarnation->node;
  const int target = connecting->target;
  if (connecting->abandoned || connecting->incarnation->dead) return;
  if (!is_reachable(asking, target) || is_cut(target, asking)) {
    schedule_.at(schedule_.now() + options_.retransmit, id_, "syn again",
                 [this, connecting] { arrive_syn(connecting); });
    return;
  }
  const auto found = ports_.find({target, connecting->port});
  const bool is_refused =
      found == ports_.end() || (found->second->only_loopback && !connecting->via_loopback);
  if (!is_refused) establish(*connecting, *found->second);
  schedule_.at(schedule_.now() + options_.latency.draw(prng_), id_, "syn ack",
               [connecting, is_refused] {
                 if (connecting->incarnation->dead) return;
                 connecting->outcome.emplace();
                 if (is_refused) connecting->outcome = fail(Errc::unavailable, "refused");
                 if (!connecting->abandoned) connecting->done.notify();
               });
}

void SimNetwork::establish(Connecting& connecting, SimPort& port) {
  auto& client = connecting.socket;
  auto server = std::make_shared<SimSocket>();
  server->incarnation = port.incarnation;
  server->local = client->remote;
  server->remote = client->local;
  const auto join = [](const std::shared_ptr<SimSocket>& from,
                       const std::shared_ptr<SimSocket>& to) {
    auto pipe = std::make_shared<SimPipe>();
    pipe->from = from->incarnation;
    pipe->to = to->incarnation;
    pipe->writer = from;
    pipe->reader = to;
    from->out = pipe;
    to->in = std::move(pipe);
  };
  join(client, server);
  join(server, client);
  sockets_.emplace_back(client);
  sockets_.emplace_back(server);
  port.backlog.push_back(std::move(server));
  port.arrived.notify();
}

void SimNetwork::send(SimSocket& from, std::vector<std::uint8_t> data) {
  from.out->unread += data.size();
  push(from.out, std::move(data));
}

void SimNetwork::push(const std::shared_ptr<SimPipe>& pipe, std::vector<std::uint8_t> data) {
  MonoTime arrival = schedule_.now() + options_.latency.draw(prng_);
  if (!pipe->on_the_way.empty()) arrival = std::max(arrival, pipe->on_the_way.back().arrival);
  pipe->on_the_way.push_back({std::move(data), arrival});
  if (pipe->on_the_way.size() == 1) expect_head(pipe);
}

void SimNetwork::expect_head(const std::shared_ptr<SimPipe>& pipe) {
  schedule_.at(pipe->on_the_way.front().arrival, id_, "packet", [this, pipe] { arrive(pipe); });
}

void SimNetwork::arrive(const std::shared_ptr<SimPipe>& pipe) {
  if (pipe->broken || pipe->on_the_way.empty() || pipe->from->power_lost) return;
  const int from = pipe->from->node;
  const int to = pipe->to->node;
  if (!is_reachable(from, to)) {
    const MonoTime now = schedule_.now();
    pipe->swallowed_since = std::min(pipe->swallowed_since, now);
    if (now - pipe->swallowed_since >= options_.give_up) {
      pipe->broken = true;
      if (const auto writer = pipe->writer.lock()) reset(*writer);
      return;
    }
    schedule_.at(now + options_.retransmit, id_, "retransmission", [this, pipe] { arrive(pipe); });
    return;
  }
  pipe->swallowed_since = MonoTime::max();
  const auto reader = pipe->reader.lock();
  const bool is_there = reader && !reader->closed && !reader->reset && !pipe->to->power_lost;
  if (!is_there) return refuse(pipe);
  const SimPipe::Chunk chunk = std::move(pipe->on_the_way.front());
  pipe->on_the_way.pop_front();
  if (chunk.data.empty()) {
    reader->ended = true;
  } else {
    reader->received.insert(reader->received.end(), chunk.data.begin(), chunk.data.end());
  }
  if (reader->readable) reader->readable->notify();
  if (!pipe->on_the_way.empty()) expect_head(pipe);
}

// Nobody there knows the connection: the host answers with a reset.
void SimNetwork::refuse(const std::shared_ptr<SimPipe>& pipe) {
  pipe->broken = true;
  pipe->on_the_way.clear();
  send_reset(pipe, options_.latency.draw(prng_));
}

// If it does not get through, what is sent again brings another one.
void SimNetwork::send_reset(const std::shared_ptr<SimPipe>& pipe, Duration delay) {
  schedule_.at(schedule_.now() + delay, id_, "reset", [this, pipe] {
    const auto writer = pipe->writer.lock();
    if (!writer || writer->closed || pipe->from->dead) return;
    if (is_reachable(pipe->to->node, pipe->from->node)) return reset(*writer);
    send_reset(pipe, options_.retransmit);
  });
}

void SimNetwork::reset(SimSocket& socket) {
  socket.reset = true;
  socket.received.clear();
  if (socket.out) socket.out->broken = true;
  socket.wake();
}

void SimNetwork::acknowledge(const SimSocket& socket, std::size_t size) {
  SimPipe& pipe = *socket.in;
  CHECK(pipe.unread >= size);
  pipe.unread -= size;
  const auto writer = pipe.writer.lock();
  if (writer && writer->writable) writer->writable->notify();
}

void SimNetwork::close(SimSocket& socket) {
  if (std::exchange(socket.closed, true)) return;
  socket.wake();
  if (socket.reset || !socket.out || socket.incarnation->power_lost) return;
  if (socket.received.empty()) {
    push(socket.out, {});
  } else {
    // Bytes that nobody will read: TCP tells the peer so, and drops what it was to send.
    refuse(socket.in);
    socket.out->broken = true;
  }
}

}  // namespace moldau::env
