#pragma once

#include "broker/request_context.h"
#include "env/task.h"

/// Simple handlers, each in `handlers/NN_name.cc` with NN its API key: a decoded request in, an
/// answer out. Views in the request live until the answer has been encoded; so do the image of the
/// context and everything in it, which answers may refer to.
// Messages are only named here: each handler includes its own, so that touching one costs little.
namespace moldau::protocol {
struct AlterConfigsRequest;
struct AlterConfigsResponse;
struct AlterPartitionReassignmentsRequest;
struct AlterPartitionReassignmentsResponse;
struct AlterReplicaLogDirsRequest;
struct AlterReplicaLogDirsResponse;
struct ApiVersionsRequest;
struct ApiVersionsResponse;
struct ConsumerGroupDescribeRequest;
struct ConsumerGroupDescribeResponse;
struct ConsumerGroupHeartbeatRequest;
struct ConsumerGroupHeartbeatResponse;
struct CreateAclsRequest;
struct CreateAclsResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
struct CreateTopicsRequest;
struct CreateTopicsResponse;
struct DeleteAclsRequest;
struct DeleteAclsResponse;
struct DeleteGroupsRequest;
struct DeleteGroupsResponse;
struct DeleteRecordsRequest;
struct DeleteRecordsResponse;
struct DeleteTopicsRequest;
struct DeleteTopicsResponse;
struct DescribeAclsRequest;
struct DescribeAclsResponse;
struct DescribeClientQuotasRequest;
struct DescribeClientQuotasResponse;
struct DescribeClusterRequest;
struct DescribeClusterResponse;
struct DescribeConfigsRequest;
struct DescribeConfigsResponse;
struct DescribeDelegationTokenRequest;
struct DescribeDelegationTokenResponse;
struct DescribeGroupsRequest;
struct DescribeGroupsResponse;
struct DescribeLogDirsRequest;
struct DescribeLogDirsResponse;
struct DescribeProducersRequest;
struct DescribeProducersResponse;
struct DescribeQuorumRequest;
struct DescribeQuorumResponse;
struct DescribeTopicPartitionsRequest;
struct DescribeTopicPartitionsResponse;
struct DescribeTransactionsRequest;
struct DescribeTransactionsResponse;
struct DescribeUserScramCredentialsRequest;
struct DescribeUserScramCredentialsResponse;
struct ElectLeadersRequest;
struct ElectLeadersResponse;
struct FetchRequest;
struct FetchResponse;
struct FindCoordinatorRequest;
struct FindCoordinatorResponse;
struct HeartbeatRequest;
struct HeartbeatResponse;
struct IncrementalAlterConfigsRequest;
struct IncrementalAlterConfigsResponse;
struct InitProducerIdRequest;
struct InitProducerIdResponse;
struct JoinGroupRequest;
struct JoinGroupResponse;
struct LeaveGroupRequest;
struct LeaveGroupResponse;
struct ListConfigResourcesRequest;
struct ListConfigResourcesResponse;
struct ListGroupsRequest;
struct ListGroupsResponse;
struct ListOffsetsRequest;
struct ListOffsetsResponse;
struct ListPartitionReassignmentsRequest;
struct ListPartitionReassignmentsResponse;
struct ListTransactionsRequest;
struct ListTransactionsResponse;
struct MetadataRequest;
struct MetadataResponse;
struct OffsetCommitRequest;
struct OffsetCommitResponse;
struct OffsetDeleteRequest;
struct OffsetDeleteResponse;
struct OffsetFetchRequest;
struct OffsetFetchResponse;
struct OffsetForLeaderEpochRequest;
struct OffsetForLeaderEpochResponse;
struct SyncGroupRequest;
struct SyncGroupResponse;
struct UnregisterBrokerRequest;
struct UnregisterBrokerResponse;
struct UpdateFeaturesRequest;
struct UpdateFeaturesResponse;
}  // namespace moldau::protocol

