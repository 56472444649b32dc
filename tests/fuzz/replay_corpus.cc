// Gives every input of the committed corpora to its target: what the fuzzers have found once is
// tried again by every `./dev test`, under ASan and UBSan, without libFuzzer.
//
//   fuzz_replay TARGET PACK
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"

using Target = int (*)(const std::uint8_t*, std::size_t);

// Each *_fuzz.cc is compiled with its function renamed: TARGET(NAME) for each (CMakeLists.txt).
#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
MOLDAU_FUZZ_TARGETS
#undef TARGET

namespace moldau::fuzz {
namespace {

#define TARGET(name) {#name, fuzz_##name},
const std::map<std::string_view, Target> targets{MOLDAU_FUZZ_TARGETS};
#undef TARGET

constexpr std::string_view magic = "fuzz corpus 1\n";

/// How many inputs there were (corpus.py says how they are packed); -1 if the file is no pack.
int replay(Target target, std::string_view pack) {
  if (!pack.starts_with(magic)) return -1;
  pack.remove_prefix(magic.size());
  int count = 0;
  while (!pack.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(pack.data(), pack.data() + pack.size(), size);
    pack.remove_prefix(static_cast<std::size_t>(end - pack.data()));
    if (error != std::errc{} || pack.size() < size + 2 || pack[0] != '\n') return -1;
    const Bytes input = as_bytes(pack.substr(1, size));
    target(input.data(), input.size());
    pack.remove_prefix(size + 2);
    ++count;
  }
  return count;
}

}  // namespace
}  // namespace moldau::fuzz

int main(int argc, char** argv) {
  using namespace moldau::fuzz;
  const auto found = argc == 3 ? targets.find(argv[1]) : targets.end();
  if (found == targets.end()) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET PACK\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string pack{std::istreambuf_iterator<char>(file), {}};
  const int count = replay(found->second, pack);
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
