#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "env/disk.h"

namespace moldau::apps {

struct DumpOptions {
  enum class Depth : std::uint8_t { batches, records };
  Depth depth{Depth::batches};
};

/// Takes the dump line by line, without line ends.
using Print = std::function<void(std::string_view line)>;

/// What is wrong in a file is printed, too, in a line that begins with "BAD"; the dump then goes on
/// where that is possible.
struct DumpResult {
  std::uint64_t problems{0};
};

/// Prints what a file of a log directory holds: a segment or snapshot of the metadata log (.log,
/// .checkpoint), an index, a producer snapshot, a checkpoint, properties. Reads only. Errors: io,
/// not_found; unsupported for a name that is none of these.
Result<DumpResult> dump_file(env::Disk& disk, const std::string& path, const DumpOptions& options,
                             const Print& print);

/// Batches, and records if asked for, of a segment; checks checksums and that offsets ascend.
Result<DumpResult> dump_segment(env::Disk& disk, const std::string& path,
                                const DumpOptions& options, const Print& print);

}  // namespace moldau::apps