namespace moldau::broker {

class Broker;

env::Task<protocol::FetchResponse> handle_fetch(Broker&, RequestContext&, protocol::FetchRequest);
env::Task<protocol::ListOffsetsResponse> handle_list_offsets(Broker&, RequestContext&,
                                                             protocol::ListOffsetsRequest);
env::Task<protocol::MetadataResponse> handle_metadata(Broker&, RequestContext&,
                                                      protocol::MetadataRequest);
env::Task<protocol::OffsetCommitResponse> handle_offset_commit(Broker&, RequestContext&,
                                                               protocol::OffsetCommitRequest);
env::Task<protocol::OffsetFetchResponse> handle_offset_fetch(Broker&, RequestContext&,
                                                             protocol::OffsetFetchRequest);
env::Task<protocol::FindCoordinatorResponse> handle_find_coordinator(
    Broker&, RequestContext&, protocol::FindCoordinatorRequest);
env::Task<protocol::JoinGroupResponse> handle_join_group(Broker&, RequestContext&,
                                                         protocol::JoinGroupRequest);
env::Task<protocol::HeartbeatResponse> handle_heartbeat(Broker&, RequestContext&,
                                                        protocol::HeartbeatRequest);
env::Task<protocol::LeaveGroupResponse> handle_leave_group(Broker&, RequestContext&,
                                                           protocol::LeaveGroupRequest);
env::Task<protocol::SyncGroupResponse> handle_sync_group(Broker&, RequestContext&,
                                                         protocol::SyncGroupRequest);
env::Task<protocol::DescribeGroupsResponse> handle_describe_groups(Broker&, RequestContext&,
                                                                   protocol::DescribeGroupsRequest);
env::Task<protocol::ListGroupsResponse> handle_list_groups(Broker&, RequestContext&,
                                                           protocol::ListGroupsRequest);
env::Task<protocol::ConsumerGroupHeartbeatResponse> handle_consumer_group_heartbeat(
    Broker&, RequestContext&, protocol::ConsumerGroupHeartbeatRequest);
env::Task<protocol::ConsumerGroupDescribeResponse> handle_consumer_group_describe(
    Broker&, RequestContext&, protocol::ConsumerGroupDescribeRequest);
env::Task<protocol::ApiVersionsResponse> handle_api_versions(Broker&, RequestContext&,
                                                             protocol::ApiVersionsRequest);
env::Task<protocol::CreateTopicsResponse> handle_create_topics(Broker&, RequestContext&,
                                                               protocol::CreateTopicsRequest);
env::Task<protocol::DeleteTopicsResponse> handle_delete_topics(Broker&, RequestContext&,
                                                               protocol::DeleteTopicsRequest);
env::Task<protocol::InitProducerIdResponse> handle_init_producer_id(
    Broker&, RequestContext&, protocol::InitProducerIdRequest);
env::Task<protocol::OffsetForLeaderEpochResponse> handle_offset_for_leader_epoch(
    Broker&, RequestContext&, protocol::OffsetForLeaderEpochRequest);
env::Task<protocol::DescribeConfigsResponse> handle_describe_configs(
    Broker&, RequestContext&, protocol::DescribeConfigsRequest);
env::Task<protocol::CreatePartitionsResponse> handle_create_partitions(
    Broker&, RequestContext&, protocol::CreatePartitionsRequest);
env::Task<protocol::DeleteGroupsResponse> handle_delete_groups(Broker&, RequestContext&,
                                                               protocol::DeleteGroupsRequest);
env::Task<protocol::OffsetDeleteResponse> handle_offset_delete(Broker&, RequestContext&,
                                                               protocol::OffsetDeleteRequest);
env::Task<protocol::DescribeClusterResponse> handle_describe_cluster(
    Broker&, RequestContext&, protocol::DescribeClusterRequest);
env::Task<protocol::DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    Broker&, RequestContext&, protocol::DescribeTopicPartitionsRequest);
env::Task<protocol::DeleteRecordsResponse> handle_delete_records(Broker&, RequestContext&,
                                                                 protocol::DeleteRecordsRequest);
env::Task<protocol::DescribeAclsResponse> handle_describe_acls(Broker&, RequestContext&,
                                                               protocol::DescribeAclsRequest);
env::Task<protocol::CreateAclsResponse> handle_create_acls(Broker&, RequestContext&,
                                                           protocol::CreateAclsRequest);
env::Task<protocol::DeleteAclsResponse> handle_delete_acls(Broker&, RequestContext&,
                                                           protocol::DeleteAclsRequest);
env::Task<protocol::AlterConfigsResponse> handle_alter_configs(Broker&, RequestContext&,
                                                               protocol::AlterConfigsRequest);
env::Task<protocol::AlterReplicaLogDirsResponse> handle_alter_replica_log_dirs(
    Broker&, RequestContext&, protocol::AlterReplicaLogDirsRequest);
env::Task<protocol::DescribeLogDirsResponse> handle_describe_log_dirs(
    Broker&, RequestContext&, protocol::DescribeLogDirsRequest);
env::Task<protocol::DescribeDelegationTokenResponse> handle_describe_delegation_token(
    Broker&, RequestContext&, protocol::DescribeDelegationTokenRequest);
env::Task<protocol::ElectLeadersResponse> handle_elect_leaders(Broker&, RequestContext&,
                                                               protocol::ElectLeadersRequest);
env::Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    Broker&, RequestContext&, protocol::IncrementalAlterConfigsRequest);
env::Task<protocol::AlterPartitionReassignmentsResponse> handle_alter_partition_reassignments(
    Broker&, RequestContext&, protocol::AlterPartitionReassignmentsRequest);
env::Task<protocol::ListPartitionReassignmentsResponse> handle_list_partition_reassignments(
    Broker&, RequestContext&, protocol::ListPartitionReassignmentsRequest);
env::Task<protocol::DescribeClientQuotasResponse> handle_describe_client_quotas(
    Broker&, RequestContext&, protocol::DescribeClientQuotasRequest);
env::Task<protocol::DescribeUserScramCredentialsResponse> handle_describe_user_scram_credentials(
    Broker&, RequestContext&, protocol::DescribeUserScramCredentialsRequest);
env::Task<protocol::DescribeQuorumResponse> handle_describe_quorum(Broker&, RequestContext&,
                                                                   protocol::DescribeQuorumRequest);
env::Task<protocol::UpdateFeaturesResponse> handle_update_features(Broker&, RequestContext&,
                                                                   protocol::UpdateFeaturesRequest);
env::Task<protocol::DescribeProducersResponse> handle_describe_producers(
    Broker&, RequestContext&, protocol::DescribeProducersRequest);
env::Task<protocol::UnregisterBrokerResponse> handle_unregister_broker(
    Broker&, RequestContext&, protocol::UnregisterBrokerRequest);
env::Task<protocol::DescribeTransactionsResponse> handle_describe_transactions(
    Broker&, RequestContext&, protocol::DescribeTransactionsRequest);
env::Task<protocol::ListTransactionsResponse> handle_list_transactions(
    Broker&, RequestContext&, protocol::ListTransactionsRequest);
env::Task<protocol::ListConfigResourcesResponse> handle_list_config_resources(
    Broker&, RequestContext&, protocol::ListConfigResourcesRequest);

}  // namespace moldau::broker
