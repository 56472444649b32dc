#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace moldau::apps {

/// Reads the header of one HTTP request as its bytes come in.
class HttpRequestReader {
 public:
  explicit HttpRequestReader(std::size_t header_bytes_max);
  ~HttpRequestReader();

  enum class State : unsigned char { needs_more, complete, malformed, too_large };
  /// Takes what was read next. Once the state is not needs_more it stays.
  State feed(Bytes bytes);

  std::string_view method() const;  ///< "GET"; when complete
  std::string_view target() const;  ///< "/metrics?x=1"; when complete

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace moldau::apps
