#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "env/disk.h"

namespace moldau::net {

/// Bytes of a file that go out by sendfile (or one read), never decoded. The shared_ptr keeps the
/// file open even if its segment is deleted meanwhile.
struct FileRange {
  std::shared_ptr<const env::File> file;
  std::uint64_t position{0};
  std::uint64_t length{0};
};

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
