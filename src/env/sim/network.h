#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "env/signal.h"
#include "env/sim/incarnation.h"
#include "env/transport.h"

namespace moldau::env {

struct SimSocket;

/// One direction of a connection: what was written and is not yet read, part of it on the way.
/// Lives on after the writer has closed, until all has arrived.
struct SimPipe {
  struct Chunk {
    std::vector<std::uint8_t> data;  ///< empty: the writer's end
    MonoTime arrival;
  };
  std::shared_ptr<Incarnation> from;
  std::shared_ptr<Incarnation> to;
  std::weak_ptr<SimSocket> writer;
  std::weak_ptr<SimSocket> reader;
  std::deque<Chunk> on_the_way;
  std::size_t unread{0};                      ///< bytes, on the way or received
  MonoTime swallowed_since{MonoTime::max()};  ///< the head's first lost transmission
  bool broken{false};
};

/// One end of a simulated connection. Owned by its stream, or by the listener's queue until it is
/// accepted.
struct SimSocket {
  std::shared_ptr<Incarnation> incarnation;
  Endpoint local;
  Endpoint remote;
  std::shared_ptr<SimPipe> in;
  std::shared_ptr<SimPipe> out;
  std::deque<std::uint8_t> received;
  bool ended{false};   ///< the peer has closed: after `received` comes the end
  bool reset{false};   ///< by the peer or the network
  bool closed{false};  ///< by us

  // Once it lives on a worker.
  std::unique_ptr<Signal> readable;
  std::unique_ptr<Signal> writable;
  void wake() const {
    if (readable) readable->notify();
    if (writable) writable->notify();
  }
};

/// A listening port. Owned by its SimListener.
struct SimPort {
  explicit SimPort(Worker& home) : arrived(home) {}
  std::shared_ptr<Incarnation> incarnation;
  Endpoint local;
  bool only_loopback{false};
  std::deque<std::shared_ptr<SimSocket>> backlog;
  Signal arrived;
  bool closed{false};
};

/// All hosts and what is on the way between them. Streams are TCP's: bytes arrive in order or the
/// connection is reset, a cut link or a dead host swallows and the sender retransmits. Connections
/// overtake each other.
class SimNetwork {
 public:
  SimNetwork(Schedule& schedule, const SimNetworkOptions& options);

  // Faults. Nodes by index; what is sent while a link is cut arrives after it has healed, unless
  // the sender gives up before.
  void cut(int from, int to) { cut_.insert({from, to}); }
  void heal(int from, int to) { cut_.erase({from, to}); }
  void isolate(int node);
  void heal_all() { cut_.clear(); }
  /// Resets every connection between the two nodes, at both ends at once.
  void reset_connections(int a, int b);
  /// Resets one open connection, chosen by the seed. False if there is none.
  bool reset_one();
  SimNetworkOptions& options() { return options_; }

  // For nodes.
  void add_host(int node, const std::string& name);
  static std::string address_of(int node);
  void node_up(int node) { up_.insert(node); }
  void node_down(int node) { up_.erase(node); }
  void close_ports(int node);
  /// What a kernel does for a process that has ended.
  void close_all(const Incarnation& incarnation);

  // For transports.
  std::optional<int> host(const std::string& name, int asking) const;
  Result<std::shared_ptr<SimPort>> listen(const std::shared_ptr<Incarnation>& incarnation,
                                          const Endpoint& endpoint, Worker& worker);
  void unlisten(SimPort& port);
  struct Connecting;
  void connect(const std::shared_ptr<Connecting>& connecting);
  void send(SimSocket& from, std::vector<std::uint8_t> data);
  /// `size` bytes were read at `socket`: the peer may write as many more.
  static void acknowledge(const SimSocket& socket, std::size_t size);
  void close(SimSocket& socket);
  std::uint16_t ephemeral_port();
  bool short_read() { return prng_.chance(options_.short_reads_per_million); }
  std::uint64_t below(std::uint64_t bound) { return prng_.below(bound); }

 private:
  bool is_cut(int from, int to) const { return cut_.contains({from, to}); }
  bool is_reachable(int from, int to) const;
  void push(const std::shared_ptr<SimPipe>& pipe, std::vector<std::uint8_t> data);
  void expect_head(const std::shared_ptr<SimPipe>& pipe);
  void arrive(const std::shared_ptr<SimPipe>& pipe);
  void refuse(const std::shared_ptr<SimPipe>& pipe);
  void send_reset(const std::shared_ptr<SimPipe>& pipe, Duration delay);
  static void reset(SimSocket& socket);
  std::vector<std::shared_ptr<SimSocket>> open_sockets();
  void arrive_syn(const std::shared_ptr<Connecting>& connecting);
  void establish(Connecting& connecting, SimPort& port);

  Schedule& schedule_;
  SimNetworkOptions options_;
  Prng prng_;
  const std::uint64_t id_;
  std::map<std::string, int> hosts_;
  std::set<int> up_;  // hosts that answer
  std::map<std::pair<int, std::uint16_t>, SimPort*> ports_;
  std::set<std::pair<int, int>> cut_;
  std::vector<std::weak_ptr<SimSocket>> sockets_;  // in order of their making
  std::uint16_t next_port_{32768};
};

/// A connection attempt: shared by the task that waits for it and what is on the way.
struct SimNetwork::Connecting {
  explicit Connecting(Worker& home) : done(home) {}
  std::shared_ptr<Incarnation> incarnation;
  int target{0};
  std::uint16_t port{0};
  bool via_loopback{false};
  std::shared_ptr<SimSocket> socket;  // of the asking side
  std::optional<Result<>> outcome;
  bool abandoned{false};
  Signal done;
};

/// The network as one incarnation of a node sees it.
class SimTransport final : public Transport {
 public:
  SimTransport(std::shared_ptr<Incarnation> incarnation, SimNetwork& network)
      : incarnation_(std::move(incarnation)), network_(network) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& endpoint, Worker& worker) override;
  Task<Result<std::unique_ptr<Stream>>> connect(const Endpoint& endpoint, Worker& worker,
                                                MonoTime deadline) override;

 private:
  std::shared_ptr<Incarnation> incarnation_;
  SimNetwork& network_;
};

}  // namespace moldau::env
