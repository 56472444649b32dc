#pragma once

#include "env/disk.h"

namespace moldau::env {

/// The operating system's files. Stateless, thread-safe. Interrupted calls are repeated.
class RealDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<> make_directory(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove_file(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<FileSystem>> file_system(const std::string& path) override;
  Result<Space> space(const std::string& path) override;
  Result<std::unique_ptr<DirLock>> lock(const std::string& path) override;
};

}  // namespace moldau::env
