/// Writes first inputs for every fuzz target into DIRECTORY/TARGET/: random messages of every kind
/// in every version, and what we write ourselves. `./dev fuzz --seeds` runs it and keeps what adds
/// coverage to the corpora.

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "seeds.h"

namespace moldau::fuzz {
namespace {

class Directory : public Seeds {
 public:
  explicit Directory(std::filesystem::path root) : root_(std::move(root)) {}

  void add(std::string_view target, Bytes input) override {
    const auto directory = root_ / target;
    std::filesystem::create_directories(directory);
    const auto path = directory / fmt::format("seed-{:06}", count_++);
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(input.data()),
               static_cast<std::streamsize>(input.size()));
    CHECK(file.good(), "cannot write {}", path.string());
  }
  int count() const { return count_; }

 private:
  std::filesystem::path root_;
  int count_{0};
};

}  // namespace
}  // namespace moldau::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_seeds DIRECTORY\n");
    return 2;
  }
  moldau::fuzz::Directory seeds(argv[1]);
  moldau::fuzz::add_messages(seeds);
  moldau::fuzz::add_batches(seeds);
  moldau::fuzz::add_compressed(seeds);
  moldau::fuzz::add_files(seeds);
  fmt::print("{} seeds\n", seeds.count());
  return 0;
}
