#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli/log_dump.h"
#include "apps/cli/output.h"
#include "base/error.h"
#include "env/disk.h"
#include "storage/verify.h"

namespace moldau::apps {

/// What has been read since it was last called.
using OnVerified = std::function<void(std::uint64_t records, std::uint64_t bytes)>;

/// Checks a log directory, or one partition's, and changes nothing. Holds the directory's lock
/// meanwhile, if it has one. Errors: locked if a broker has the directory; what could not be read
/// does not keep other partitions from being checked, and is the error then.
Result<> verify_path(env::Disk& disk, const std::string& path, storage::Findings& findings,
                     const OnVerified& on_verified);

/// Findings line by line, then what was checked. JSON has an object a line, the last of the kind
/// "summary".
class VerifyPrinter {
 public:
  VerifyPrinter(Format format, Print print) : format_(format), print_(std::move(print)) {}

  void say(const storage::Finding& finding) const;
  void summarize(const storage::VerifyTotals& totals) const;

 private:
  const Format format_;
  const Print print_;
};

}  // namespace moldau::apps
