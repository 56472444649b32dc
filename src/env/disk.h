#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"

namespace moldau::env {

/// Whether what is read of a file comes from the page cache.
enum class Cached : std::uint8_t {
  yes,
  no,       ///< not all of it: reading would wait for the device
  unknown,  ///< the system cannot tell
};

/// An open file. Every call is synchronous and may block: run it on the directory's IoPool, except
/// `pwritev` and `reserve_ahead` in a healthy directory, `pread_cached`, `cached` and `size`, which
/// a worker may call inline (ARCHITECTURE §5). Positions and sizes are bytes. Calls on different
/// ranges may run at once. All errors carry the path.
class File {
 public:
  virtual ~File() = default;

  /// Writes all of the pieces from `position` on, looping on short writes. After an error a prefix
  /// may be in the file.
  virtual Result<> pwritev(std::span<const Bytes> pieces, std::uint64_t position) = 0;
  /// Reads up to `into.size()` bytes; fewer only at the end of the file.
  virtual Result<std::size_t> pread(MutBytes into, std::uint64_t position) = 0;
  /// As pread, but only what is in the page cache: never waits for the device. nullopt: it would
  /// have to; nothing, or not all, was read.
  virtual Result<std::optional<std::size_t>> pread_cached(MutBytes into,
                                                          std::uint64_t position) = 0;
  /// Whether all of a range, which lies before the file's end, is in the page cache now.
  virtual Cached cached(std::uint64_t position, std::uint64_t length) const = 0;
  /// Reads a range into the page cache and nowhere else; returns when it is there. Errc::truncated
  /// if the file ends before it does.
  virtual Result<> load(std::uint64_t position, std::uint64_t length) const = 0;
  /// fdatasync: contents and size are durable when it returns. After an error the file's unsynced
  /// contents are unknown: never retry (ARCHITECTURE §6).
  virtual Result<> datasync() = 0;
  virtual Result<> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;
  /// When its contents were last changed.
  virtual Result<WallMs> modified() const = 0;
  /// What modified() says until they are changed again. A crash may take it back.
  virtual Result<> set_modified(WallMs when) = 0;
  /// Reserves room on the device for the first `size` bytes, which stay as they are: the file does
  /// not grow. truncate() gives back what is beyond. Without effect where the file system cannot.
  virtual Result<> reserve(std::uint64_t size) = 0;
  /// A range behind the file's end will be written soon: reserves room as `reserve` does if that
  /// makes appends cheaper on this file system. A hint: what fails here, the writes will tell.
  virtual void reserve_ahead(std::uint64_t position, std::uint64_t length) = 0;
  /// Whether there is room behind the end, more than a little, that reserve_ahead() may have left,
  /// also before a crash. False on file systems where that does nothing.
  virtual Result<bool> has_room_ahead() const = 0;
  /// Starts write-back of a range without waiting for the device to finish it (bulk writers).
  virtual Result<> write_back(std::uint64_t position, std::uint64_t length) = 0;
  /// What the page cache has of a range, and need not write, may go: whoever reads it next should
  /// read the device. A hint.
  virtual Result<> drop_cached(std::uint64_t position, std::uint64_t length) = 0;
  virtual const std::string& path() const = 0;
  /// The operating system's descriptor for sendfile, or -1 where there is none (simulator).
  virtual int native_handle() const = 0;
};

enum class OpenMode : std::uint8_t {
  read,        ///< must exist
  write,       ///< read and write; must exist
  create,      ///< read and write; created if missing
  create_new,  ///< read and write; Errc::exists if it is there
};

struct DirEntry {
  std::string name;
  bool is_directory{false};
  auto operator<=>(const DirEntry&) const = default;
};

struct Space {
  std::uint64_t total_bytes{0};
  std::uint64_t free_bytes{0};  ///< for unprivileged writers
};

/// An open file system. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// syncfs: fails once for every write-back that has failed since this was opened, also of another
  /// program's file. So it must be open before what it is to tell of is written: Linux does not
  /// tell who opens later of an error that somebody has been told already.
  virtual Result<> sync() = 0;
};

/// Released when destroyed.
class DirLock {
 public:
  virtual ~DirLock() = default;
};

/// Names and whole files. Synchronous; may block: only on a pool, or at start. A new name, rename
/// or removal is durable only after `sync_directory` of the parent.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// Sorted by name, without "." and "..". Errc::not_found.
  virtual Result<std::vector<DirEntry>> list(const std::string& directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<> make_directory(const std::string& path) = 0;  ///< Errc::exists if it is there
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;  ///< replaces
  virtual Result<> remove_file(const std::string& path) = 0;
  virtual Result<> remove_directory(const std::string& path) = 0;  ///< must be empty
  virtual Result<> sync_directory(const std::string& path) = 0;
  /// The file system that holds `path`. Errc::not_found.
  virtual Result<std::unique_ptr<FileSystem>> file_system(const std::string& path) = 0;
  virtual Result<Space> space(const std::string& path) = 0;
  /// Takes `path` (created if missing) with an open-file-description lock, which Java's FileLock
  /// respects. Errc::locked if another process, or this one, holds it.
  virtual Result<std::unique_ptr<DirLock>> lock(const std::string& path) = 0;
};

/// The whole file, at most `size_max` bytes (Errc::too_large).
Result<std::vector<std::uint8_t>> read_file(Disk& disk, const std::string& path,
                                            std::uint64_t size_max);
/// Atomically and durably: writes `path`.tmp, datasync, rename over `path`, sync of the parent.
Result<> replace_file(Disk& disk, const std::string& path, Bytes contents);
/// make_directory for every missing part of the path; syncs each parent that it changed.
Result<> make_directories(Disk& disk, const std::string& path);
/// "a/b/c" -> "a/b"; "c" -> ".".
std::string parent_path(const std::string& path);

}  // namespace moldau::env
