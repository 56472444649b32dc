#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::apps {

/// Bytes of a file, of standard input or of memory, front to back.
class ByteSource {
 public:
  /// "-" is standard input. Errors: io, not_found.
  static Result<ByteSource> open(const std::string& path);
  static ByteSource of(std::vector<std::uint8_t> bytes);

  /// As many bytes as there are, at most `to.size()`: fewer only at the end. Errors: io.
  Result<std::size_t> read(MutBytes to);
  /// What the next read begins with; fewer than `size` only at the end. Errors: io.
  Result<Bytes> peek(std::size_t size);
  /// Everything that is left. Errors: io; too_large beyond `size_max`.
  Result<std::vector<std::uint8_t>> rest(std::size_t size_max);

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  ByteSource() = default;
  Result<std::size_t> read_file(MutBytes to);

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;  // null: all is in front_
  std::vector<std::uint8_t> front_;         // bytes before those of the file
  std::size_t taken_{0};                    // of front_
};

}  // namespace moldau::apps
