#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace moldau::fuzz {

/// Where seeds go.
class Seeds {
 public:
  Seeds() = default;
  Seeds(const Seeds&) = delete;
  Seeds& operator=(const Seeds&) = delete;
  virtual ~Seeds() = default;
  virtual void add(std::string_view target, Bytes input) = 0;
};

/// An input that begins with a byte by which its target chooses.
inline std::vector<std::uint8_t> chosen(std::uint8_t first, Bytes rest) {
  std::vector<std::uint8_t> input{first};
  input.insert(input.end(), rest.begin(), rest.end());
  return input;
}

void add_messages(Seeds& seeds);    ///< requests, responses and records of every kind
void add_batches(Seeds& seeds);     ///< record batches, old messages, a snapshot
void add_compressed(Seeds& seeds);  ///< for each decompressor
void add_files(Seeds& seeds);       ///< storage's small files and quorum-state

}  // namespace moldau::fuzz
