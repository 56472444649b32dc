#include "tests/bench/micro/memory_disk.h"

#include <cerrno>
#include <cstring>

#include "tests/bench/micro/counting.h"

namespace moldau::bench {

namespace {

constexpr std::uint64_t capacity = std::uint64_t{1} << 50;

class MemoryFile final : public env::File {
 public:
  MemoryFile(std::shared_ptr<Inode> inode, std::string path)
      : inode_(std::move(inode)), path_(std::move(path)) {}

  Result<> pwritev(std::span<const Bytes> pieces, std::uint64_t position) override {
    const NotCounted disk;
    for (const auto piece : pieces) {
      put(piece, position);
      position += piece.size();
    }
    return {};
  }
  Result<std::size_t> pread(MutBytes into, std::uint64_t position) override {
    const NotCounted disk;
    if (position >= inode_->size) return std::size_t{0};
    const auto count = std::min<std::uint64_t>(into.size(), inode_->size - position);
    if (position + count > inode_->kept.size()) return fail_os(EIO, "not kept: " + path_);
    std::memcpy(into.data(), inode_->kept.data() + position, count);
    return static_cast<std::size_t>(count);
  }
  Result<std::optional<std::size_t>> pread_cached(MutBytes into, std::uint64_t position) override {
    const auto count = pread(into, position);
    if (!count) return std::unexpected(count.error());
    return std::optional(*count);
  }
  /// The streams here do not send files.
  env::Cached cached(std::uint64_t, std::uint64_t) const override { return env::Cached::unknown; }
  Result<> load(std::uint64_t, std::uint64_t) const override { return {}; }
  Result<> datasync() override { return {}; }
  Result<> truncate(std::uint64_t size) override {
    inode_->size = size;
    inode_->kept.resize(std::min(size, Inode::kept_bytes_max));
    return {};
  }
  Result<std::uint64_t> size() const override { return inode_->size; }
  Result<WallMs> modified() const override { return WallMs{}; }
  Result<> set_modified(WallMs) override { return {}; }
  Result<> reserve(std::uint64_t) override { return {}; }
  void reserve_ahead(std::uint64_t, std::uint64_t) override {}
  Result<bool> has_room_ahead() const override { return false; }
  Result<> write_back(std::uint64_t, std::uint64_t) override { return {}; }
  Result<> drop_cached(std::uint64_t, std::uint64_t) override { return {}; }
  const std::string& path() const override { return path_; }
  int native_handle() const override { return -1; }

 private:
  void put(Bytes bytes, std::uint64_t position) {
    inode_->size = std::max(inode_->size, position + bytes.size());
    const auto end = std::min(inode_->size, Inode::kept_bytes_max);
    if (inode_->kept.size() < end) inode_->kept.resize(end);
    if (position >= end || bytes.empty()) return;
    const auto count = std::min<std::uint64_t>(bytes.size(), end - position);
    std::memcpy(inode_->kept.data() + position, bytes.data(), count);
  }

  const std::shared_ptr<Inode> inode_;
  const std::string path_;
};

class MemoryFileSystem final : public env::FileSystem {
 public:
  Result<> sync() override { return {}; }
};

class MemoryLock final : public env::DirLock {};

std::shared_ptr<Inode> new_inode(bool is_directory) {
  auto inode = std::make_shared<Inode>();
  inode->is_directory = is_directory;
  return inode;
}

}  // namespace

MemoryDisk::MemoryDisk() {
  inodes_["/"] = new_inode(true);
}

Result<std::unique_ptr<env::File>> MemoryDisk::open(const std::string& path, env::OpenMode mode) {
  const NotCounted disk;
  auto& inode = inodes_[path];
  const bool may_create = mode == env::OpenMode::create || mode == env::OpenMode::create_new;
  if (inode == nullptr && !may_create) {
    inodes_.erase(path);
    return fail_os(ENOENT, path);
  }
  if (inode != nullptr && mode == env::OpenMode::create_new) return fail_os(EEXIST, path);
  if (inode == nullptr) inode = new_inode(false);
  return std::make_unique<MemoryFile>(inode, path);
}

Result<std::vector<env::DirEntry>> MemoryDisk::list(const std::string& directory) {
  if (!inodes_.contains(directory)) return fail_os(ENOENT, directory);
  const auto prefix = directory + "/";
  std::vector<env::DirEntry> entries;
  for (auto at = inodes_.lower_bound(prefix); at != inodes_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    auto name = at->first.substr(prefix.size());
    if (name.contains('/')) continue;
    entries.push_back({std::move(name), at->second->is_directory});
  }
  return entries;
}

Result<bool> MemoryDisk::exists(const std::string& path) {
  return inodes_.contains(path);
}

Result<> MemoryDisk::make_directory(const std::string& path) {
  if (inodes_.contains(path)) return fail_os(EEXIST, path);
  inodes_[path] = new_inode(true);
  return {};
}

Result<> MemoryDisk::rename(const std::string& from, const std::string& to) {
  if (!inodes_.contains(from)) return fail_os(ENOENT, from);
  std::map<std::string, std::shared_ptr<Inode>> moved;
  for (const auto& [path, inode] : inodes_) {
    if (path == from || path.starts_with(from + "/")) moved[path] = inode;
  }
  for (const auto& [path, inode] : moved) {
    inodes_.erase(path);
    inodes_[to + path.substr(from.size())] = inode;
  }
  return {};
}

Result<> MemoryDisk::remove_file(const std::string& path) {
  if (inodes_.erase(path) == 0) return fail_os(ENOENT, path);
  return {};
}

Result<> MemoryDisk::remove_directory(const std::string& path) {
  return remove_file(path);
}

Result<> MemoryDisk::sync_directory(const std::string&) {
  return {};
}

Result<std::unique_ptr<env::FileSystem>> MemoryDisk::file_system(const std::string&) {
  return std::make_unique<MemoryFileSystem>();
}

Result<env::Space> MemoryDisk::space(const std::string&) {
  return env::Space{.total_bytes = capacity, .free_bytes = capacity};
}

Result<std::unique_ptr<env::DirLock>> MemoryDisk::lock(const std::string&) {
  return std::make_unique<MemoryLock>();
}

}  // namespace moldau::bench
