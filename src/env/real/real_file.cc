#include "env/real/real_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <vector>

#include "env/real/pieces.h"

namespace moldau::env {

namespace {

// cachestat(2), which Linux has from 6.5 on: headers of before do not know it.
constexpr long cachestat_call = 451;
struct CachestatRange {
  std::uint64_t position;
  std::uint64_t length;
};
struct CachestatPages {
  std::uint64_t cached;
  std::uint64_t dirty;
  std::uint64_t in_write_back;
  std::uint64_t evicted;
  std::uint64_t recently_evicted;
};

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// Takes everything and looks at nothing; stays open. Less than 0 where there is no such device.
int null_device() {
  static const Fd device(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  return device.get();
}

constexpr off_t stat_block_bytes = 512;
// A last block that is not full, and where a large file's extents are written down.
constexpr off_t room_bytes_ignored = 64 << 10;
constexpr std::size_t load_buffer_bytes = 64 << 10;
constexpr off_t load_piece_bytes = 1 << 20;
constexpr std::size_t read_ahead_bytes = 256 << 10;

}  // namespace

std::unexpected<Error> RealFile::failed(const char* call) const {
  const int error = errno;
  return fail_os(error, fmt::format("{} {}", call, path_));
}

Result<> RealFile::pwritev(std::span<const Bytes> pieces, std::uint64_t position) {
  Pieces left(pieces);
  while (!left.empty()) {
    std::array<iovec, iov_batch> batch;
    const int count = left.fill(batch);
    const ssize_t written = retry_interrupted(
        [&] { return ::pwritev(fd_.get(), batch.data(), count, static_cast<off_t>(position)); });
    if (written < 0) return failed("pwritev");
    // Not an error by POSIX, but a loop without progress: a full device may answer so.
    if (written == 0) return fail(Errc::io, fmt::format("pwritev {}: wrote nothing", path_));
    left.advance(static_cast<std::size_t>(written));
    position += static_cast<std::uint64_t>(written);
  }
  return {};
}

// The kernel reads megabytes ahead (8 on some devices) of each file that is read in order: of many
// at once that is a hundred, and a flush waits behind them. So it is told to read what it is asked
// for, and asked for a little more than is wanted now.
void RealFile::read_exactly() const {
  if (is_exact_.load(std::memory_order_relaxed)) return;
  is_exact_.store(true, std::memory_order_relaxed);
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_RANDOM);
}

Result<std::size_t> RealFile::pread(MutBytes into, std::uint64_t position) {
  std::size_t done = 0;
  if (is_exact_.load(std::memory_order_relaxed)) {
    static_cast<void>(::readahead(fd_.get(), static_cast<off64_t>(position),
                                  std::max(into.size(), read_ahead_bytes)));
  }
  while (done < into.size()) {
    const ssize_t got = retry_interrupted([&] {
      return ::pread(fd_.get(), into.data() + done, into.size() - done,
                     static_cast<off_t>(position + done));
    });
    if (got < 0) return failed("pread");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<std::optional<std::size_t>> RealFile::pread_cached(MutBytes into, std::uint64_t position) {
  std::size_t done = 0;
  read_exactly();
  while (done < into.size()) {
    const iovec piece{into.data() + done, into.size() - done};
    const ssize_t got = retry_interrupted([&] {
      return ::preadv2(fd_.get(), &piece, 1, static_cast<off_t>(position + done), RWF_NOWAIT);
    });
    // EOPNOTSUPP: this file system cannot say, so every read is one that may wait.
    if (got < 0 && (errno == EAGAIN || errno == EOPNOTSUPP)) return std::optional<std::size_t>();
    if (got < 0) return failed("preadv2");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return std::optional(done);
}

// A page counts as cached also while the device still fills it. That happens in order, mostly, so
// the last one is asked for its contents; first, since a file system that keeps nothing in the page
// cache, or does not say, refuses this.
Cached RealFile::cached(std::uint64_t position, std::uint64_t length) const {
  if (length == 0) return Cached::yes;
  const std::uint64_t last = position + length - 1;
  std::uint8_t byte = 0;
  const iovec piece{&byte, 1};
  const ssize_t got = retry_interrupted(
      [&] { return ::preadv2(fd_.get(), &piece, 1, static_cast<off_t>(last), RWF_NOWAIT); });
  if (got < 0 && errno == EAGAIN) return Cached::no;
  if (got < 0) return Cached::unknown;
  CachestatRange range{position, length};
  CachestatPages pages{};
  // A sandbox may refuse what it does not know.
  if (::syscall(cachestat_call, fd_.get(), &range, &pages, 0) < 0) return Cached::unknown;
  const auto wanted = last / page_bytes() - position / page_bytes() + 1;
  return got == 1 && pages.cached >= wanted ? Cached::yes : Cached::no;
}

// Sent to the null device it is read by the kernel and copied by nobody. Where that is not to be
// had it is read.
Result<> RealFile::load(std::uint64_t position, std::uint64_t length) const {
  read_exactly();
  auto from = static_cast<off_t>(position);
  const auto end = static_cast<off_t>(position + length);
  while (from < end) {
    const auto piece = std::min(end - from, load_piece_bytes);
    static_cast<void>(::readahead(fd_.get(), from, static_cast<std::size_t>(piece)));
    const ssize_t sent = retry_interrupted([&] {
      return ::sendfile(null_device(), fd_.get(), &from, static_cast<std::size_t>(piece));
    });
    if (sent < 0 && errno == EIO) return failed("sendfile");
    if (sent < 0) break;
    if (sent == 0) return fail(Errc::truncated, path_);
  }
  std::vector<std::uint8_t> buffer(from < end ? load_buffer_bytes : 0);
  while (from < end) {
    const auto count = std::min(buffer.size(), static_cast<std::size_t>(end - from));
    const ssize_t got =
        retry_interrupted([&] { return ::pread(fd_.get(), buffer.data(), count, from); });
    if (got < 0) return failed("pread");
    if (got == 0) return fail(Errc::truncated, path_);
    from += got;
  }
  return {};
}

Result<> RealFile::datasync() {
  if (retry_interrupted([&] { return ::fdatasync(fd_.get()); }) < 0) {
    return sync_failed(failed("fdatasync"));
  }
  return {};
}

Result<> RealFile::truncate(std::uint64_t size) {
  if (retry_interrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) < 0) {
    return failed("ftruncate");
  }
  return {};
}

Result<std::uint64_t> RealFile::size() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) < 0) return failed("fstat");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<WallMs> RealFile::modified() const {
  struct stat status{};
  if (::fstat(fd_.get(), &status) < 0) return failed("fstat");
  return WallMs{std::int64_t{status.st_mtim.tv_sec} * 1'000 + status.st_mtim.tv_nsec / 1'000'000};
}

Result<> RealFile::set_modified(WallMs when) {
  const timespec modified{.tv_sec = when.value / 1'000, .tv_nsec = when.value % 1'000 * 1'000'000};
  const std::array times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, modified};
  if (::futimens(fd_.get(), times.data()) < 0) return failed("futimens");
  return {};
}

Result<> RealFile::reserve(std::uint64_t size) {
  const int result = retry_interrupted(
      [&] { return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)); });
  if (result < 0 && errno != EOPNOTSUPP && errno != ENOSYS) return failed("fallocate");
  return {};
}

