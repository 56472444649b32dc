#include "env/sim/sim_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace moldau::env {

Result<> SimFile::begin(DiskOp op, const char* call) const {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  if (disk_.begin(op, path_) == SimDiskState::Outcome::failed) {
    return fail_os(EIO, fmt::format("{} {}", call, path_));
  }
  return {};
}

// The node may have been crashed by what was to happen after this operation.
Result<> SimFile::end() const {
  disk_.end();
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return {};
}

Result<> SimFile::pwritev(std::span<const Bytes> pieces, std::uint64_t position) {
  if (mode_ == OpenMode::read) return fail_os(EBADF, "pwritev " + path_);
  std::vector<std::uint8_t> data;
  for (const Bytes piece : pieces) data.insert(data.end(), piece.begin(), piece.end());
  const Result<> begun = begin(DiskOp::write, "pwritev");
  if (!begun) {
    if (begun.error().code == Errc::cancelled) return begun;
    // A part of it is written, as when the device fails in the middle.
    data.resize(disk_.prng_.below(data.size() + 1));
  }
  const std::uint64_t old_size = inode_->image.size();
  const std::uint64_t end_position = position + data.size();
  const std::uint64_t growth = end_position > old_size ? end_position - old_size : 0;
  const std::uint64_t free = disk_.options_.capacity_bytes > disk_.used_bytes_
                                 ? disk_.options_.capacity_bytes - disk_.used_bytes_
                                 : 0;
  const bool is_full = growth > free;
  if (is_full) {
    const std::uint64_t fitting = old_size + free;
    data.resize(fitting > position ? fitting - position : 0);
  }
  inode_->image.write(data, position);
  inode_->modified = disk_.wall();
  if (inode_->is_linked) disk_.used_bytes_ += inode_->image.size() - old_size;
  disk_.schedule_.trace(disk_.id_, trace_id("pwritev"), position << 24 ^ data.size());
  TRY(end());
  if (!begun) return begun;
  if (is_full) return fail_os(ENOSPC, "pwritev " + path_);
  return {};
}

Result<std::size_t> SimFile::pread(MutBytes into, std::uint64_t position) {
  TRY(begin(DiskOp::read, "pread"));
  const std::size_t count = inode_->image.read(into, position);
  TRY(end());
  return count;
}

Result<std::optional<std::size_t>> SimFile::pread_cached(MutBytes into, std::uint64_t position) {
  TRY(begin(DiskOp::cached_read, "preadv2"));
  std::optional<std::size_t> count;
  if (!disk_.prng_.chance(disk_.options_.cold_reads_per_million)) {
    count = inode_->image.read(into, position);
  }
  TRY(end());
  return count;
}

Cached SimFile::cached(std::uint64_t, std::uint64_t) const {
  if (!begin(DiskOp::cached_read, "cachestat")) return Cached::no;
  const bool cold = disk_.prng_.chance(disk_.options_.cold_reads_per_million);
  if (!end()) return Cached::no;
  return cold ? Cached::no : Cached::yes;
}

Result<> SimFile::load(std::uint64_t position, std::uint64_t length) const {
  TRY(begin(DiskOp::read, "sendfile"));
  const bool is_there = position + length <= inode_->image.size();
  TRY(end());
  if (!is_there) return fail(Errc::truncated, path_);
  return {};
}

Result<> SimFile::datasync() {
  const Result<> begun = begin(DiskOp::sync, "fdatasync");
  if (begun) {
    inode_->image.sync();
  } else if (begun.error().code != Errc::cancelled) {
    inode_->image.sync_failed();
  } else {
    return begun;
  }
  TRY(end());
  return begun;
}

Result<> SimFile::truncate(std::uint64_t size) {
  if (mode_ == OpenMode::read) return fail_os(EBADF, "ftruncate " + path_);
  TRY(begin(DiskOp::truncate, "ftruncate"));
  const std::uint64_t old_size = inode_->image.size();
  inode_->image.truncate(size);
  inode_->room_until = 0;
  inode_->modified = disk_.wall();
  // Extension makes a hole; it is counted all the same, since it will be written.
  if (inode_->is_linked) disk_.used_bytes_ += size - old_size;
  return end();
}

Result<std::uint64_t> SimFile::size() const {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return inode_->image.size();
}

Result<WallMs> SimFile::modified() const {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return inode_->modified;
}

Result<> SimFile::set_modified(WallMs when) {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  inode_->modified = when;
  return {};
}

// Room is not kept for it: another file may take what there is now.
Result<> SimFile::reserve(std::uint64_t size) {
  if (mode_ == OpenMode::read) return fail_os(EBADF, "fallocate " + path_);
  TRY(begin(DiskOp::truncate, "fallocate"));
  const std::uint64_t more = size - std::min(size, inode_->image.size());
  const std::uint64_t free =
      disk_.options_.capacity_bytes - std::min(disk_.options_.capacity_bytes, disk_.used_bytes_);
  TRY(end());
  if (more > free) return fail_os(ENOSPC, "fallocate " + path_);
  return {};
}

void SimFile::reserve_ahead(std::uint64_t position, std::uint64_t length) {
  if (!incarnation_->dead) inode_->room_until = std::max(inode_->room_until, position + length);
}

Result<bool> SimFile::has_room_ahead() const {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return inode_->room_until > inode_->image.size();
}

// Whatever the device has started to write may be lost all the same: there is nothing to do.
Result<> SimFile::write_back(std::uint64_t, std::uint64_t) {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return {};
}

Result<> SimFile::drop_cached(std::uint64_t, std::uint64_t) {
  if (incarnation_->dead) return fail(Errc::cancelled, path_);
  return {};
}

Result<std::size_t> SimFile::read_for_send(MutBytes into, std::uint64_t position) const {
  TRY(begin(DiskOp::cached_read, "sendfile"));
  const std::size_t count = inode_->image.read(into, position);
  TRY(end());
  return count;
}

}  // namespace moldau::env
