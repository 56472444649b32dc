#include <algorithm>

#include "base/check.h"
#include "env/sim/sim_disk.h"

namespace moldau::env {

namespace {
constexpr std::uint64_t damage_context_bytes = 64;
}  // namespace

SimDiskState::SimDiskState(Schedule& schedule, const std::string& node,
                           const SimDiskOptions& options)
    : schedule_(schedule),
      id_(trace_id(node + "/disk")),
      options_(options),
      prng_(schedule.chance_of(node + "/disk")),
      root_(std::make_shared<SimInode>()) {
  root_->is_directory = true;
}

void SimDiskState::fail_next(DiskOp op, std::string path_part) {
  faults_.push_back({op, std::move(path_part), Duration(0)});
}

void SimDiskState::stall_next(DiskOp op, Duration duration, std::string path_part) {
  CHECK(duration > Duration(0));
  faults_.push_back({op, std::move(path_part), duration});
}

void SimDiskState::slow_down(MonoTime until, Duration extra) {
  slow_until_ = until;
  slow_extra_ = extra;
}

void SimDiskState::after_operations(std::uint64_t n, std::function<void()> call) {
  CHECK(n > 0);
  call_after_ = operations_ + n;
  call_ = std::move(call);
}

bool SimDiskState::flip_bit(const std::string& path, std::uint64_t position, int bit) {
  const auto inode = find(path);
  if (!inode || inode->is_directory || position >= inode->image.size()) return false;
  inode->image.flip_bit(position, bit);
  return true;
}

std::optional<DiskDamage> SimDiskState::damage(const std::string& path, std::uint64_t position,
                                               Bytes bytes) {
  const auto inode = find(path);
  if (!inode || inode->is_directory || inode->image.is_dirty()) return std::nullopt;
  const auto& durable = inode->image.durable();
  if (position + bytes.size() > durable.size()) return std::nullopt;
  // With what is around it: one byte alone may be the same by chance when it is written anew.
  const auto from = position - std::min(position, damage_context_bytes);
  const auto to =
      std::min<std::uint64_t>(durable.size(), position + bytes.size() + damage_context_bytes);
  const auto was = std::span(durable).subspan(from, to - from);
  DiskDamage damage{.path = path,
                    .inode = inode,
                    .position = from,
                    .was = {was.begin(), was.end()},
                    .is = {was.begin(), was.end()}};
  std::ranges::copy(bytes, damage.is.begin() + static_cast<std::ptrdiff_t>(position - from));
  inode->image.overwrite(bytes, position);
  return damage;
}

bool SimDiskState::mend(const DiskDamage& damage) {
  auto& image = damage.inode->image;
  if (!image.holds(damage.is, damage.position)) return false;
  image.overwrite(damage.was, damage.position);
  return true;
}

std::vector<std::string> SimDiskState::files() const {
  std::vector<std::string> paths;
  const auto collect = [&paths](const auto& self, const SimInode& directory,
                                const std::string& path) -> void {
    for (const auto& [name, inode] : directory.entries) {
      const std::string full = path + "/" + name;
      if (inode->is_directory) self(self, *inode, full);
      if (!inode->is_directory) paths.push_back(full);
    }
  };
  collect(collect, *root_, "");
  return paths;
}

const std::vector<std::uint8_t>* SimDiskState::durable(const std::string& path) const {
  const auto inode = find(path);
  return inode && !inode->is_directory ? &inode->image.durable() : nullptr;
}

const Latency& SimDiskState::latency(DiskOp op) const {
  switch (op) {
    case DiskOp::write:
      return options_.write;
    case DiskOp::read:
      return options_.read;
    case DiskOp::cached_read:
      return options_.cached_read;
    case DiskOp::sync:
    case DiskOp::sync_names:
    case DiskOp::sync_all:
      return options_.sync;
    case DiskOp::truncate:
    case DiskOp::names:
      break;
  }
  return options_.names;
}

std::uint64_t SimDiskState::error_rate(DiskOp op) const {
  switch (op) {
    case DiskOp::write:
      return options_.write_errors_per_million;
    case DiskOp::read:
      return options_.read_errors_per_million;
    case DiskOp::sync:
    case DiskOp::sync_names:
    case DiskOp::sync_all:
      return options_.sync_errors_per_million;
    default:
      return 0;
  }
}

SimDiskState::Outcome SimDiskState::begin(DiskOp op, const std::string& path) {
  schedule_.trace(id_, trace_id(path), static_cast<std::uint64_t>(op));
  schedule_.block(latency(op).draw(prng_));
  if (schedule_.now() < slow_until_) schedule_.block(slow_extra_);
  const auto planned = std::ranges::find_if(faults_, [&](const Fault& fault) {
    return fault.op == op && path.find(fault.path_part) != std::string::npos;
  });
  Outcome outcome = prng_.chance(error_rate(op)) ? Outcome::failed : Outcome::good;
  if (planned != faults_.end()) {
    if (planned->stall > Duration(0)) {
      schedule_.block(planned->stall);
    } else {
      outcome = Outcome::failed;
    }
    faults_.erase(planned);
  }
  return outcome;
}

void SimDiskState::end() {
  if (++operations_ == call_after_) std::exchange(call_, nullptr)();
}

WallMs SimDiskState::wall() const {
  return WallMs{sim_wall_start.value + to_ms(schedule_.since_start())};
}

std::shared_ptr<SimInode> SimDiskState::find(const std::string& path) const {
  std::shared_ptr<SimInode> inode = root_;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    const auto next = inode->entries.find(part);
    if (next == inode->entries.end()) return nullptr;
    inode = next->second;
  }
  return inode;
}

