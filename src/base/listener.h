#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"

namespace moldau {

/// One element of `listeners` or `advertised.listeners`: "NAME://host:port".
struct ListenerAddress {
  std::string name;  ///< upper case, as Kafka normalises it
  std::string host;  ///< without the brackets of an IPv6 address; empty: every address
  std::uint16_t port{0};
  auto operator<=>(const ListenerAddress&) const = default;
};

/// Errors: invalid, beginning with `property`: a malformed element, or a name that comes twice.
Result<std::vector<ListenerAddress>> parse_listeners(std::string_view property,
                                                     const std::vector<std::string>& elements);

/// `listener.security.protocol.map`: listener name -> security protocol, both upper case.
Result<std::map<std::string, std::string>> parse_protocol_map(std::string_view property,
                                                              std::string_view text);

/// `max.connections.per.ip.overrides`: address -> most connections from there, of elements
/// "address:number". Errors: invalid.
Result<std::map<std::string, std::int32_t>> parse_connection_limits(std::string_view property,
                                                                    std::string_view text);

/// "host:port" or "[v6]:port". Errors: invalid.
Result<std::pair<std::string, std::uint16_t>> parse_host_port(std::string_view text);

}  // namespace moldau
