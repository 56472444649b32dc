#pragma once

#include <optional>
#include <vector>

#include "base/ids.h"
#include "metadata/api_error.h"
#include "metadata/image.h"
#include "metadata/record.h"
#include "protocol/messages/update_features.h"

namespace moldau::metadata {

/// What is known of feature levels beside the image.
struct FeatureSupport {
  NodeId node_id;                 ///< of this controller
  const FeatureRanges& features;  ///< that it can run at
  std::int16_t kraft_version{0};  ///< as the quorum has it
};

/// Decides one UpdateFeatures request (KIP-584): all of it or nothing. `AllowDowngrade` of version
/// 0 counts for nothing, as in Apache Kafka. Adds the records, or says why not. A level that is set
/// already is no error and makes no record.
std::optional<ApiError> update_features(const Image& image, const FeatureSupport& support,
                                        const protocol::UpdateFeaturesRequest& request,
                                        std::vector<Record>& records);

}  // namespace moldau::metadata
