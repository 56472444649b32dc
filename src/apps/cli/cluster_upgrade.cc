#include "apps/cli/cluster_upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "apps/cli/explain.h"
#include "protocol/messages/update_features.h"

namespace moldau::apps {
namespace {

using protocol::ErrorCode;
using protocol::UpdateFeaturesRequest;
using protocol::UpdateFeaturesResponse;
using Levels = std::map<std::string, std::int16_t, std::less<>>;

constexpr std::string_view kraft_version = "kraft.version";

/// The highest level of every feature that all brokers know.
Result<Levels> common_levels(Wire& wire) {
  Levels common;
  bool is_first = true;
  for (const auto& broker : *TRY(wire.brokers())) {
    Levels known;
    for (const auto& feature : TRY(wire.api_versions(broker.id))->supported_features) {
      known[feature.name.str()] = feature.max_version;
    }
    if (std::exchange(is_first, false)) {
      common = std::move(known);
      continue;
    }
    std::erase_if(common, [&](const auto& entry) { return !known.contains(entry.first); });
    for (auto& [name, level] : common) level = std::min(level, known[name]);
  }
  return common;
}

}  // namespace

Result<FeatureLevel> parse_feature(std::string_view text) {
  const auto equals = text.find('=');
  const auto number = equals == text.npos ? std::string_view() : text.substr(equals + 1);
  FeatureLevel result{.name = std::string(text.substr(0, equals)), .level = 0};
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), result.level);
  if (result.name.empty() || error != std::errc() || end != number.data() + number.size() ||
      result.level < 0) {
    return fail(Errc::invalid, fmt::format("{}: not of the form NAME=LEVEL", text));
  }
  return result;
}

Result<std::vector<FeatureRaise>> plan_upgrade(Wire& wire,
                                               const std::vector<FeatureLevel>& wanted) {
  Levels current;
  for (const auto& feature : TRY(wire.api_versions(Wire::any))->finalized_features) {
    current[feature.name.str()] = feature.max_version_level;
  }
  Levels next;
  for (const auto& [name, level] : wanted) next[name] = level;
  if (wanted.empty()) {
    next = TRY(common_levels(wire));
    next.erase(std::string(kraft_version));
  }
  std::vector<FeatureRaise> raises;
  for (const auto& [name, level] : next) {
    const std::int16_t from = current[name];
    if (level > from) raises.push_back({.name = name, .from = from, .to = level});
    if (level < from && !wanted.empty()) {
      return fail(Errc::invalid, fmt::format("{} is at level {}, which is above {}: features are "
                                             "only raised here",
                                             name, from, level));
    }
  }
  return raises;
}

Result<> raise_features(Wire& wire, const std::vector<FeatureRaise>& raises, Commit commit) {
  UpdateFeaturesRequest request;
  request.timeout_ms = wire.options().timeout_ms;
  request.validate_only = commit == Commit::validate_only;
  for (const auto& raise : raises) {
    request.feature_updates.push_back(
        {.feature = Text::view(raise.name), .max_version_level = raise.to});
  }
  const auto response = TRY(wire.ask<UpdateFeaturesResponse>(TRY(wire.controller()), request));
  const auto refused = [](ErrorCode code, const std::optional<Text>& message) -> Result<> {
    return std::unexpected(explain(code, "features", message ? message->view() : ""));
  };
  if (response->error_code != ErrorCode::none) {
    return refused(response->error_code, response->error_message);
  }
  for (const auto& result : response->results) {
    if (result.error_code != ErrorCode::none)
      return refused(result.error_code, result.error_message);
  }
  return {};
}

}  // namespace moldau::apps
