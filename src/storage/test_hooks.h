#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"

/// A disk that lets a test look in, delay or fail at every call; for tests only.
namespace moldau::storage::testing {

enum class DiskCall : std::uint8_t {
  write,
  read,
  sync,
  sync_names,
  sync_all,
  truncate,
  reserve,
  reserve_ahead,
  names
};

/// Called before the operation, on the thread that makes it. An Error fails it: a write then leaves
/// the first half of its bytes, everything else leaves nothing. Thread-safe if the test has
/// threads.
using DiskHook = std::function<std::optional<Error>(DiskCall call, const std::string& path)>;

class HookedFile final : public env::File {
 public:
  HookedFile(std::unique_ptr<env::File> file, const DiskHook& hook)
      : file_(std::move(file)), hook_(hook) {}

  Result<> pwritev(std::span<const Bytes> pieces, std::uint64_t position) override {
    if (auto error = hook_(DiskCall::write, path())) {
      std::vector<std::uint8_t> all;
      for (const auto piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
      const Bytes half(all.data(), all.size() / 2);
      static_cast<void>(file_->pwritev(std::span(&half, 1), position));
      return std::unexpected(std::move(*error));
    }
    return file_->pwritev(pieces, position);
  }
  Result<std::size_t> pread(MutBytes into, std::uint64_t position) override {
    if (auto error = hook_(DiskCall::read, path())) return std::unexpected(std::move(*error));
    return file_->pread(into, position);
  }
  Result<std::optional<std::size_t>> pread_cached(MutBytes into, std::uint64_t position) override {
    return file_->pread_cached(into, position);
  }
  /// A stream does not know this file: it must be read.
  env::Cached cached(std::uint64_t, std::uint64_t) const override { return env::Cached::unknown; }
  Result<> load(std::uint64_t position, std::uint64_t length) const override {
    return file_->load(position, length);
  }
  Result<> datasync() override {
    if (auto error = hook_(DiskCall::sync, path())) return std::unexpected(std::move(*error));
    return file_->datasync();
  }
  Result<> truncate(std::uint64_t size) override {
    if (auto error = hook_(DiskCall::truncate, path())) return std::unexpected(std::move(*error));
    return file_->truncate(size);
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Result<WallMs> modified() const override { return file_->modified(); }
  Result<> set_modified(WallMs when) override { return file_->set_modified(when); }
  Result<> reserve(std::uint64_t size) override {
    if (auto error = hook_(DiskCall::reserve, path())) return std::unexpected(std::move(*error));
    return file_->reserve(size);
  }
  void reserve_ahead(std::uint64_t position, std::uint64_t length) override {
    if (!hook_(DiskCall::reserve_ahead, path())) file_->reserve_ahead(position, length);
  }
  Result<bool> has_room_ahead() const override { return file_->has_room_ahead(); }
  Result<> write_back(std::uint64_t position, std::uint64_t length) override {
    return file_->write_back(position, length);
  }
  Result<> drop_cached(std::uint64_t position, std::uint64_t length) override {
    return file_->drop_cached(position, length);
  }
  const std::string& path() const override { return file_->path(); }
  int native_handle() const override { return file_->native_handle(); }

 private:
  std::unique_ptr<env::File> file_;
  const DiskHook& hook_;
};

class HookedFileSystem final : public env::FileSystem {
 public:
  HookedFileSystem(std::unique_ptr<env::FileSystem> inner, const DiskHook& hook, std::string path)
      : inner_(std::move(inner)), hook_(hook), path_(std::move(path)) {}
  Result<> sync() override {
    if (auto error = hook_(DiskCall::sync_all, path_)) return std::unexpected(std::move(*error));
    return inner_->sync();
  }

 private:
  std::unique_ptr<env::FileSystem> inner_;
  const DiskHook& hook_;
  const std::string path_;
};

class HookedDisk final : public env::Disk {
 public:
  HookedDisk(env::Disk& disk, const DiskHook& hook) : disk_(disk), hook_(hook) {}

  Result<std::unique_ptr<env::File>> open(const std::string& path, env::OpenMode mode) override {
    if (auto error = hook_(DiskCall::names, path)) return std::unexpected(std::move(*error));
    auto file = TRY(disk_.open(path, mode));
    return std::make_unique<HookedFile>(std::move(file), hook_);
  }
  Result<std::vector<env::DirEntry>> list(const std::string& directory) override {
    return disk_.list(directory);
  }
  Result<bool> exists(const std::string& path) override { return disk_.exists(path); }
  Result<> make_directory(const std::string& path) override {
    if (auto error = hook_(DiskCall::names, path)) return std::unexpected(std::move(*error));
    return disk_.make_directory(path);
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    if (auto error = hook_(DiskCall::names, from)) return std::unexpected(std::move(*error));
    return disk_.rename(from, to);
  }
  Result<> remove_file(const std::string& path) override {
    if (auto error = hook_(DiskCall::names, path)) return std::unexpected(std::move(*error));
    return disk_.remove_file(path);
  }
  Result<> remove_directory(const std::string& path) override {
    return disk_.remove_directory(path);
  }
  Result<> sync_directory(const std::string& path) override {
    if (auto error = hook_(DiskCall::sync_names, path)) return std::unexpected(std::move(*error));
    return disk_.sync_directory(path);
  }
  Result<std::unique_ptr<env::FileSystem>> file_system(const std::string& path) override {
    return std::make_unique<HookedFileSystem>(TRY(disk_.file_system(path)), hook_, path);
  }
  Result<env::Space> space(const std::string& path) override { return disk_.space(path); }
  Result<std::unique_ptr<env::DirLock>> lock(const std::string& path) override {
    return disk_.lock(path);
  }

 private:
  env::Disk& disk_;
  const DiskHook& hook_;
};

/// Another Env with a hooked disk.
class HookedEnv final : public env::Env {
 public:
  HookedEnv(env::Env& inner, const DiskHook& hook) : inner_(inner), disk_(inner.disk(), hook) {}

  env::Clock& clock() override { return inner_.clock(); }
  env::Workers& workers() override { return inner_.workers(); }
  env::Disk& disk() override { return disk_; }
  env::Transport& transport() override { return inner_.transport(); }
  env::Entropy& entropy() override { return inner_.entropy(); }
  env::Log& log() override { return inner_.log(); }
  std::unique_ptr<env::IoPool> make_pool(const std::string& name) override {
    return inner_.make_pool(name);
  }

 private:
  env::Env& inner_;
  HookedDisk disk_;
};

}  // namespace moldau::storage::testing
