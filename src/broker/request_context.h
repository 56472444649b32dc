#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "env/worker.h"
#include "metadata/image.h"
#include "net/session.h"
#include "protocol/api_key.h"

namespace moldau::broker {

/// Which kind of listener a request came in by; each serves its own set of APIs.
enum class ListenerKind : std::uint8_t { broker, controller };

/// What a handler may know of its request beside the body. Lives on the connection's worker, as
/// long as the request is being served.
struct RequestContext {
  protocol::ApiKey api{};
  std::int16_t version{0};
  std::int32_t correlation_id{0};
  std::string_view client_id;  ///< a view of the frame
  ListenerKind listener{ListenerKind::broker};
  const net::ConnectionInfo& connection;
  env::Worker& worker;
  MonoTime received;
  /// The cluster as it was when the request arrived, or after what the handler has changed. Lives
  /// until the answer is encoded, so the answer may refer to what is in it.
  metadata::ImagePtr image;
};

}  // namespace moldau::broker
