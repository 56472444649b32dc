#include "protocol/records/config_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ConfigRecord::schema = schema_of<ConfigRecord>();
constinit const Schema FeatureLevelRecord::schema = schema_of<FeatureLevelRecord>();
constinit const Schema ClientQuotaRecord::schema = schema_of<ClientQuotaRecord>();
constinit const Schema ProducerIdsRecord::schema = schema_of<ProducerIdsRecord>();

}  // namespace moldau::protocol
