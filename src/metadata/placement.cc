#include "metadata/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace moldau::metadata {
namespace {

/// Brokers of a rack in one state. Within a round (an epoch) each is given out once; the next round
/// starts one further.
class BrokerRing {
 public:
  void add(NodeId id) { brokers_.push_back(id); }
  void initialize(Prng& prng) {
    std::ranges::sort(brokers_);
    if (!brokers_.empty()) offset_ = prng.below(brokers_.size());
  }
  void shuffle(Prng& prng) {
    for (std::size_t i = brokers_.size(); i > 1; --i) {
      std::swap(brokers_[i - 1], brokers_[prng.below(i)]);
    }
  }
  std::optional<NodeId> next(std::size_t epoch) {
    if (brokers_.empty()) return std::nullopt;
    if (epoch_ != epoch) {
      epoch_ = epoch;
      index_ = 0;
      offset_ = (offset_ + 1) % brokers_.size();
    }
    if (index_ >= brokers_.size()) return std::nullopt;
    return brokers_[(index_++ + offset_) % brokers_.size()];
  }

 private:
  std::vector<NodeId> brokers_;
  std::size_t index_{0};
  std::size_t offset_{0};
  std::size_t epoch_{0};
};

struct Rack {
  BrokerRing unfenced;
  BrokerRing fenced;

  std::optional<NodeId> next(std::size_t epoch) {
    if (const auto id = unfenced.next(epoch)) return id;
    return fenced.next(epoch);
  }
};

class Placer {
 public:
  Placer(const std::vector<UsableBroker>& brokers, Prng& prng) : prng_(prng) {
    std::map<std::optional<std::string>, Rack> racks;
    for (const UsableBroker& broker : brokers) {
      Rack& rack = racks[broker.rack];
      (broker.fenced ? rack.fenced : rack.unfenced).add(broker.id);
      if (!broker.fenced) ++unfenced_;
    }
    for (auto& [name, rack] : racks) {
      rack.unfenced.initialize(prng_);
      rack.fenced.initialize(prng_);
      racks_.push_back(std::move(rack));
    }
    if (!racks_.empty()) offset_ = prng_.below(racks_.size());
  }

  std::size_t unfenced() const { return unfenced_; }

  std::vector<NodeId> place(std::int16_t replication_factor) {
    if (epoch_ == unfenced_ && unfenced_ > 1) {
      // All assignments of this order have been given out: another order.
      shuffle();
      epoch_ = 0;
    }
    if (offset_ == racks_.size()) offset_ = 0;
    std::vector<NodeId> replicas;
    std::size_t leader_rack = offset_;
    for (;;) {
      if (const auto leader = racks_[leader_rack].unfenced.next(epoch_)) {
        replicas.push_back(*leader);
        break;
      }
      leader_rack = (leader_rack + 1) % racks_.size();
    }
    std::optional<std::size_t> skip = leader_rack;  // once: it has the leader already
    std::size_t rack = offset_;
    while (replicas.size() < static_cast<std::size_t>(replication_factor)) {
      if (skip == rack) {
        skip.reset();
      } else if (const auto follower = racks_[rack].next(epoch_)) {
        replicas.push_back(*follower);
      }
      rack = (rack + 1) % racks_.size();
    }
    ++epoch_;
    ++offset_;
    return replicas;
  }

 private:
  void shuffle() {
    for (std::size_t i = racks_.size(); i > 1; --i) {
      std::swap(racks_[i - 1], racks_[prng_.below(i)]);
    }
    for (Rack& rack : racks_) {
      rack.unfenced.shuffle(prng_);
      rack.fenced.shuffle(prng_);
    }
  }

  Prng& prng_;
  std::vector<Rack> racks_;
  std::size_t unfenced_{0};
  std::size_t epoch_{0};
  std::size_t offset_{0};
};

}  // namespace

std::expected<std::vector<std::vector<NodeId>>, std::string> place_replicas(
    std::vector<UsableBroker> brokers, std::int32_t partitions, std::int16_t replication_factor,
    Prng& prng) {
  if (replication_factor <= 0) {
    return std::unexpected(
        fmt::format("Invalid replication factor {}: the replication factor must be positive.",
                    replication_factor));
  }
  Placer placer(brokers, prng);
  if (placer.unfenced() == 0) return std::unexpected("All brokers are currently fenced.");
  if (static_cast<std::size_t>(replication_factor) > brokers.size()) {
    return std::unexpected(fmt::format(
        "The target replication factor of {} cannot be reached because only {} broker(s) are "
        "registered.",
        replication_factor, brokers.size()));
  }
  std::vector<std::vector<NodeId>> placed;
  for (std::int32_t i = 0; i < partitions; ++i) placed.push_back(placer.place(replication_factor));
  return placed;
}

}  // namespace moldau::metadata
