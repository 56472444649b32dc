#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/records/broker_records.h"
#include "protocol/records/config_records.h"
#include "protocol/records/controller_records.h"
#include "protocol/records/security_records.h"
#include "protocol/records/topic_records.h"
#include "protocol/records/transaction_records.h"

namespace moldau::protocol {

struct JsonOptions;

/// Any record of __cluster_metadata, for std::visit in replay. The value of a log record is: frame
/// version (uvarint, always 1), the record's number and version (uvarints), its flexible encoding,
/// and nothing behind it.
using MetadataRecord =
    std::variant<RegisterBrokerRecord, UnregisterBrokerRecord, TopicRecord, PartitionRecord,
                 ConfigRecord, PartitionChangeRecord, FenceBrokerRecord, UnfenceBrokerRecord,
                 RemoveTopicRecord, DelegationTokenRecord, UserScramCredentialRecord,
                 FeatureLevelRecord, ClientQuotaRecord, ProducerIdsRecord,
                 BrokerRegistrationChangeRecord, AccessControlEntryRecord,
                 RemoveAccessControlEntryRecord, NoOpRecord, ZkMigrationStateRecord,
                 RemoveUserScramCredentialRecord, BeginTransactionRecord, EndTransactionRecord,
                 AbortTransactionRecord, RemoveDelegationTokenRecord, RegisterControllerRecord,
                 ClearElrRecord, UnregisterControllerRecord>;

/// The record's texts and bytes are views of `value`, which the caller keeps alive for as long as
/// they are used; copy what outlives it. Errc::unsupported for a record or version that we do not
/// know, and corrupt or truncated for broken bytes: in both cases a node must stop replaying,
/// because it would diverge.
Result<MetadataRecord> decode_metadata_record(const SharedBytes& value);

/// Which `version` to write follows from metadata.version, so the caller chooses it. Errors are
/// those of `encode`.
Result<SharedBytes> encode_metadata_record(const MetadataRecord& record, std::int16_t version);

/// "PartitionChangeRecord".
std::string_view name(const MetadataRecord& record);

/// As kafka-dump-log prints it: {"type":"TOPIC_RECORD","version":0,"data":{...}}.
Result<std::string> metadata_record_to_json(const SharedBytes& value);
Result<std::string> metadata_record_to_json(const SharedBytes& value, const JsonOptions& options);

}  // namespace moldau::protocol
