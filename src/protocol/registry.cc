#include "protocol/registry.h"

#include <array>

#include "protocol/header.h"
#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/add_raft_voter.h"
#include "protocol/messages/allocate_producer_ids.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/alter_share_group_offsets.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/assign_replicas_to_dirs.h"
#include "protocol/messages/begin_quorum_epoch.h"
#include "protocol/messages/broker_heartbeat.h"
#include "protocol/messages/broker_registration.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/consumer_protocol.h"
#include "protocol/messages/controller_registration.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_delegation_token.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/default_principal_data.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_share_group_offsets.h"
#include "protocol/messages/delete_share_group_state.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_share_group_offsets.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/end_quorum_epoch.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/envelope.h"
#include "protocol/messages/expire_delegation_token.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/fetch_snapshot.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/get_telemetry_subscriptions.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/initialize_share_group_state.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/push_telemetry.h"
#include "protocol/messages/read_share_group_state.h"
#include "protocol/messages/read_share_group_state_summary.h"
#include "protocol/messages/remove_raft_voter.h"
#include "protocol/messages/renew_delegation_token.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "protocol/messages/share_acknowledge.h"
#include "protocol/messages/share_fetch.h"
#include "protocol/messages/share_group_describe.h"
#include "protocol/messages/share_group_heartbeat.h"
#include "protocol/messages/streams_group_describe.h"
#include "protocol/messages/streams_group_heartbeat.h"
#include "protocol/messages/streams_group_topology_description_update.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/unregister_controller.h"
#include "protocol/messages/update_features.h"
#include "protocol/messages/update_raft_voter.h"
#include "protocol/messages/vote.h"
#include "protocol/messages/write_share_group_state.h"
#include "protocol/messages/write_txn_markers.h"
#include "protocol/records/broker_records.h"
#include "protocol/records/config_records.h"
#include "protocol/records/consumer_group_records.h"
#include "protocol/records/control_records.h"
#include "protocol/records/controller_records.h"
#include "protocol/records/group_records.h"
#include "protocol/records/log_directory_files.h"
#include "protocol/records/quorum_state_data.h"
#include "protocol/records/raft_records.h"
#include "protocol/records/remote_log_records.h"
#include "protocol/records/security_records.h"
#include "protocol/records/share_group_records.h"
#include "protocol/records/share_state_records.h"
#include "protocol/records/streams_group_records.h"
#include "protocol/records/streams_topology_records.h"
#include "protocol/records/topic_records.h"
#include "protocol/records/transaction_log_records.h"
#include "protocol/records/transaction_records.h"

