#include "protocol/records/topic_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema TopicRecord::schema = schema_of<TopicRecord>();
constinit const Schema PartitionRecord::schema = schema_of<PartitionRecord>();
constinit const Schema PartitionChangeRecord::schema = schema_of<PartitionChangeRecord>();
constinit const Schema RemoveTopicRecord::schema = schema_of<RemoveTopicRecord>();
constinit const Schema ClearElrRecord::schema = schema_of<ClearElrRecord>();

}  // namespace moldau::protocol
