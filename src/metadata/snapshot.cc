#include "metadata/snapshot.h"

#include <utility>

#include "metadata/image_records.h"

namespace moldau::metadata {
namespace {

using Sink = std::function<Result<>(const Record& record)>;

Result<> write_features(const Image& image, std::int16_t metadata_version, const Sink& sink) {
  // First and in version 0, whatever comes: it says how to read the rest.
  TRY(sink(feature_record(metadata_version_feature, metadata_version)));
  for (const auto& [name, level] : image.features) {
    if (name != metadata_version_feature) TRY(sink(feature_record(name, level)));
  }
  return {};
}

Result<> write_topics(const Image& image, std::int16_t metadata_version, const Sink& sink) {
  for (const auto& [id, topic] : image.topics_by_id) {
    protocol::TopicRecord record;
    record.name = Text::view(topic->name);
    record.topic_id = id;
    TRY(sink({std::move(record), 0}));
    for (std::int32_t i = 0; i < topic->partition_count(); ++i) {
      const auto& partition = *topic->partition(PartitionId(i));
      TRY(sink(partition_record(id, PartitionId(i), partition, metadata_version)));
    }
  }
  return {};
}

Result<> write_configs(const Image& image, const Sink& sink) {
  for (const auto& [resource, values] : image.configs) {
    for (const auto& [name, value] : *values) {
      protocol::ConfigRecord record;
      record.resource_type = resource.type;
      record.resource_name = Text::view(resource.name);
      record.name = Text::view(name);
      record.value = Text::view(value);
      TRY(sink({std::move(record), 0}));
    }
  }
  return {};
}

Result<> write_quotas(const Image& image, const Sink& sink) {
  for (const auto& [entity, values] : image.quotas) {
    for (const auto& [key, value] : *values) {
      protocol::ClientQuotaRecord record;
      for (const auto& [type, name] : entity) {
        record.entity.push_back(
            {Text::view(type), name ? std::optional(Text::view(*name)) : std::nullopt});
      }
      record.key = Text::view(key);
      record.value = value;
      TRY(sink({std::move(record), 0}));
    }
  }
  return {};
}

Result<> write_acls(const Image& image, const Sink& sink) {
  for (const auto& [id, entry] : image.acls) {
    protocol::AccessControlEntryRecord record;
    record.id = id;
    record.resource_type = entry->resource_type;
    record.resource_name = Text::view(entry->resource_name);
    record.pattern_type = entry->pattern_type;
    record.principal = Text::view(entry->principal);
    record.host = Text::view(entry->host);
    record.operation = entry->operation;
    record.permission_type = entry->permission_type;
    TRY(sink({std::move(record), 0}));
  }
  return {};
}

Result<> write_credentials(const Image& image, const Sink& sink) {
  for (const auto& [key, credential] : image.scram) {
    protocol::UserScramCredentialRecord record;
    record.name = Text::view(key.user);
    record.mechanism = key.mechanism;
    record.salt = credential->salt;
    record.stored_key = credential->stored_key;
    record.server_key = credential->server_key;
    record.iterations = credential->iterations;
    TRY(sink({std::move(record), 0}));
  }
  for (const auto& [id, token] : image.tokens) {
    protocol::DelegationTokenRecord record;
    record.owner = Text::view(token->owner);
    record.requester = Text::view(token->requester);
    for (const std::string& renewer : token->renewers) {
      record.renewers.push_back(Text::view(renewer));
    }
    record.issue_timestamp = token->issue_timestamp;
    record.max_timestamp = token->max_timestamp;
    record.expiration_timestamp = token->expiration_timestamp;
    record.token_id = Text::view(id);
    TRY(sink({std::move(record), 0}));
  }
  return {};
}

}  // namespace

Result<> write_snapshot(const Image& image, const Sink& sink) {
  const auto metadata_version = image.metadata_version();
  if (!metadata_version) return fail(Errc::invalid, "a snapshot without a metadata.version");
  TRY(write_features(image, *metadata_version, sink));
  for (const auto& [id, broker] : image.brokers) {
    TRY(sink(broker_record(*broker, *metadata_version)));
  }
  for (const auto& [id, controller] : image.controllers) TRY(sink(controller_record(*controller)));
  TRY(write_topics(image, *metadata_version, sink));
  TRY(write_configs(image, sink));
  TRY(write_quotas(image, sink));
  if (image.next_producer_id != no_producer_id) {
    protocol::ProducerIdsRecord record;
    record.broker_id = no_node;
    record.next_producer_id = image.next_producer_id;
    TRY(sink({std::move(record), 0}));
  }
  TRY(write_acls(image, sink));
  return write_credentials(image, sink);
}

Result<> SnapshotLoader::add_batch(const records::BatchView& batch) {
  return builder_.replay_batch(batch);
}

ImagePtr SnapshotLoader::finish(RecordPosition last) {
  auto image = std::make_shared<Image>(*builder_.build().image);
  image->last_offset = last.offset;
  image->last_epoch = last.epoch;
  image->last_timestamp = last.timestamp;
  image->batch_aligned = true;
  // A broker is caught up when it has loaded the snapshot that its registration is in.
  const auto brokers = image->brokers;
  for (const auto& [id, broker] : brokers) {
    auto placed = std::make_shared<BrokerRegistration>(*broker);
    placed->record_offset = last.offset;
    image->brokers.insert(id, std::move(placed));
  }
  return image;
}

}  // namespace moldau::metadata