/// Ext4 gives room to each append by itself when it is written back; an fdatasync takes a fifth to
/// two fifths less where there is room already (docs/performance.md). Others have not been
/// measured.
bool RealFile::takes_room_ahead() const {
  struct statfs status{};
  return ::fstatfs(fd_.get(), &status) == 0 && status.f_type == EXT4_SUPER_MAGIC;
}

void RealFile::reserve_ahead(std::uint64_t position, std::uint64_t length) {
  if (!takes_room_ahead()) return;
  static_cast<void>(::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(position),
                                static_cast<off_t>(length)));
}

Result<bool> RealFile::has_room_ahead() const {
  if (!takes_room_ahead()) return false;
  struct stat status{};
  if (::fstat(fd_.get(), &status) < 0) return failed("fstat");
  return status.st_blocks * stat_block_bytes > status.st_size + room_bytes_ignored;
}

Result<> RealFile::write_back(std::uint64_t position, std::uint64_t length) {
  const int result = retry_interrupted([&] {
    return ::sync_file_range(fd_.get(), static_cast<off64_t>(position),
                             static_cast<off64_t>(length), SYNC_FILE_RANGE_WRITE);
  });
  // ESPIPE, ENOSYS: a hint that this file system does not take.
  if (result < 0 && errno != ESPIPE && errno != ENOSYS) return failed("sync_file_range");
  return {};
}

Result<> RealFile::drop_cached(std::uint64_t position, std::uint64_t length) {
  // The error is the result, not errno. ESPIPE, ENOSYS: as above.
  const int error = ::posix_fadvise(fd_.get(), static_cast<off_t>(position),
                                    static_cast<off_t>(length), POSIX_FADV_DONTNEED);
  if (error == 0 || error == ESPIPE || error == ENOSYS) return {};
  errno = error;
  return failed("posix_fadvise");
}

}  // namespace moldau::env
