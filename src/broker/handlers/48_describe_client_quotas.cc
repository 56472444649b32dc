// DescribeClientQuotas (API 48, KIP-546).
//   1  flexible
#include <map>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "metadata/api_error.h"
#include "protocol/messages/describe_client_quotas.h"

namespace moldau::broker {
namespace {

using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using protocol::ErrorCode;

enum class MatchType : std::int8_t { exact = 0, default_entity = 1, specified = 2 };

/// Which entities are asked for: by type, their name (null: the default entity), or any name.
struct Filter {
  struct Part {
    bool any_name{false};
    std::optional<std::string> name;
  };
  std::map<std::string, Part, std::less<>> parts;
  bool strict{false};  ///< entities with other types beside these do not match

  bool matches(const metadata::QuotaEntity& entity) const {
    if (strict && entity.size() != parts.size()) return false;
    for (const auto& [type, part] : parts) {
      const auto found = entity.find(type);
      if (found == entity.end()) return false;
      if (!part.any_name && found->second != part.name) return false;
    }
    return true;
  }
};

using Refusal = std::optional<metadata::ApiError>;

Refusal invalid(std::string message) {
  return metadata::ApiError{ErrorCode::invalid_request, std::move(message)};
}

Refusal add_part(const DescribeClientQuotasRequest::ComponentData& component, Filter& filter) {
  const std::string type = component.entity_type.str();
  if (type.empty()) return invalid("Invalid empty entity type.");
  if (type != "user" && type != "client-id" && type != "ip") {
    return metadata::ApiError{ErrorCode::unsupported_version,
                              fmt::format("Unsupported entity type {}", type)};
  }
  if (filter.parts.contains(type)) {
    return invalid(fmt::format("Entity type {} cannot appear more than once in the filter.", type));
  }
  Filter::Part part;
  switch (static_cast<MatchType>(component.match_type)) {
    case MatchType::exact:
      if (!component.match) {
        return invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.");
      }
      part.name = component.match->str();
      break;
    case MatchType::default_entity:
      if (component.match) {
        return invalid("Request specified MATCH_TYPE_DEFAULT, but also specified a match string.");
      }
      break;
    case MatchType::specified:
      if (component.match) {
        return invalid(
            "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.");
      }
      part.any_name = true;
      break;
    default:
      return invalid(fmt::format("Unknown match type {}", static_cast<int>(component.match_type)));
  }
  filter.parts.emplace(type, std::move(part));
  return std::nullopt;
}

Refusal make_filter(const DescribeClientQuotasRequest& request, Filter& filter) {
  filter.strict = request.strict;
  for (const auto& component : request.components) {
    if (auto refusal = add_part(component, filter)) return refusal;
  }
  if (filter.parts.size() > 1 && filter.parts.contains("ip")) {
    return invalid(
        "Invalid entity filter component combination. IP filter component should not be used with "
        "user or clientId filter component.");
  }
  return std::nullopt;
}

}  // namespace

/// Quotas that another broker has stored are told, though this one does not enforce them.
env::Task<DescribeClientQuotasResponse> handle_describe_client_quotas(
    Broker&, RequestContext& context, DescribeClientQuotasRequest request) {
  DescribeClientQuotasResponse response;
  Filter filter;
  if (auto refusal = make_filter(request, filter)) {
    response.error_code = refusal->code;
    response.error_message = Text(std::move(refusal->message));
    response.entries.reset();
    co_return response;
  }
  for (const auto& [entity, values] : context.image->quotas) {
    if (!filter.matches(entity)) continue;
    auto& entry = response.entries->emplace_back();
    for (const auto& [type, name] : entity) {
      auto& part = entry.entity.emplace_back();
      part.entity_type = Text(type);
      part.entity_name = name ? std::optional(Text(*name)) : std::nullopt;
    }
    for (const auto& [key, value] : *values) {
      entry.values.push_back({.key = Text(key), .value = value});
    }
  }
  co_return response;
}

}  // namespace moldau::broker
