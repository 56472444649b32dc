#pragma once

#include <cstdint>
#include <vector>

#include "apps/cli/byte_source.h"
#include "apps/cli/conversation.h"
#include "base/error.h"
#include "protocol/json.h"

namespace moldau::apps {

struct CaptureOptions {
  protocol::JsonOptions json;
  /// The sides of connections with these ports are brokers.
  std::vector<std::int32_t> broker_ports{9092};
};

/// Connections that are followed at once; beyond, the half that was silent longest is forgotten.
inline constexpr std::size_t captured_connections_max = 65'536;

/// Prints what was said in the connections of a capture, in the order in which frames were
/// complete. Errors: those of CaptureReader, after what came before was printed; not_found if no
/// connection goes to one of the ports.
Result<> decode_capture(ByteSource source, const CaptureOptions& options, DecodedOutput& output);

}  // namespace moldau::apps
