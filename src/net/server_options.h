#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"

namespace moldau::net {

struct ConnectionOptions {
  std::int32_t frame_bytes_max{100 << 20};                      ///< socket.request.max.bytes
  Duration idle_max{std::chrono::minutes(10)};                  ///< connections.max.idle.ms
  Duration receive_stall_max{std::chrono::seconds(30)};         ///< no progress inside a frame
  Duration receive_stall_pressed_max{std::chrono::seconds(5)};  ///< while others wait for memory
  Duration send_stall_max{std::chrono::seconds(60)};            ///< no progress of an answer
  std::size_t pending_answers_max{64};
};

struct ConnectionLimits {
  std::int32_t connections_max{INT32_MAX};                 ///< max.connections
  std::int32_t per_ip_max{INT32_MAX};                      ///< max.connections.per.ip
  std::map<std::string, std::int32_t> per_ip_overrides{};  ///< by numeric address

  std::int32_t per_ip(const std::string& ip) const;
};

struct ServerOptions {
  ConnectionOptions connection{};
  ConnectionLimits limits{};
};

}  // namespace moldau::net
