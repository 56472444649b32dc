#include "env/sim/sim_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "env/sim/sim_file.h"

namespace moldau::env {

namespace {

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

std::unexpected<Error> failed(int error, const char* call, const std::string& path) {
  return fail_os(error, fmt::format("{} {}", call, path));
}

}  // namespace

class SimFileSystem final : public FileSystem {
 public:
  SimFileSystem(SimDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  Result<> sync() override { return disk_.sync_all(path_); }

 private:
  SimDisk& disk_;
  const std::string path_;
};

class SimDirLock final : public DirLock {
 public:
  SimDirLock(std::shared_ptr<Incarnation> incarnation, SimDiskState& disk, std::string path)
      : incarnation_(std::move(incarnation)), disk_(disk), path_(std::move(path)) {}
  // After the death of its node the lock was released already, and may be the next life's.
  ~SimDirLock() override {
    if (!incarnation_->dead) disk_.locks_.erase(path_);
  }

 private:
  std::shared_ptr<Incarnation> incarnation_;
  SimDiskState& disk_;
  const std::string path_;
};

/// A name in a directory, there or not.
struct SimDisk::Place {
  std::shared_ptr<SimInode> directory;
  std::string name;
  std::shared_ptr<SimInode> inode;  // null: no such name
};

Result<> SimDisk::begin(DiskOp op, const std::string& path) {
  if (incarnation_->dead) return fail(Errc::cancelled, path);
  if (state_.begin(op, path) == SimDiskState::Outcome::failed) return failed(EIO, "disk", path);
  return {};
}

Result<> SimDisk::end() {
  state_.end();
  if (incarnation_->dead) return fail(Errc::cancelled);
  return {};
}

Result<SimDisk::Place> SimDisk::locate(const std::string& path) {
  std::vector<std::string> parts = split(path);
  if (parts.empty()) return Place{nullptr, "", state_.root_};
  Place place{state_.root_, parts.back(), nullptr};
  parts.pop_back();
  for (const std::string& part : parts) {
    const auto next = place.directory->entries.find(part);
    if (next == place.directory->entries.end()) return failed(ENOENT, "find", path);
    if (!next->second->is_directory) return failed(ENOTDIR, "find", path);
    place.directory = next->second;
  }
  const auto found = place.directory->entries.find(place.name);
  if (found != place.directory->entries.end()) place.inode = found->second;
  return place;
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  TRY(begin(DiskOp::names, path));
  Place place = TRY(locate(path));
  const bool may_create = mode == OpenMode::create || mode == OpenMode::create_new;
  if (!place.inode) {
    if (!may_create) return failed(ENOENT, "open", path);
    if (state_.used_bytes_ >= state_.options_.capacity_bytes) return failed(ENOSPC, "open", path);
    place.inode = std::make_shared<SimInode>();
    state_.change_names({nullptr, "", place.directory, place.name, place.inode});
  } else if (mode == OpenMode::create_new) {
    return failed(EEXIST, "open", path);
  } else if (place.inode->is_directory) {
    return failed(EISDIR, "open", path);
  }
  TRY(end());
  return std::make_unique<SimFile>(incarnation_, state_, place.inode, path, mode);
}

Result<std::vector<DirEntry>> SimDisk::list(const std::string& directory) {
  TRY(begin(DiskOp::names, directory));
  const Place place = TRY(locate(directory));
  if (!place.inode) return failed(ENOENT, "opendir", directory);
  if (!place.inode->is_directory) return failed(ENOTDIR, "opendir", directory);
  std::vector<DirEntry> entries;
  for (const auto& [name, inode] : place.inode->entries) {
    entries.push_back({name, inode->is_directory});
  }
  TRY(end());
  return entries;
}

Result<bool> SimDisk::exists(const std::string& path) {
  TRY(begin(DiskOp::names, path));
  const bool found = state_.find(path) != nullptr;
  TRY(end());
  return found;
}

Result<> SimDisk::make_directory(const std::string& path) {
  TRY(begin(DiskOp::names, path));
  const Place place = TRY(locate(path));
  if (place.inode) return failed(EEXIST, "mkdir", path);
  auto inode = std::make_shared<SimInode>();
  inode->is_directory = true;
  state_.change_names({nullptr, "", place.directory, place.name, std::move(inode)});
  return end();
}

Result<> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(begin(DiskOp::names, from));
  const Place source = TRY(locate(from));
  const Place target = TRY(locate(to));
  const std::string both = from + " to " + to;
  if (!source.inode) return failed(ENOENT, "rename", both);
  if (source.inode == target.inode) return end();
  if (target.inode) {
    if (target.inode->is_directory != source.inode->is_directory) {
      return failed(target.inode->is_directory ? EISDIR : ENOTDIR, "rename", both);
    }
    if (!target.inode->entries.empty()) return failed(ENOTEMPTY, "rename", both);
    state_.unlink(*target.inode);
  }
  state_.change_names({source.directory, source.name, target.directory, target.name, source.inode});
  return end();
}

Result<> SimDisk::remove(const std::string& path, bool is_directory) {
  TRY(begin(DiskOp::names, path));
  const Place place = TRY(locate(path));
  const char* const call = is_directory ? "rmdir" : "unlink";
  if (!place.inode) return failed(ENOENT, call, path);
  if (place.inode->is_directory != is_directory) {
    return failed(is_directory ? ENOTDIR : EISDIR, call, path);
  }
  if (!place.inode->entries.empty()) return failed(ENOTEMPTY, call, path);
  state_.unlink(*place.inode);
  state_.change_names({place.directory, place.name, nullptr, "", place.inode});
  return end();
}

Result<> SimDisk::remove_file(const std::string& path) {
  return remove(path, false);
}

Result<> SimDisk::remove_directory(const std::string& path) {
  return remove(path, true);
}

Result<> SimDisk::sync_directory(const std::string& path) {
  TRY(begin(DiskOp::sync_names, path));
  const auto inode = state_.find(path);
  if (!inode) return failed(ENOENT, "open", path);
  if (!inode->is_directory) return failed(ENOTDIR, "open", path);
  state_.sync_names(inode.get());
  return end();
}

Result<std::unique_ptr<FileSystem>> SimDisk::file_system(const std::string& path) {
  if (incarnation_->dead) return fail(Errc::cancelled, path);
  if (!state_.find(path)) return failed(ENOENT, "open", path);
  return std::make_unique<SimFileSystem>(*this, path);
}

Result<> SimDisk::sync_all(const std::string& path) {
  TRY(begin(DiskOp::sync_all, path));
  if (!state_.find(path)) return failed(ENOENT, "open", path);
  state_.sync_names(nullptr);
  state_.sync_tree(*state_.root_);
  return end();
}

Result<Space> SimDisk::space(const std::string& path) {
  if (incarnation_->dead) return fail(Errc::cancelled, path);
  if (!state_.find(path)) return failed(ENOENT, "statvfs", path);
  const std::uint64_t capacity = state_.options_.capacity_bytes;
  return Space{.total_bytes = capacity,
               .free_bytes = capacity - std::min(capacity, state_.used_bytes_)};
}

Result<std::unique_ptr<DirLock>> SimDisk::lock(const std::string& path) {
  TRY(open(path, OpenMode::create));
  if (!state_.locks_.insert(path).second) return fail(Errc::locked, path);
  return std::make_unique<SimDirLock>(incarnation_, state_, path);
}

}  // namespace moldau::env