void SimDiskState::change_names(NameChange change) {
  apply(change, &SimInode::entries);
  name_changes_.push_back(std::move(change));
}

// Takes a name away only from the file that it was taken from: after a crash or a sync of one
// directory the changes before this one may be missing.
void SimDiskState::apply(const NameChange& change,
                         std::map<std::string, std::shared_ptr<SimInode>> SimInode::* names) {
  if (change.from) {
    auto& from = (*change.from).*names;
    const auto old = from.find(change.from_name);
    if (old != from.end() && old->second == change.inode) from.erase(old);
  }
  if (change.to) ((*change.to).*names)[change.to_name] = change.inode;
}

// Of one directory, or of all (null).
void SimDiskState::sync_names(const SimInode* directory) {
  std::erase_if(name_changes_, [&](const NameChange& change) {
    const SimInode* const owner = change.to ? change.to.get() : change.from.get();
    if (directory != nullptr && owner != directory) return false;
    apply(change, &SimInode::durable);
    return true;
  });
}

void SimDiskState::crash() {
  // A journal keeps a prefix of the changes; a file system without one, any of them.
  const bool in_order = prng_.chance(500'000);
  const std::uint64_t end = prng_.below(name_changes_.size() + 1);
  for (std::uint64_t i = 0; i < name_changes_.size(); ++i) {
    const bool kept = in_order ? i < end : prng_.chance(500'000);
    if (!kept) continue;
    // A file is never left under two names: a kept rename undoes the places it had before.
    for (std::uint64_t j = 0; j < i; ++j) {
      const NameChange& earlier = name_changes_[j];
      if (earlier.inode == name_changes_[i].inode && earlier.from) {
        apply({earlier.from, earlier.from_name, nullptr, "", earlier.inode}, &SimInode::durable);
      }
    }
    apply(name_changes_[i], &SimInode::durable);
  }
  name_changes_.clear();
  used_bytes_ = 0;
  settle_tree(*root_);
  release_locks();
  faults_.clear();
  slow_until_ = MonoTime{};
  call_after_ = 0;
  schedule_.trace(id_, trace_id("crash"), used_bytes_);
}

void SimDiskState::settle_tree(SimInode& directory) {
  directory.entries = directory.durable;
  for (const auto& [name, inode] : directory.entries) {
    inode->is_linked = true;
    if (inode->is_directory) {
      settle_tree(*inode);
    } else {
      inode->image.crash(prng_);
      used_bytes_ += inode->image.size();
    }
  }
}

void SimDiskState::sync_tree(SimInode& directory) {
  for (const auto& [name, inode] : directory.entries) {
    if (inode->is_directory) {
      sync_tree(*inode);
    } else if (inode->image.is_dirty()) {
      inode->image.sync();
    }
  }
}

void SimDiskState::unlink(SimInode& inode) {
  if (std::exchange(inode.is_linked, false)) used_bytes_ -= inode.image.size();
}

}  // namespace moldau::env
