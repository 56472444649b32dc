#pragma once

#include <cstdint>

#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

/// What an answer depends on beside the schema when a client speaks an older version, as of Apache
/// Kafka 4.4 (docs/protocol.md). Versions of headers are in header.h; which listener serves what is
/// in broker/api_table.cc.
namespace moldau::protocol {

/// What ApiVersions names as lowest. Produce 0 to 2 are announced and not served: released
/// librdkafka judges codecs by them (KAFKA-18659).
constexpr std::int16_t lowest_announced(const MessageInfo& request) {
  return request.api_key == number(ApiKey::produce) ? std::int16_t{0} : request.versions.lowest;
}

/// Whether an ApiVersions answer lists a feature: older clients refuse levels of 0 (KAFKA-17492).
constexpr bool lists_feature(std::int16_t lowest_level, std::int16_t version) {
  return lowest_level > 0 || version >= 4;
}

/// Whether requests of this version name topics by id (KIP-516, KIP-848).
constexpr bool names_topics_by_id(ApiKey api, std::int16_t version) {
  switch (api) {
    case ApiKey::produce:
    case ApiKey::fetch:
      return version >= 13;
    case ApiKey::offset_commit:
    case ApiKey::offset_fetch:
      return version >= 10;
    default:
      return false;
  }
}

/// The error for a topic that is not there, as the request has named it.
constexpr ErrorCode unknown_topic(ApiKey api, std::int16_t version) {
  return names_topics_by_id(api, version) ? ErrorCode::unknown_topic_id
                                          : ErrorCode::unknown_topic_or_partition;
}

/// Whether an answer of this version tells the client of this error who leads the partition now
/// (KIP-951).
constexpr bool names_current_leader(ApiKey api, std::int16_t version, ErrorCode error) {
  if (api == ApiKey::produce) return version >= 10 && error == ErrorCode::not_leader_or_follower;
  return api == ApiKey::fetch && version >= 16 &&
         (error == ErrorCode::not_leader_or_follower || error == ErrorCode::fenced_leader_epoch);
}

/// An error that clients of older versions do not know, and what they get.
struct ErrorSince {
  ApiKey api;
  ErrorCode error;
  std::int16_t since;
  ErrorCode before;
};

inline constexpr ErrorSince errors_since[] = {
    {ApiKey::fetch, ErrorCode::kafka_storage_error, 6, ErrorCode::not_leader_or_follower},
    {ApiKey::list_offsets, ErrorCode::offset_not_available, 5, ErrorCode::leader_not_available},
    {ApiKey::metadata, ErrorCode::listener_not_found, 6, ErrorCode::leader_not_available},
    {ApiKey::offset_commit, ErrorCode::group_id_not_found, 9, ErrorCode::illegal_generation},
    {ApiKey::describe_groups, ErrorCode::group_id_not_found, 6, ErrorCode::none},
    {ApiKey::delete_topics, ErrorCode::topic_deletion_disabled, 3, ErrorCode::invalid_request},
    {ApiKey::describe_cluster, ErrorCode::mismatched_endpoint_type, 1, ErrorCode::invalid_request},
};

/// The error as a client of this version knows it.
constexpr ErrorCode error_for(ApiKey api, std::int16_t version, ErrorCode error) {
  for (const ErrorSince& rule : errors_since) {
    if (rule.api == api && rule.error == error && version < rule.since) return rule.before;
  }
  return error;
}

}  // namespace moldau::protocol
