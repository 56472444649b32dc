#include "base/listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/config_key.h"

namespace moldau {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::unexpected<Error> malformed(std::string_view property, std::string_view element,
                                 std::string_view should_be) {
  return fail(Errc::invalid, fmt::format("{}: '{}' is not {}", property, element, should_be));
}

}  // namespace

Result<std::pair<std::string, std::uint16_t>> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return malformed("address", text, "of the form host:port");
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return malformed("address", text, "of the form [address]:port");
  }
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return malformed("address", text, "ending in a port from 0 to 65535");
  }
  return std::pair(std::string(host), port);
}

Result<std::vector<ListenerAddress>> parse_listeners(std::string_view property,
                                                     const std::vector<std::string>& elements) {
  std::vector<ListenerAddress> listeners;
  for (const auto& element : elements) {
    const auto scheme = element.find("://");
    if (scheme == std::string::npos || scheme == 0) {
      return malformed(property, element, "of the form NAME://host:port");
    }
    auto address = parse_host_port(std::string_view(element).substr(scheme + 3));
    if (!address) return std::unexpected(std::move(address).error().within(property));
    ListenerAddress listener{upper(element.substr(0, scheme)), std::move(address->first),
                             address->second};
    if (std::ranges::count(listeners, listener.name, &ListenerAddress::name) != 0) {
      return fail(Errc::invalid, fmt::format("{}: {} comes twice", property, listener.name));
    }
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Result<std::map<std::string, std::string>> parse_protocol_map(std::string_view property,
                                                              std::string_view text) {
  std::map<std::string, std::string> protocols;
  for (const auto& element : split_config_list(text)) {
    const auto colon = element.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == element.size()) {
      return malformed(property, element, "of the form NAME:PROTOCOL");
    }
    const bool added =
        protocols.emplace(upper(element.substr(0, colon)), upper(element.substr(colon + 1))).second;
    if (!added) return malformed(property, element, "the only protocol of that listener");
  }
  return protocols;
}

Result<std::map<std::string, std::int32_t>> parse_connection_limits(std::string_view property,
                                                                    std::string_view text) {
  std::map<std::string, std::int32_t> limits;
  for (const auto& element : split_config_list(text)) {
    const auto colon = element.rfind(':');
    std::int32_t limit = -1;
    const char* const element_end = element.data() + element.size();
    if (colon != std::string::npos && colon > 0) {
      const auto [end, error] = std::from_chars(element.data() + colon + 1, element_end, limit);
      if (error != std::errc() || end != element_end) limit = -1;
    }
    if (limit < 0) return malformed(property, element, "of the form address:number");
    limits[element.substr(0, colon)] = limit;
  }
  return limits;
}

}  // namespace moldau
