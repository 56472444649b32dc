#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/broker_host.h"

namespace moldau::sim {

/// Damages what the broker's disk has for certain: one bit, or a sector that holds what belongs
/// elsewhere. Knows all that it did, says what a client may notice of it, and puts it right.
///
/// What nothing in Kafka's files can tell is not tried: another base offset or leader epoch of a
/// batch, which no checksum covers, a digit for a digit in a text file without one, and another
/// log's producer snapshot; nor both copies of a snapshot.
class Damage {
 public:
  enum class When : std::uint8_t {
    down,     ///< everything, while the machine is down
    running,  ///< files that nobody writes
  };

  Damage(env::SimWorld& world, BrokerHost& host, History& history)
      : world_(world), host_(host), history_(history) {}

  /// At one place, by chance; nothing if there is none.
  void strike(std::uint64_t chance, When when);
  bool is_any() const { return !done_.empty(); }
  /// Puts back whatever is still there. While the machine is down.
  void mend();

 private:
  enum class Kind : std::uint8_t { log, index, snapshot, text, root, metadata };
  struct Target {
    std::string path;
    std::string directory;  // its name, without the path
    std::string name;
    Kind kind{};
  };
  struct Place {
    std::uint64_t position{0};
    std::uint64_t size{0};               // to choose a byte from
    std::optional<Offset> intact_below;  // what is from here on may be cut
  };

  std::vector<Target> targets(When when) const;
  std::optional<Place> choose_batch(const Target& target, Prng& prng) const;
  std::optional<Offset> recovery_point(const Target& target) const;
  std::vector<std::uint8_t> foreign_bytes(const Target& target, const std::vector<Target>& all,
                                          std::size_t size, Prng& prng) const;
  bool hit(const Target& target, const Place& place, const std::vector<Target>& all, Prng& prng);
  std::optional<PartitionRef> partition_of(const Target& target) const;

  env::SimWorld& world_;
  BrokerHost& host_;
  History& history_;
  std::vector<env::DiskDamage> done_;
  std::set<std::string> hurt_snapshots_;  ///< "t-0/OFFSET", of which there are two
};

}  // namespace moldau::sim
