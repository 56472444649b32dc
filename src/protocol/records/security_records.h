#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// An ACL.
struct AccessControlEntryRecord {
  static constexpr MessageInfo info{.name = "AccessControlEntryRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 18,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Uuid id{};
  std::int8_t resource_type{0};
  Text resource_name{};
  std::int8_t pattern_type{0};
  Text principal{};
  Text host{};
  std::int8_t operation{0};
  std::int8_t permission_type{0};

  static constexpr void fields(auto&& field) {
    field(&AccessControlEntryRecord::id, "Id");
    field(&AccessControlEntryRecord::resource_type, "ResourceType");
    field(&AccessControlEntryRecord::resource_name, "ResourceName");
    field(&AccessControlEntryRecord::pattern_type, "PatternType");
    field(&AccessControlEntryRecord::principal, "Principal");
    field(&AccessControlEntryRecord::host, "Host");
    field(&AccessControlEntryRecord::operation, "Operation");
    field(&AccessControlEntryRecord::permission_type, "PermissionType");
  }
};

/// An ACL is gone.
struct RemoveAccessControlEntryRecord {
  static constexpr MessageInfo info{.name = "RemoveAccessControlEntryRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 19,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Uuid id{};

  static constexpr void fields(auto&& field) { field(&RemoveAccessControlEntryRecord::id, "Id"); }
};

/// A delegation token.
struct DelegationTokenRecord {
  static constexpr MessageInfo info{.name = "DelegationTokenRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 10,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text owner{};
  Text requester{};
  std::vector<Text> renewers{};
  std::int64_t issue_timestamp{0};
  std::int64_t max_timestamp{0};
  std::int64_t expiration_timestamp{0};
  Text token_id{};

  static constexpr void fields(auto&& field) {
    field(&DelegationTokenRecord::owner, "Owner");
    field(&DelegationTokenRecord::requester, "Requester");
    field(&DelegationTokenRecord::renewers, "Renewers");
    field(&DelegationTokenRecord::issue_timestamp, "IssueTimestamp");
    field(&DelegationTokenRecord::max_timestamp, "MaxTimestamp");
    field(&DelegationTokenRecord::expiration_timestamp, "ExpirationTimestamp");
    field(&DelegationTokenRecord::token_id, "TokenId");
  }
};

/// A delegation token is gone.
struct RemoveDelegationTokenRecord {
  static constexpr MessageInfo info{.name = "RemoveDelegationTokenRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 26,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text token_id{};

  static constexpr void fields(auto&& field) {
    field(&RemoveDelegationTokenRecord::token_id, "TokenId");
  }
};

/// SCRAM credentials; mechanism 1 is SHA-256, 2 is SHA-512.
struct UserScramCredentialRecord {
  static constexpr MessageInfo info{.name = "UserScramCredentialRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 11,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text name{};
  std::int8_t mechanism{0};
  SharedBytes salt{};
  SharedBytes stored_key{};
  SharedBytes server_key{};
  std::int32_t iterations{0};

  static constexpr void fields(auto&& field) {
    field(&UserScramCredentialRecord::name, "Name");
    field(&UserScramCredentialRecord::mechanism, "Mechanism");
    field(&UserScramCredentialRecord::salt, "Salt");
    field(&UserScramCredentialRecord::stored_key, "StoredKey");
    field(&UserScramCredentialRecord::server_key, "ServerKey");
    field(&UserScramCredentialRecord::iterations, "Iterations");
  }
};

/// SCRAM credentials are gone.
struct RemoveUserScramCredentialRecord {
  static constexpr MessageInfo info{.name = "RemoveUserScramCredentialRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 22,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text name{};
  std::int8_t mechanism{0};

  static constexpr void fields(auto&& field) {
    field(&RemoveUserScramCredentialRecord::name, "Name");
    field(&RemoveUserScramCredentialRecord::mechanism, "Mechanism");
  }
};

}  // namespace moldau::protocol
