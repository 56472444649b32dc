#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/disk.h"

namespace moldau::bench {

/// A file or a directory. Of a file no more than `kept_bytes_max` are kept, so that a benchmark may
/// append for ever; what is behind has a size and no contents.
struct Inode {
  static constexpr std::uint64_t kept_bytes_max = std::uint64_t{8} << 20;
  bool is_directory{false};
  std::uint64_t size{0};
  std::vector<std::uint8_t> kept;
};

/// A disk that costs nothing: its calls return at once, all is durable, and none of their
/// instructions is counted. One thread.
class MemoryDisk final : public env::Disk {
 public:
  MemoryDisk();
  Result<std::unique_ptr<env::File>> open(const std::string& path, env::OpenMode mode) override;
  Result<std::vector<env::DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<> make_directory(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove_file(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<env::FileSystem>> file_system(const std::string& path) override;
  Result<env::Space> space(const std::string& path) override;
  Result<std::unique_ptr<env::DirLock>> lock(const std::string& path) override;

 private:
  std::map<std::string, std::shared_ptr<Inode>> inodes_;  // by path
};

}  // namespace moldau::bench
