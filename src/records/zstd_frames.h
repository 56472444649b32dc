#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::records {

/// The most that joined zstd frames can expand to, from the headers of their blocks alone (RFC
/// 8878, section 3.1.1): with it an output can be given memory and no window is needed, whatever
/// size frames claim. Errors: corrupt for headers that are malformed or cut off, a reserved block
/// type, and for a window over `zstd_window_log_max`, which Java's consumers could not read.
Result<std::size_t> zstd_output_max(Bytes frames);

}  // namespace moldau::records
