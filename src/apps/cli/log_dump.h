#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "apps/cli/log_line.h"
#include "apps/cli/output.h"
#include "base/error.h"
#include "env/disk.h"
#include "protocol/redact.h"

namespace moldau::apps {

struct DumpOptions {
  enum class Depth : std::uint8_t { batches, records };
  Depth depth{Depth::batches};
  Format format{Format::table};  ///< json: an object a line
  /// Whose records a segment holds; by default the name of its directory says it. Those of internal
  /// topics are printed as messages.
  std::optional<std::string> topic;
  protocol::Secrets secrets{protocol::Secrets::hidden};
  /// JSON objects have it as "file" if it is not empty.
  std::string file_label;
};

/// Takes the dump line by line, without line ends.
using Print = std::function<void(std::string_view line)>;

/// What is wrong in a file is printed, too, in a line that begins with "BAD" (in JSON of the kind
/// "bad"); the dump then goes on where that is possible.
struct DumpResult {
  std::uint64_t problems{0};
};

/// Prints lines in the format that was asked for and counts problems.
class DumpPrinter {
 public:
  DumpPrinter(const DumpOptions& options, const Print& print) : options_(options), print_(print) {}

  enum class Indent : std::uint8_t { none, below };
  void say(const DumpLine& line, Indent indent = Indent::none);
  void bad(std::optional<std::uint64_t> position, std::string_view why);
  const DumpOptions& options() const { return options_; }
  DumpResult result() const { return {problems_}; }

 private:
  const DumpOptions& options_;
  const Print& print_;
  std::uint64_t problems_{0};
};

/// Prints what a file of a log directory holds: a segment or snapshot of the metadata log (.log,
/// .checkpoint), an index, a producer snapshot, a checkpoint, properties. Reads only. Errors: io,
/// not_found; unsupported for a name that is none of these.
Result<DumpResult> dump_file(env::Disk& disk, const std::string& path, const DumpOptions& options,
                             const Print& print);

/// Batches, and records if asked for, of a segment; checks checksums and that offsets ascend.
Result<> dump_segment(env::Disk& disk, const std::string& path, DumpPrinter& printer);

}  // namespace moldau::apps
