#include "metadata/feature_update.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "metadata/features.h"

namespace moldau::metadata {
namespace {

using protocol::ErrorCode;
using Update = protocol::UpdateFeaturesRequest::FeatureUpdateKey;
using Reason = std::optional<std::string>;

/// FeatureUpdate.UpgradeType of Kafka.
enum class UpgradeType : std::int8_t { upgrade = 1, safe_downgrade = 2, unsafe_downgrade = 3 };

constexpr std::string_view known_features[] = {group_version_feature,   transaction_version_feature,
                                               elr_version_feature,     share_version_feature,
                                               streams_version_feature, kraft_version_feature,
                                               metadata_version_feature};

Reason reject_level(std::string_view who, const FeatureRanges& features, std::string_view name,
                    std::int16_t wanted) {
  const auto found = features.find(name);
  if (found == features.end()) {
    if (wanted == 0) return std::nullopt;
    return fmt::format("{} does not support this feature.", who);
  }
  if (found->second.contains(wanted)) return std::nullopt;
  return fmt::format("{} only supports versions {}-{}", who, found->second.min, found->second.max);
}

/// Everybody must be able to run at the level, whether alive or not.
Reason reject_level(const Image& image, const FeatureSupport& support, std::string_view name,
                    std::int16_t wanted) {
  auto reason = reject_level(fmt::format("Local controller {}", support.node_id), support.features,
                             name, wanted);
  if (reason) return reason;
  for (const auto& [id, broker] : image.brokers) {
    reason = reject_level(fmt::format("Broker {}", id), broker->features, name, wanted);
    if (reason) return reason;
  }
  for (const auto& [id, controller] : image.controllers) {
    if (id == support.node_id) continue;
    reason = reject_level(fmt::format("Controller {}", id), controller->features, name, wanted);
    if (reason) return reason;
  }
  return std::nullopt;
}

/// The whole text, as the two forms of Kafka's message have it.
Reason reject_metadata_downgrade(std::int16_t current, std::int16_t wanted, UpgradeType type) {
  for (std::int16_t at = current; at > wanted; --at) {
    if (!level::changes_metadata(at)) continue;
    return fmt::format("Unsupported metadata.version downgrade from {} to {}. {}", current, wanted,
                       type == UpgradeType::unsafe_downgrade
                           ? "Unsafe metadata downgrade is not supported in this version."
                           : "Refusing to perform the requested downgrade because it might delete "
                             "metadata information.");
  }
  return std::nullopt;
}

std::int16_t current_level(const Image& image, const FeatureSupport& support,
                           std::string_view name) {
  return name == kraft_version_feature ? support.kraft_version : image.feature_level(name);
}

Reason reject_update(const Image& image, const FeatureSupport& support, std::string_view name,
                     std::int16_t wanted, UpgradeType type) {
  const auto invalid = [&](std::string_view why) {
    return fmt::format("Invalid update version {} for feature {}. {}", wanted, name, why);
  };
  if (type < UpgradeType::upgrade || type > UpgradeType::unsafe_downgrade) {
    return invalid("The controller does not support the given upgrade type.");
  }
  if (wanted < 0) return invalid("A feature version cannot be less than 0.");
  if (auto reason = reject_level(image, support, name, wanted)) return invalid(*reason);
  if (std::ranges::find(known_features, name) == std::end(known_features)) {
    return invalid(fmt::format("Feature {} not found.", name));
  }
  const std::int16_t current = current_level(image, support, name);
  if (wanted < current && type == UpgradeType::upgrade) {
    return invalid(
        "Can't downgrade the version of this feature without setting the upgrade type to either "
        "safe or unsafe downgrade.");
  }
  if (wanted > current && type != UpgradeType::upgrade) {
    return invalid("Can't downgrade to a newer version.");
  }
  if (name == metadata_version_feature) return reject_metadata_downgrade(current, wanted, type);
  if (name != kraft_version_feature || wanted == current) return std::nullopt;
  return invalid(wanted < current ? "Can't downgrade the version of this feature."
                                  : "This controller can not upgrade the quorum.");
}

}  // namespace

std::optional<ApiError> update_features(const Image& image, const FeatureSupport& support,
                                        const protocol::UpdateFeaturesRequest& request,
                                        std::vector<Record>& records) {
  std::vector<Record> decided;
  for (const Update& update : request.feature_updates) {
    const std::string_view name = update.feature.view();
    const std::int16_t wanted = update.max_version_level;
    if (auto reason = reject_update(image, support, name, wanted,
                                    static_cast<UpgradeType>(update.upgrade_type))) {
      return ApiError{
          ErrorCode::invalid_update_version,
          "The update failed for all features since the following feature had an error: " +
              std::move(*reason)};
    }
    if (wanted == current_level(image, support, name)) continue;
    protocol::FeatureLevelRecord record;
    record.name = Text::copy(name);
    record.feature_level = wanted;
    decided.push_back({std::move(record), 0});
  }
  if (!request.validate_only) std::ranges::move(decided, std::back_inserter(records));
  return std::nullopt;
}

}  // namespace moldau::metadata
