#pragma once

#include <memory>
#include <string>

#include "env/sim/sim_disk.h"

namespace moldau::env {

/// An open file of a simulated disk, fenced with its incarnation.
class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<Incarnation> incarnation, SimDiskState& disk,
          std::shared_ptr<SimInode> inode, std::string path, OpenMode mode)
      : incarnation_(std::move(incarnation)),
        disk_(disk),
        inode_(std::move(inode)),
        path_(std::move(path)),
        mode_(mode) {}

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
  int native_handle() const override { return -1; }

  /// For send_file: what is in the file now, as the kernel would read it.
  Result<std::size_t> read_for_send(MutBytes into, std::uint64_t position) const;

 private:
  Result<> begin(DiskOp op, const char* call) const;
  Result<> end() const;

  std::shared_ptr<Incarnation> incarnation_;
  SimDiskState& disk_;
  std::shared_ptr<SimInode> inode_;
  const std::string path_;
  const OpenMode mode_;
};

}  // namespace moldau::env
