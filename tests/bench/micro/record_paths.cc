// What is done to the bytes of a batch on their way in: CRC-32C, validation.

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "base/crc32c.h"
#include "records/validator.h"
#include "tests/bench/micro/batches.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

constexpr std::int64_t timestamp = 1'700'000'000'000;

void add(Paths& paths, const std::string& name, std::function<void()> operation) {
  const int operations = Path{}.operations;
  paths.push_back({.name = name, .operations = operations, .make = [=] {
                     return std::make_unique<Repeated>([=] {
                       for (int i = 0; i < operations; ++i) operation();
                     });
                   }});
}

void add_validation(Paths& paths, const std::string& name, const SharedBytes& batch) {
  const auto decompressor = std::make_shared<records::Decompressor>();
  add(paths, "validate/" + name, [=] {
    const auto valid = records::validate_batch(batch, {}, WallMs{timestamp}, *decompressor);
    CHECK(valid.has_value(), "a batch is refused: {}", valid.error().message);
    benchmark::DoNotOptimize(&valid);
  });
}

}  // namespace

void add_record_paths(Paths& paths) {
  for (const auto& size : batch_sizes) {
    const auto batch = make_batch(size, timestamp);
    add(paths, fmt::format("crc32c/{}", size.name),
        [=] { benchmark::DoNotOptimize(crc32c(batch.bytes())); });
    add_validation(paths, size.name, batch);
  }
  constexpr BatchSize many_records{"", 160, 100};
  add_validation(paths, "160x100B", make_batch(many_records, timestamp));
  add_validation(paths, "160x100B/lz4",
                 make_batch(many_records, timestamp, {.codec = records::Codec::lz4}));
}

}  // namespace moldau::bench
