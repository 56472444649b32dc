#include "bounded_work.h"
#include "try_decompress.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace moldau;
  constexpr std::size_t codec_memory = 9 << 20;  // two blocks of up to 4 MiB
  fuzz::try_decompress(records::Codec::lz4, codec_memory, fuzz::input_of(data, size));
  return 0;
}
