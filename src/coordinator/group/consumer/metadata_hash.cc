#include "coordinator/group/consumer/metadata_hash.h"

#include <algorithm>
#include <concepts>
#include <vector>

#include "base/xxh3.h"

namespace moldau::coordinator {
namespace {

constexpr std::uint8_t hash_version = 0;

/// The bytes that hash4j's streams make of values: numbers little-endian, texts as UTF-16 and then
/// how many units.
class HashedBytes {
 public:
  template <std::integral T>
  void put(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }
  void put(std::string_view text) {
    const std::size_t units = put_units(text);
    put(static_cast<std::int32_t>(units));
  }
  /// As put(), after the number of units, which Kafka has a second time.
  void put_with_length(std::string_view text) {
    HashedBytes body;
    const std::size_t units = body.put_units(text);
    put(static_cast<std::int32_t>(units));
    bytes_.insert(bytes_.end(), body.bytes_.begin(), body.bytes_.end());
    put(static_cast<std::int32_t>(units));
  }
  std::uint64_t hash() const { return xxh3_64(bytes_); }

 private:
  /// Valid UTF-8, as names and racks are.
  std::size_t put_units(std::string_view text) {
    const std::size_t before = bytes_.size();
    for (std::size_t at = 0; at < text.size();) {
      const auto lead = static_cast<std::uint8_t>(text[at]);
      const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      std::uint32_t code = length == 1 ? lead : lead & (0xffU >> (length + 1));
      for (std::size_t i = 1; i < length && at + i < text.size(); ++i) {
        code = code << 6 | (static_cast<std::uint8_t>(text[at + i]) & 0x3fU);
      }
      at += length;
      if (code < 0x10000) {
        put(static_cast<std::uint16_t>(code));
      } else {
        put(static_cast<std::uint16_t>(0xd800 + ((code - 0x10000) >> 10)));
        put(static_cast<std::uint16_t>(0xdc00 + ((code - 0x10000) & 0x3ff)));
      }
    }
    return (bytes_.size() - before) / 2;
  }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::uint64_t topic_hash(const TopicInfo& topic, const ClusterTopics& topics) {
  HashedBytes bytes;
  bytes.put(hash_version);
  bytes.put(topic.id.most());
  bytes.put(topic.id.least());
  bytes.put(topic.name);
  bytes.put(topic.partitions);
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
    bytes.put(partition);
    auto racks = topics.racks(topic.id, PartitionId(partition));
    std::ranges::sort(racks);
    for (const std::string& rack : racks) bytes.put_with_length(rack);
  }
  return bytes.hash();
}

std::uint64_t TopicHashes::of(const TopicInfo& topic, const ClusterTopics& topics) {
  const auto found = hashes_.find(topic.name);
  if (found != hashes_.end()) return found->second;
  return hashes_.emplace(topic.name, topic_hash(topic, topics)).first->second;
}

void TopicHashes::forget(std::string_view topic) {
  const auto found = hashes_.find(topic);
  if (found != hashes_.end()) hashes_.erase(found);
}

std::int64_t group_hash(const std::map<std::string_view, std::uint64_t>& topics) {
  if (topics.empty()) return 0;
  HashedBytes bytes;
  for (const auto& [name, hash] : topics) bytes.put(hash);
  return static_cast<std::int64_t>(bytes.hash());
}

}  // namespace moldau::coordinator
