#include "env/real/real_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "env/real/real_file.h"

namespace moldau::env {

namespace {

std::unexpected<Error> failed(std::string_view call, const std::string& path) {
  const int error = errno;
  return fail_os(error, fmt::format("{} {}", call, path));
}

constexpr mode_t file_mode = 0644;
constexpr mode_t directory_mode = 0755;

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::write:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

Result<Fd> open_fd(const std::string& path, int flags) {
  Fd fd(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, file_mode); }));
  if (!fd) return failed("open", path);
  return fd;
}

// The lock ends with its open file description.
class RealDirLock final : public DirLock {
 public:
  explicit RealDirLock(Fd fd) : fd_(std::move(fd)) {}

 private:
  Fd fd_;
};

class RealFileSystem final : public FileSystem {
 public:
  RealFileSystem(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<> sync() override {
    if (retry_interrupted([&] { return ::syncfs(fd_.get()); }) < 0) {
      return sync_failed(failed("syncfs", path_));
    }
    return {};
  }

 private:
  const std::string path_;
  const Fd fd_;
};

struct DirCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::unique_ptr<File>> RealDisk::open(const std::string& path, OpenMode mode) {
  Fd fd = TRY(open_fd(path, open_flags(mode)));
  return std::make_unique<RealFile>(std::move(fd), path);
}

Result<std::vector<DirEntry>> RealDisk::list(const std::string& directory) {
  const std::unique_ptr<DIR, DirCloser> stream(::opendir(directory.c_str()));
  if (!stream) return failed("opendir", directory);
  std::vector<DirEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
      struct stat status{};
      is_directory = ::fstatat(::dirfd(stream.get()), entry->d_name, &status, 0) == 0 &&
                     S_ISDIR(status.st_mode);
    }
    entries.push_back({std::string(name), is_directory});
  }
  if (errno != 0) return failed("readdir", directory);
  std::ranges::sort(entries);
  return entries;
}

Result<bool> RealDisk::exists(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("stat", path);
}

Result<> RealDisk::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), directory_mode) < 0) return failed("mkdir", path);
  return {};
}

Result<> RealDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) return failed("rename", from + " to " + to);
  return {};
}

Result<> RealDisk::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) < 0) return failed("unlink", path);
  return {};
}

Result<> RealDisk::remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) < 0) return failed("rmdir", path);
  return {};
}

Result<> RealDisk::sync_directory(const std::string& path) {
  const Fd fd = TRY(open_fd(path, O_RDONLY | O_DIRECTORY));
  if (retry_interrupted([&] { return ::fsync(fd.get()); }) < 0) {
    return sync_failed(failed("fsync", path));
  }
  return {};
}

Result<std::unique_ptr<FileSystem>> RealDisk::file_system(const std::string& path) {
  return std::make_unique<RealFileSystem>(path, TRY(open_fd(path, O_RDONLY)));
}

Result<Space> RealDisk::space(const std::string& path) {
  struct statvfs status{};
  if (retry_interrupted([&] { return ::statvfs(path.c_str(), &status); }) < 0) {
    return failed("statvfs", path);
  }
  return Space{.total_bytes = status.f_blocks * status.f_frsize,
               .free_bytes = status.f_bavail * status.f_frsize};
}

Result<std::unique_ptr<DirLock>> RealDisk::lock(const std::string& path) {
  Fd fd = TRY(open_fd(path, O_RDWR | O_CREAT));
  struct flock whole_file{};
  whole_file.l_type = F_WRLCK;
  whole_file.l_whence = SEEK_SET;
  if (retry_interrupted([&] { return ::fcntl(fd.get(), F_OFD_SETLK, &whole_file); }) < 0) {
    if (errno == EAGAIN || errno == EACCES) return fail(Errc::locked, path);
    return failed("fcntl(F_OFD_SETLK)", path);
  }
  return std::make_unique<RealDirLock>(std::move(fd));
}

}  // namespace moldau::env
