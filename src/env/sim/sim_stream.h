#pragma once

#include <memory>

#include "env/sim/network.h"
#include "env/transport.h"

namespace moldau::env {

/// A simulated connection as a program sees it.
class SimStream final : public Stream {
 public:
  SimStream(std::shared_ptr<SimSocket> socket, SimNetwork& network, Worker& worker);
  ~SimStream() override { close(); }

  Task<Result<std::size_t>> read_some(MutBytes into) override;
  Result<std::size_t> try_read(MutBytes into) override;
  Task<Result<>> write(std::span<const Bytes> pieces, More more) override;
  Task<Result<std::uint64_t>> send_file(const File& file, std::uint64_t position,
                                        std::uint64_t length) override;
  void close() override;
  Endpoint local() const override { return socket_->local; }
  Endpoint remote() const override { return socket_->remote; }

 private:
  Result<> check() const;
  std::size_t take(MutBytes into);
  Task<Result<std::size_t>> wait_for_room();

  std::shared_ptr<SimSocket> socket_;
  SimNetwork& network_;
};

class SimListener final : public Listener {
 public:
  SimListener(std::shared_ptr<SimPort> port, SimNetwork& network)
      : port_(std::move(port)), network_(network) {}
  ~SimListener() override { close(); }

  Task<Result<std::unique_ptr<Stream>>> accept(const std::function<Worker&()>& choose) override;
  Endpoint local() const override { return port_->local; }
  void close() override;

 private:
  std::shared_ptr<SimPort> port_;
  SimNetwork& network_;
};

}  // namespace moldau::env
