#pragma once

#include <atomic>

#include "env/disk.h"
#include "env/real/fd.h"

namespace moldau::env {

/// Errc::no_space says that nothing has happened. A sync that had no room has lost what it was to
/// write, like any other that fails.
inline std::unexpected<Error> sync_failed(std::unexpected<Error> failed) {
  if (failed.error().code == Errc::no_space) failed.error().code = Errc::io;
  return failed;
}

/// A file descriptor of the operating system. Thread-safe as the system's calls are.
class RealFile final : public File {
 public:
  RealFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<> pwritev(std::span<const Bytes> pieces, std::uint64_t position) override;
  Result<std::size_t> pread(MutBytes into, std::uint64_t position) override;
  Result<std::optional<std::size_t>> pread_cached(MutBytes into, std::uint64_t position) override;
  Cached cached(std::uint64_t position, std::uint64_t length) const override;
  Result<> load(std::uint64_t position, std::uint64_t length) const override;
  Result<> datasync() override;
  Result<> truncate(std::uint64_t size) override;
  Result<std::uint64_t> size() const override;
  Result<WallMs> modified() const override;
  Result<> set_modified(WallMs when) override;
  Result<> reserve(std::uint64_t size) override;
  void reserve_ahead(std::uint64_t position, std::uint64_t length) override;
  Result<bool> has_room_ahead() const override;
  Result<> write_back(std::uint64_t position, std::uint64_t length) override;
  Result<> drop_cached(std::uint64_t position, std::uint64_t length) override;
  const std::string& path() const override { return path_; }
  int native_handle() const override { return fd_.get(); }

 private:
  bool takes_room_ahead() const;
  void read_exactly() const;
  std::unexpected<Error> failed(const char* call) const;

  const Fd fd_;
  const std::string path_;
  mutable std::atomic<bool> is_exact_{false};  ///< the kernel reads nothing ahead by itself
};

}  // namespace moldau::env
