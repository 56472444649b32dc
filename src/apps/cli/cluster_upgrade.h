#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/config_admin.h"
#include "apps/cli/wire.h"

/// Raising the features of a running cluster (KIP-584), as `kafka-features upgrade` does.
namespace moldau::apps {

struct FeatureLevel {
  std::string name;
  std::int16_t level{0};  ///< 0: off
  bool operator==(const FeatureLevel&) const = default;
};
/// "group.version=1". Errors: invalid.
Result<FeatureLevel> parse_feature(std::string_view text);

struct FeatureRaise {
  std::string name;
  std::int16_t from{0};
  std::int16_t to{0};
};

/// What is to be raised for the features `wanted`, or, if that is empty, for every feature to the
/// highest level that all brokers know; sorted by name. What is so already is left out, and so is
/// kraft.version, unless it is wanted: it is the quorum's. Errors: those of Wire; invalid: a wanted
/// level is below the one that is.
Result<std::vector<FeatureRaise>> plan_upgrade(Wire& wire, const std::vector<FeatureLevel>& wanted);

/// All of them or none. Errors: those of Wire; invalid with what the controller said.
Result<> raise_features(Wire& wire, const std::vector<FeatureRaise>& raises, Commit commit);

}  // namespace moldau::apps
