#include <fmt/format.h>

#include <utility>

#include "metadata/builder.h"

/// Replay of everything that is neither a broker nor a topic.
namespace moldau::metadata {
namespace {

SharedBytes own(const SharedBytes& bytes) {
  return SharedBytes::copy(bytes.bytes());
}

}  // namespace

Result<> ImageBuilder::apply(const protocol::ConfigRecord& record) {
  ConfigResource resource{record.resource_type, record.resource_name.str()};
  const ConfigValuesPtr* current = image_.configs.find(resource);
  ConfigValues values = current == nullptr ? ConfigValues() : **current;
  if (record.value) {
    values[record.name.str()] = record.value->str();
  } else {
    values.erase(record.name.str());
  }
  delta_.configs.insert(resource);
  if (values.empty()) {
    image_.configs.erase(resource);
  } else {
    image_.configs.insert(std::move(resource),
                          std::make_shared<const ConfigValues>(std::move(values)));
  }
  return {};
}

Result<> ImageBuilder::apply(const protocol::FeatureLevelRecord& record) {
  const std::string_view name = record.name.view();
  if (name == metadata_version_feature && !metadata_versions.contains(record.feature_level)) {
    return fail(Errc::unsupported,
                fmt::format("metadata.version {}: this version serves {} to {}",
                            record.feature_level, metadata_versions.min, metadata_versions.max));
  }
  delta_.features.insert(record.name.str());
  if (record.feature_level == 0) {
    image_.features.erase(name);
  } else {
    image_.features.insert(record.name.str(), record.feature_level);
  }
  return {};
}

Result<> ImageBuilder::apply(const protocol::ClientQuotaRecord& record) {
  QuotaEntity entity;
  for (const auto& part : record.entity) {
    entity[part.entity_type.str()] =
        part.entity_name ? std::optional(part.entity_name->str()) : std::nullopt;
  }
  const auto* current = image_.quotas.find(entity);
  QuotaValues values = current == nullptr ? QuotaValues() : **current;
  if (record.remove) {
    values.erase(record.key.str());
  } else {
    values[record.key.str()] = record.value;
  }
  delta_.quotas = true;
  if (values.empty()) {
    image_.quotas.erase(entity);
  } else {
    image_.quotas.insert(std::move(entity), std::make_shared<const QuotaValues>(std::move(values)));
  }
  return {};
}

Result<> ImageBuilder::apply(const protocol::ProducerIdsRecord& record) {
  if (record.next_producer_id <= image_.next_producer_id) {
    return fail(Errc::corrupt, fmt::format("metadata log: next producer id {} behind {}",
                                           record.next_producer_id, image_.next_producer_id));
  }
  image_.next_producer_id = record.next_producer_id;
  delta_.producer_ids = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::AccessControlEntryRecord& record) {
  AccessControlEntry entry{.resource_type = record.resource_type,
                           .resource_name = record.resource_name.str(),
                           .pattern_type = record.pattern_type,
                           .principal = record.principal.str(),
                           .host = record.host.str(),
                           .operation = record.operation,
                           .permission_type = record.permission_type};
  image_.acls.insert(record.id, std::make_shared<const AccessControlEntry>(std::move(entry)));
  delta_.acls = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::RemoveAccessControlEntryRecord& record) {
  if (!image_.acls.erase(record.id)) {
    return fail(Errc::corrupt,
                fmt::format("metadata log: removal of the unknown ACL {}", record.id));
  }
  delta_.acls = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::DelegationTokenRecord& record) {
  DelegationToken token{.owner = record.owner.str(),
                        .requester = record.requester.str(),
                        .renewers = {},
                        .issue_timestamp = record.issue_timestamp,
                        .max_timestamp = record.max_timestamp,
                        .expiration_timestamp = record.expiration_timestamp};
  for (const Text& renewer : record.renewers) token.renewers.push_back(renewer.str());
  image_.tokens.insert(record.token_id.str(),
                       std::make_shared<const DelegationToken>(std::move(token)));
  delta_.tokens = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::RemoveDelegationTokenRecord& record) {
  // Kafka too takes the removal of what is not there.
  image_.tokens.erase(record.token_id.view());
  delta_.tokens = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::UserScramCredentialRecord& record) {
  ScramCredential credential{.salt = own(record.salt),
                             .stored_key = own(record.stored_key),
                             .server_key = own(record.server_key),
                             .iterations = record.iterations};
  image_.scram.insert({record.mechanism, record.name.str()},
                      std::make_shared<const ScramCredential>(std::move(credential)));
  delta_.scram = true;
  return {};
}

Result<> ImageBuilder::apply(const protocol::RemoveUserScramCredentialRecord& record) {
  image_.scram.erase(ScramKey{record.mechanism, record.name.str()});
  delta_.scram = true;
  return {};
}

}  // namespace moldau::metadata
