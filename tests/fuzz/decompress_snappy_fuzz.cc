#include "bounded_work.h"
#include "try_decompress.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  constexpr std::size_t codec_memory = 64 << 10;  // a table, and the first output
  fuzz::try_decompress(records::Codec::snappy, codec_memory, fuzz::input_of(data, size));
  return 0;
}
