#include "sim/damage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/endian.h"
#include "env/sim/inode.h"
#include "records/batch.h"
#include "storage/checkpoints.h"
#include "storage/file_names.h"

namespace moldau::sim {

namespace {

constexpr std::uint64_t astray_per_million = 300'000;
constexpr std::uint64_t above_point_per_million = 200'000;
// The first bytes of a batch: base offset, size, leader epoch; what has no checksum is left out.
constexpr std::uint64_t size_at = 8;
constexpr std::uint64_t epoch_at = 12;
constexpr std::uint64_t magic_at = 16;
// Makes a letter of a digit, and of a letter what is none.
constexpr std::uint8_t text_bit = 0x80;
constexpr int tries_max = 8;

std::string_view file_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view parent_of(std::string_view path) {
  return path.substr(0, path.rfind('/'));
}

bool is_of_partition(std::string_view name) {
  return name == storage::leader_epoch_file || name == storage::partition_metadata_file;
}

/// Text without a checksum.
bool is_plain_text(std::string_view name) {
  return name == storage::leader_epoch_file || name == storage::meta_properties_file;
}

bool is_of_root(std::string_view name) {
  return name == storage::recovery_point_file || name == storage::high_watermark_file ||
         name == storage::log_start_file || name == storage::clean_offset_file ||
         name == storage::meta_properties_file;
}

}  // namespace

/// Files of partitions that stay, and those beside them.
std::vector<Damage::Target> Damage::targets(When when) const {
  const auto paths = host_.node().disk().files();
  std::map<std::string, Offset> active;  // the last segment, by directory
  for (const std::string& path : paths) {
    const auto file = storage::parse_segment_file_name(file_of(path));
    if (!file || file->suffix != storage::log_suffix) continue;
    Offset& last = active[std::string(parent_of(path))];
    last = std::max(last, file->base);
  }
  std::vector<Target> found;
  for (const std::string& path : paths) {
    Target target{.path = path,
                  .directory = std::string(file_of(parent_of(path))),
                  .name = std::string(file_of(path))};
    const auto segment = storage::parse_segment_file_name(target.name);
    const auto directory = storage::parse_partition_directory(target.directory);
    const bool is_live = directory && directory->kind == storage::DirectoryKind::live;
    if (target.directory == "__cluster_metadata-0") {
      target.kind = Kind::metadata;
      if (when == When::running || !(segment || target.name.ends_with(".checkpoint"))) continue;
    } else if (is_live && segment) {
      const bool is_active = active[std::string(parent_of(path))] == segment->base;
      if (when == When::running && is_active) continue;
      const bool is_snapshot = segment->suffix == storage::snapshot_suffix ||
                               segment->suffix == storage::snapshot_copy_suffix;
      target.kind = segment->suffix == storage::log_suffix ? Kind::log
                    : is_snapshot                          ? Kind::snapshot
                                                           : Kind::index;
    } else if (is_live && is_of_partition(target.name)) {
      target.kind = Kind::text;
    } else if (is_of_root(target.name)) {
      target.kind = Kind::root;
    } else {
      continue;
    }
    found.push_back(std::move(target));
  }
  return found;
}

void Damage::strike(std::uint64_t chance, When when) {
  Prng prng(chance);
  const auto all = targets(when);
  constexpr Kind kinds[] = {Kind::log,   Kind::log,      Kind::log,      Kind::log,
                            Kind::index, Kind::index,    Kind::index,    Kind::text,
                            Kind::root,  Kind::snapshot, Kind::snapshot, Kind::metadata};
  for (int i = 0; i < tries_max; ++i) {
    const Kind kind = kinds[prng.below(std::size(kinds))];
    std::vector<const Target*> some;
    for (const Target& target : all) {
      if (target.kind == kind) some.push_back(&target);
    }
    if (some.empty()) continue;
    const Target& target = *some[prng.below(some.size())];
    const bool has_batches = target.name.ends_with(storage::log_suffix);
    const auto* const bytes = host_.node().disk().durable(target.path);
    if (bytes == nullptr || bytes->empty()) continue;
    const auto place = has_batches ? choose_batch(target, prng)
                                   : std::optional(Place{0, bytes->size(), std::nullopt});
    if (place && hit(target, *place, all, prng)) return;
  }
}

/// Below the recovery point, as far as there is one: there it must never be cut. Of the broker's
/// own logs only there.
std::optional<Damage::Place> Damage::choose_batch(const Target& target, Prng& prng) const {
  const Offset point = recovery_point(target).value_or(Offset(0));
  const Bytes bytes = *host_.node().disk().durable(target.path);
  std::vector<Place> below;
  std::vector<Place> above;
  for (std::uint64_t position = 0; position < bytes.size();) {
    const auto frame = records::peek_frame(bytes.subspan(position));
    if (!frame || position + frame->size > bytes.size()) break;
    const Offset base(load_be<std::int64_t>(bytes.data() + position));
    if (base < point) {
      below.push_back({position, frame->size, std::nullopt});
    } else {
      above.push_back({position, frame->size, base});
    }
    position += frame->size;
  }
  const bool is_own = target.directory.starts_with("__");
  const bool takes_above =
      !is_own && !above.empty() && (below.empty() || prng.chance(above_point_per_million));
  const auto& from = takes_above ? above : below;
  if (from.empty()) return std::nullopt;
  return from[prng.below(from.size())];
}

std::optional<Offset> Damage::recovery_point(const Target& target) const {
  const std::string root(parent_of(parent_of(target.path)));
  const auto* const file =
      host_.node().disk().durable(fmt::format("{}/{}", root, storage::recovery_point_file));
  if (file == nullptr) return std::nullopt;
  const auto points =
      storage::parse_offset_checkpoint(as_text(*file), storage::recovery_point_file);
  const auto directory = storage::parse_partition_directory(target.directory);
  if (!points || !directory) return std::nullopt;
  const auto found = points->find(directory->name);
  return found == points->end() ? std::nullopt : std::optional(found->second);
}

/// A sector of another file, as a write that went astray leaves it. Not of a producer snapshot in
/// another one: each is right in itself, and says nothing of whose it is.
std::vector<std::uint8_t> Damage::foreign_bytes(const Target& target,
                                                const std::vector<Target>& all, std::size_t size,
                                                Prng& prng) const {
  std::vector<std::uint8_t> bytes(size);
  const Target& source = all[prng.below(all.size())];
  if (source.kind == Kind::snapshot && target.kind == Kind::snapshot) return bytes;
  const auto* const other = host_.node().disk().durable(source.path);
  if (other == nullptr || other->empty()) return bytes;
  const std::uint64_t sector = prng.below(other->size() / env::sector_bytes + 1);
  const std::uint64_t from = sector * env::sector_bytes;
  for (std::size_t i = 0; i < size && from + i < other->size(); ++i) bytes[i] = (*other)[from + i];
  return bytes;
}

bool Damage::hit(const Target& target, const Place& place, const std::vector<Target>& all,
                 Prng& prng) {
  env::SimDiskState& disk = host_.node().disk();
  const auto& durable = *disk.durable(target.path);
  const bool has_batches = target.name.ends_with(storage::log_suffix);
  std::uint64_t position = place.position + prng.below(place.size);
  const std::uint64_t in_batch = position - place.position;
  if (has_batches && (in_batch < size_at || (in_batch >= epoch_at && in_batch < magic_at))) {
    position = place.position + magic_at + prng.below(place.size - magic_at);
  }
  std::vector<std::uint8_t> bytes;
  const std::uint64_t sector = position / env::sector_bytes * env::sector_bytes;
  // One that begins within the batch, so that no batch is whole in it at a batch's place.
  const bool goes_astray =
      prng.chance(astray_per_million) && (!has_batches || sector > place.position + magic_at);
  if (goes_astray) {
    position = sector;
    bytes = foreign_bytes(target, all, std::min(env::sector_bytes, durable.size() - sector), prng);
  } else {
    const bool is_plain = is_plain_text(target.name);
    const auto bit = static_cast<std::uint8_t>(1U << prng.below(8));
    bytes = {static_cast<std::uint8_t>(durable[position] ^ (is_plain ? text_bit : bit))};
  }
  if (std::ranges::equal(bytes, std::span(durable).subspan(position, bytes.size()))) return false;
  // There are two where one alone knows something.
  // Named without the log directory, which a move changes.
  const std::string both =
      target.kind == Kind::snapshot
          ? fmt::format("{}/{}", target.directory, target.name.substr(0, target.name.rfind('.')))
          : std::string();
  if (hurt_snapshots_.contains(both)) return false;
  const auto where = partition_of(target);
  const bool is_known = where || target.kind == Kind::root || target.directory.starts_with("__");
  if (!is_known) return false;
  auto damage = disk.damage(target.path, position, bytes);
  if (!damage) return false;
  if (target.kind == Kind::root || target.kind == Kind::metadata) host_.excuse_damage(true);
  history_.add(BytesDamaged{
      world_.now(),
      fmt::format("{} of {} at {}", goes_astray ? "a sector" : "a bit", target.path, position),
      where, place.intact_below});
  done_.push_back(*std::move(damage));
  if (target.kind == Kind::snapshot) hurt_snapshots_.insert(both);
  return true;
}

std::optional<PartitionRef> Damage::partition_of(const Target& target) const {
  const auto directory = storage::parse_partition_directory(target.directory);
  if (!directory) return std::nullopt;
  const int topic = history_.catalog().find(directory->name.topic);
  if (topic < 0) return std::nullopt;
  return PartitionRef{topic, directory->name.partition.value()};
}

void Damage::mend() {
  if (done_.empty()) return;
  // The last one first: two may be at one place.
  for (auto damage = done_.rbegin(); damage != done_.rend(); ++damage) {
    static_cast<void>(env::SimDiskState::mend(*damage));
  }
  done_.clear();
  hurt_snapshots_.clear();
  host_.excuse_damage(false);
  history_.add(DamageMended{world_.now()});
}

}  // namespace moldau::sim
