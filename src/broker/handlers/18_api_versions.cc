// ApiVersions (API 18).
//   3  flexible; client software name and version (KIP-511), features (KIP-584)
//   4  features whose lowest level is 0 are listed (KAFKA-17492)
//   5  cluster id and node id of the one that the client means to reach (KIP-1242)
#include "broker/api_table.h"
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "metadata/builder.h"
#include "protocol/messages/api_versions.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Letters, digits, '-' and '.', a letter or digit at both ends (KIP-511).
bool is_valid_software(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

/// Whether the client has reached the node that it means (KIP-1242): it names cluster and node, or
/// neither; elsewhere it has to begin anew with its bootstrap servers. A controller does not
/// compare.
ErrorCode check_destination(const Broker& broker, ListenerKind kind,
                            const ApiVersionsRequest& request) {
  const bool names_node = request.node_id != no_node;
  if (request.cluster_id.has_value() != names_node) return ErrorCode::invalid_request;
  if (!names_node || kind == ListenerKind::controller) return ErrorCode::none;
  return *request.cluster_id == broker.cluster_id() && request.node_id == broker.config().node_id
             ? ErrorCode::none
             : ErrorCode::rebootstrap_required;
}

void add_apis(ListenerKind kind, ApiVersionsResponse& response) {
  for (const ApiRow& row : api_table()) {
    if (!row.is_on(kind)) continue;
    auto& out = response.api_keys.emplace_back();
    out.api_key = row.key;
    out.min_version = row.announced_lowest;
    out.max_version = row.served.highest;
  }
}

void add_features(const RequestContext& context, ApiVersionsResponse& response) {
  for (const auto& [name, range] : supported_features()) {
    if (!protocol::lists_feature(range.min, context.version)) continue;
    auto& out = response.supported_features.emplace_back();
    out.name = Text::view(name);
    out.min_version = range.min;
    out.max_version = range.max;
  }
  if (context.image->last_offset == no_offset) return;
  response.finalized_features_epoch = context.image->last_offset.value();
  for (const auto& [name, level] : context.image->features) {
    auto& out = response.finalized_features.emplace_back();
    out.name = Text::view(name);
    out.min_version_level = level;
    out.max_version_level = level;
  }
  auto& kraft = response.finalized_features.emplace_back();
  kraft.name = Text::view(metadata::kraft_version_feature);
  kraft.min_version_level = kraft.max_version_level = 1;
}

}  // namespace

env::Task<ApiVersionsResponse> handle_api_versions(Broker& broker, RequestContext& context,
                                                   ApiVersionsRequest request) {
  ApiVersionsResponse response;
  if (context.version >= 3 && (!is_valid_software(request.client_software_name) ||
                               !is_valid_software(request.client_software_version))) {
    response.error_code = ErrorCode::invalid_request;
    co_return response;
  }
  response.error_code = check_destination(broker, context.listener, request);
  if (response.error_code != ErrorCode::none) co_return response;
  add_apis(context.listener, response);
  add_features(context, response);
  co_return response;
}

}  // namespace moldau::broker
