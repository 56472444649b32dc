#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "env/disk.h"
#include "env/task.h"
#include "env/worker.h"

namespace moldau::net {

/// Reads parts of a file into the page cache where that may take long: not on a worker. Says in the
/// log what fails.
class RangeLoader {
 public:
  virtual ~RangeLoader() = default;
  /// Returns on `home`, which the caller runs on.
  virtual env::Task<Result<>> load(std::uint64_t position, std::uint64_t length,
                                   env::Worker& home) = 0;
};

/// Bytes of a file that go out by sendfile, never decoded. The shared_ptr keeps the file open even
/// if its segment is deleted meanwhile.
struct FileRange {
  /// For what is not in the page cache when its turn comes; null: it is read there and then. Goes
  /// after the file.
  std::shared_ptr<RangeLoader> loader{};
  std::shared_ptr<const env::File> file;
  std::uint64_t position{0};
  std::uint64_t length{0};
};

/// A field of an answer whose contents stay in a file until they are sent: it has a size and no
/// memory, so nothing but an encoder that gathers may touch it (protocol::Gather::large_slices),
/// and `file_range` finds the range again. At least protocol::gather_bytes_min.
inline SharedBytes in_file(FileRange range) {
  const auto size = static_cast<std::size_t>(range.length);
  return {std::make_shared<const FileRange>(std::move(range)),
          Bytes(static_cast<const std::uint8_t*>(nullptr), size)};
}

/// Null if the bytes are in memory.
inline const FileRange* file_range(const SharedBytes& bytes) {
  if (bytes.data() != nullptr || bytes.empty()) return nullptr;
  return static_cast<const FileRange*>(bytes.owner().get());
}

using Chunk = std::variant<SharedBytes, FileRange>;

/// What goes back for one request: the whole frame, size prefix included, in pieces.
struct Answer {
  enum class Then : std::uint8_t {
    keep_open,
    close,  ///< after the chunks are written (an error that the client must notice)
  };
  std::vector<Chunk> chunks;  ///< empty: nothing is sent (Produce with acks=0)
  Then then{Then::keep_open};
  std::uint64_t size() const {
    std::uint64_t total = 0;
    for (const auto& chunk : chunks) {
      const auto* bytes = std::get_if<SharedBytes>(&chunk);
      total += bytes != nullptr ? bytes->size() : std::get<FileRange>(chunk).length;
    }
    return total;
  }
};

}  // namespace moldau::net
