#pragma once

#include <fmt/format.h>

#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>

namespace moldau {

/// A number that is not interchangeable with numbers of another meaning. No implicit conversion,
/// and no arithmetic except what the concrete type adds. Same layout as Rep, so the wire codec
/// treats it as Rep.
template <class Tag, std::integral Rep_>
class Id {
 public:
  using Rep = Rep_;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 protected:
  Rep value_{0};
};

/// A position in a partition log. Offsets differ by a plain count of records. Sums wrap around, as
/// in Java: a batch that comes from outside, or is damaged, may name any numbers.
class Offset : public Id<Offset, std::int64_t> {
 public:
  using Id::Id;
  constexpr Offset operator+(std::int64_t count) const {
    return Offset(static_cast<std::int64_t>(bits(value_) + bits(count)));
  }
  constexpr Offset operator-(std::int64_t count) const {
    return Offset(static_cast<std::int64_t>(bits(value_) - bits(count)));
  }
  constexpr std::int64_t operator-(Offset other) const {
    return static_cast<std::int64_t>(bits(value_) - bits(other.value_));
  }
  constexpr Offset& operator+=(std::int64_t count) { return *this = *this + count; }
  constexpr Offset& operator++() { return *this += 1; }

 private:
  static constexpr std::uint64_t bits(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
  }
};

/// An id with a successor: epochs and sequence-like counters.
template <class Tag, std::integral Rep_>
class Epoch : public Id<Tag, Rep_> {
 public:
  using Id<Tag, Rep_>::Id;
  constexpr Tag next() const { return Tag(static_cast<Rep_>(this->value_ + 1)); }
};

/// Epoch of a partition's leader; -1 means unknown.
class LeaderEpoch : public Epoch<LeaderEpoch, std::int32_t> {
 public:
  using Epoch::Epoch;
};
/// Version of a partition's state in the controller, bumped by every PartitionChange.
class PartitionEpoch : public Epoch<PartitionEpoch, std::int32_t> {
 public:
  using Epoch::Epoch;
};
/// Registration epoch of a broker: the offset of its RegisterBrokerRecord; -1 means unknown.
class BrokerEpoch : public Epoch<BrokerEpoch, std::int64_t> {
 public:
  using Epoch::Epoch;
};
class ProducerEpoch : public Epoch<ProducerEpoch, std::int16_t> {
 public:
  using Epoch::Epoch;
};
class PartitionId : public Id<PartitionId, std::int32_t> {
 public:
  using Id::Id;
};
/// A broker or controller; -1 means none.
class NodeId : public Id<NodeId, std::int32_t> {
 public:
  using Id::Id;
};
/// An idempotent or transactional producer; -1 means none.
class ProducerId : public Id<ProducerId, std::int64_t> {
 public:
  using Id::Id;
};

/// Any of the above, and what else derives from Id.
template <class T>
concept StrongId = requires {
  typename T::Rep;
  requires std::integral<typename T::Rep>;
  requires sizeof(T) == sizeof(typename T::Rep);
  requires requires(T t) {
    { t.value() } -> std::same_as<typename T::Rep>;
  };
};

inline constexpr Offset no_offset{-1};
inline constexpr LeaderEpoch no_leader_epoch{-1};
inline constexpr NodeId no_node{-1};
inline constexpr ProducerId no_producer_id{-1};
inline constexpr ProducerEpoch no_producer_epoch{-1};

}  // namespace moldau

template <moldau::StrongId T>
struct std::hash<T> {
  std::size_t operator()(T id) const noexcept { return std::hash<typename T::Rep>{}(id.value()); }
};

template <moldau::StrongId T>
struct fmt::formatter<T> : fmt::formatter<typename T::Rep> {
  template <class Context>
  auto format(T id, Context& context) const {
    return fmt::formatter<typename T::Rep>::format(id.value(), context);
  }
};