namespace moldau::protocol {
namespace {

template <class... T>
struct Messages {
  static constexpr const Schema* schemas[sizeof...(T)] = {&T::schema...};
  static constexpr const MessageInfo* infos[sizeof...(T)] = {&T::info...};
};

using All = Messages<
    ProduceRequest, ProduceResponse, FetchRequest, FetchResponse, ListOffsetsRequest,
    ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, JoinGroupRequest, JoinGroupResponse, HeartbeatRequest,
    HeartbeatResponse, LeaveGroupRequest, LeaveGroupResponse, SyncGroupRequest, SyncGroupResponse,
    DescribeGroupsRequest, DescribeGroupsResponse, ListGroupsRequest, ListGroupsResponse,
    SaslHandshakeRequest, SaslHandshakeResponse, ApiVersionsRequest, ApiVersionsResponse,
    CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DeleteRecordsRequest, DeleteRecordsResponse, InitProducerIdRequest, InitProducerIdResponse,
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, EndTxnRequest,
    EndTxnResponse, WriteTxnMarkersRequest, WriteTxnMarkersResponse, TxnOffsetCommitRequest,
    TxnOffsetCommitResponse, DescribeAclsRequest, DescribeAclsResponse, CreateAclsRequest,
    CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse, DescribeConfigsRequest,
    DescribeConfigsResponse, AlterConfigsRequest, AlterConfigsResponse, AlterReplicaLogDirsRequest,
    AlterReplicaLogDirsResponse, DescribeLogDirsRequest, DescribeLogDirsResponse,
    SaslAuthenticateRequest, SaslAuthenticateResponse, CreatePartitionsRequest,
    CreatePartitionsResponse, CreateDelegationTokenRequest, CreateDelegationTokenResponse,
    RenewDelegationTokenRequest, RenewDelegationTokenResponse, ExpireDelegationTokenRequest,
    ExpireDelegationTokenResponse, DescribeDelegationTokenRequest, DescribeDelegationTokenResponse,
    DeleteGroupsRequest, DeleteGroupsResponse, ElectLeadersRequest, ElectLeadersResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse,
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, OffsetDeleteRequest,
    OffsetDeleteResponse, DescribeClientQuotasRequest, DescribeClientQuotasResponse,
    AlterClientQuotasRequest, AlterClientQuotasResponse, DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse, AlterUserScramCredentialsRequest,
    AlterUserScramCredentialsResponse, VoteRequest, VoteResponse, BeginQuorumEpochRequest,
    BeginQuorumEpochResponse, EndQuorumEpochRequest, EndQuorumEpochResponse, DescribeQuorumRequest,
    DescribeQuorumResponse, AlterPartitionRequest, AlterPartitionResponse, UpdateFeaturesRequest,
    UpdateFeaturesResponse, EnvelopeRequest, EnvelopeResponse, FetchSnapshotRequest,
    FetchSnapshotResponse, DescribeClusterRequest, DescribeClusterResponse,
    DescribeProducersRequest, DescribeProducersResponse, BrokerRegistrationRequest,
    BrokerRegistrationResponse, BrokerHeartbeatRequest, BrokerHeartbeatResponse,
    UnregisterBrokerRequest, UnregisterBrokerResponse, DescribeTransactionsRequest,
    DescribeTransactionsResponse, ListTransactionsRequest, ListTransactionsResponse,
    AllocateProducerIdsRequest, AllocateProducerIdsResponse, ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse,
    ControllerRegistrationRequest, ControllerRegistrationResponse, GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse, PushTelemetryRequest, PushTelemetryResponse,
    AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, ListConfigResourcesRequest,
    ListConfigResourcesResponse, DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse,
    ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse, ShareGroupDescribeRequest,
    ShareGroupDescribeResponse, ShareFetchRequest, ShareFetchResponse, ShareAcknowledgeRequest,
    ShareAcknowledgeResponse, AddRaftVoterRequest, AddRaftVoterResponse, RemoveRaftVoterRequest,
    RemoveRaftVoterResponse, UpdateRaftVoterRequest, UpdateRaftVoterResponse,
    InitializeShareGroupStateRequest, InitializeShareGroupStateResponse, ReadShareGroupStateRequest,
    ReadShareGroupStateResponse, WriteShareGroupStateRequest, WriteShareGroupStateResponse,
    DeleteShareGroupStateRequest, DeleteShareGroupStateResponse, ReadShareGroupStateSummaryRequest,
    ReadShareGroupStateSummaryResponse, StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse,
    StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsResponse, AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsResponse, DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse,
    StreamsGroupTopologyDescriptionUpdateRequest, StreamsGroupTopologyDescriptionUpdateResponse,
    UnregisterControllerRequest, UnregisterControllerResponse, RequestHeader, ResponseHeader,
    RegisterBrokerRecord, UnregisterBrokerRecord, FenceBrokerRecord, UnfenceBrokerRecord,
    BrokerRegistrationChangeRecord, RegisterControllerRecord, UnregisterControllerRecord,
    TopicRecord, PartitionRecord, PartitionChangeRecord, RemoveTopicRecord, ClearElrRecord,
    ConfigRecord, FeatureLevelRecord, ClientQuotaRecord, ProducerIdsRecord,
    AccessControlEntryRecord, RemoveAccessControlEntryRecord, DelegationTokenRecord,
    RemoveDelegationTokenRecord, UserScramCredentialRecord, RemoveUserScramCredentialRecord,
    BeginTransactionRecord, EndTransactionRecord, AbortTransactionRecord, NoOpRecord,
    ZkMigrationStateRecord, LeaderChangeMessage, SnapshotHeaderRecord, SnapshotFooterRecord,
    KRaftVersionRecord, VotersRecord, QuorumStateData, ControlRecordTypeSchema, EndTxnMarker,
    AbortedTxn, ProducerSnapshot, LegacyOffsetCommitKey, LegacyOffsetCommitValue, OffsetCommitKey,
    OffsetCommitValue, GroupMetadataKey, GroupMetadataValue, ConsumerGroupMetadataKey,
    ConsumerGroupMetadataValue, ConsumerGroupPartitionMetadataKey,
    ConsumerGroupPartitionMetadataValue, ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue, ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue, ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue, ConsumerGroupCurrentMemberAssignmentKey,
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue, ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue,
    ShareGroupMetadataKey, ShareGroupMetadataValue, ShareGroupTargetAssignmentMetadataKey,
    ShareGroupTargetAssignmentMetadataValue, ShareGroupTargetAssignmentMemberKey,
    ShareGroupTargetAssignmentMemberValue, ShareGroupCurrentMemberAssignmentKey,
    ShareGroupCurrentMemberAssignmentValue, ShareGroupStatePartitionMetadataKey,
    ShareGroupStatePartitionMetadataValue, StreamsGroupMetadataKey, StreamsGroupMetadataValue,
    StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue,
    StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue,
    StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue,
    StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue,
    StreamsGroupTopologyKey, StreamsGroupTopologyValue, TransactionLogKey, TransactionLogValue,
    ShareSnapshotKey, ShareSnapshotValue, ShareUpdateKey, ShareUpdateValue,
    RemoteLogSegmentMetadataRecord, RemoteLogSegmentMetadataUpdateRecord,
    RemotePartitionDeleteMetadataRecord, RemoteLogSegmentMetadataSnapshotRecord,
    ConsumerProtocolSubscription, ConsumerProtocolAssignment, DefaultPrincipalData>;

struct ByKey {
  std::array<const Schema*, api_key_max + 1> requests{};
  std::array<const Schema*, api_key_max + 1> responses{};
};

constexpr ByKey by_key = [] {
  ByKey result;
  for (std::size_t i = 0; i < std::size(All::infos); ++i) {
    const auto key = static_cast<std::size_t>(All::infos[i]->api_key);
    if (All::infos[i]->type == MessageType::request) result.requests[key] = All::schemas[i];
    if (All::infos[i]->type == MessageType::response) result.responses[key] = All::schemas[i];
  }
  return result;
}();

}  // namespace

std::span<const Schema* const> all_schemas() {
  return All::schemas;
}

const Schema* find_schema(MessageType type, ApiKey key) {
  if (number(key) < 0 || number(key) > api_key_max) return nullptr;
  const auto index = static_cast<std::size_t>(number(key));
  if (type == MessageType::request) return by_key.requests[index];
  return type == MessageType::response ? by_key.responses[index] : nullptr;
}

}  // namespace moldau::protocol
