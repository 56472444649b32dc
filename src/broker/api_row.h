#pragma once

#include <cstdint>
#include <span>

#include "broker/api_table.h"
#include "broker/serve.h"
#include "protocol/version_rules.h"

/// For the two parts of the table, which one file would take too long to compile.
namespace moldau::broker {

enum class On : std::uint8_t { broker, both };

/// A simple handler's row: the versions are those of the message.
template <auto handler>
constexpr ApiRow row(On on) {
  using Request = typename HandlerTraits<decltype(handler)>::Request;
  constexpr auto& info = Request::info;
  return {.key = static_cast<protocol::ApiKey>(info.api_key),
          .served = {info.versions.lowest, info.latest_stable()},
          .announced_lowest = protocol::lowest_announced(info),
          .on_broker = true,
          .on_controller = on == On::both,
          .serve = &serve_simple<handler>};
}

/// The rows from DescribeConfigs on.
std::span<const ApiRow> later_api_rows();

}  // namespace moldau::broker
