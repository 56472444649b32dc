#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/error.h"
#include "broker/request_context.h"
#include "env/task.h"
#include "net/answer.h"
#include "protocol/fields.h"

namespace moldau::broker {

class Broker;

/// One API: which versions are served where, and who serves them. The ApiVersions answer is made
/// from these rows, so what is not here is not announced.
struct ApiRow {
  using Serve = env::Task<Result<net::Answer>> (*)(Broker&, RequestContext&, SharedBytes frame,
                                                   std::size_t body);

  protocol::ApiKey key{};
  protocol::Versions served;
  /// What ApiVersions names as lowest (protocol/version_rules.h).
  std::int16_t announced_lowest{0};
  bool on_broker{false};
  bool on_controller{false};
  /// Decodes the body, calls the handler, encodes the answer's frame. Null: Produce, which is
  /// pipelined and has a road of its own (produce.h).
  Serve serve{nullptr};

  bool is_on(ListenerKind kind) const {
    return kind == ListenerKind::broker ? on_broker : on_controller;
  }
};

/// All rows, in the order of their keys.
std::span<const ApiRow> api_table();
/// Null if the API is not served on this kind of listener.
const ApiRow* find_api(std::int16_t key, ListenerKind kind);

}  // namespace moldau::broker
