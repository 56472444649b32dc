#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/features.h"
#include "metadata/image.h"
#include "metadata/record.h"

/// Records that say what a piece of the image says. Their texts are views of it.
namespace moldau::metadata {

Record feature_record(std::string_view name, std::int16_t feature_level);
Record broker_record(const BrokerRegistration& broker, std::int16_t metadata_version);
Record controller_record(const ControllerRegistration& controller);
Record partition_record(const Uuid& topic_id, PartitionId id,
                        const PartitionRegistration& partition, std::int16_t metadata_version);

}  // namespace moldau::metadata
