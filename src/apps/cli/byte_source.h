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

class StopSignals;

/// Bytes of a file, of standard input or of memory, front to back.
class ByteSource {
 public:
  /// "-" is standard input. Errors: io, not_found.
  static Result<ByteSource> open(const std::string& path);
  static ByteSource of(std::vector<std::uint8_t> bytes);

  /// Whether it may be waited for: a pipe or a terminal, and no regular file.
  bool is_live() const;
  /// From now on a signal is the end. `stop` outlives the source.
  void end_by(StopSignals& stop) { stop_ = &stop; }

  /// As many bytes as there are, at most `to.size()`: fewer only at the end. Errors: io.
  Result<std::size_t> read(MutBytes to);
  /// The same without waiting for more than the first of them: none only at the end.
  Result<std::size_t> read_some(MutBytes to);
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
  Bytes held() const { return Bytes(front_).subspan(taken_); }

  std::string name_;
  std::unique_ptr<std::FILE, Close> file_;  // null: all is in front_. Read by its descriptor only
  StopSignals* stop_{nullptr};
  bool has_ended_{false};
  std::vector<std::uint8_t> front_;  // bytes before those that are still in the file
  std::size_t taken_{0};             // of front_
};

}  // namespace moldau::apps
