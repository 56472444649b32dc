#include "env/disk.h"

#include <fmt/format.h>

#include <array>

namespace moldau::env {

Result<std::vector<std::uint8_t>> read_file(Disk& disk, const std::string& path,
                                            std::uint64_t size_max) {
  const auto file = TRY(disk.open(path, OpenMode::read));
  const std::uint64_t size = TRY(file->size());
  if (size > size_max) {
    return fail(Errc::too_large, fmt::format("{}: {} bytes, at most {}", path, size, size_max));
  }
  std::vector<std::uint8_t> contents(size);
  contents.resize(TRY(file->pread(contents, 0)));
  return contents;
}

Result<> replace_file(Disk& disk, const std::string& path, Bytes contents) {
  const std::string temporary = path + ".tmp";
  {
    const auto file = TRY(disk.open(temporary, OpenMode::create));
    TRY(file->truncate(0));
    const std::array pieces{contents};
    TRY(file->pwritev(pieces, 0));
    TRY(file->datasync());
  }
  TRY(disk.rename(temporary, path));
  return disk.sync_directory(parent_path(path));
}

Result<> make_directories(Disk& disk, const std::string& path) {
  if (TRY(disk.exists(path))) return {};
  const std::string parent = parent_path(path);
  if (parent != path) TRY(make_directories(disk, parent));
  const Result<> made = disk.make_directory(path);
  // Somebody else may have made it meanwhile; its name is made durable all the same.
  if (!made && made.error().code != Errc::exists) return made;
  return disk.sync_directory(parent);
}

std::string parent_path(const std::string& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const std::size_t slash = path.rfind('/', end - 1);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace moldau::env
