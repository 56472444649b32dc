#pragma once

#include "broker/request_context.h"
#include "env/task.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/delete_records.h"
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
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/init_producer_id.h"
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
#include "protocol/messages/sync_group.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

/// Simple handlers, each in `handlers/NN_name.cc` with NN its API key: a decoded request in, an
/// answer out. Views in the request live until the answer has been encoded; so do the image of the
/// context and everything in it, which answers may refer to.
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
env::Task<protocol::DescribeLogDirsResponse> handle_describe_log_dirs(
    Broker&, RequestContext&, protocol::DescribeLogDirsRequest);
env::Task<protocol::DescribeDelegationTokenResponse> handle_describe_delegation_token(
    Broker&, RequestContext&, protocol::DescribeDelegationTokenRequest);
env::Task<protocol::ElectLeadersResponse> handle_elect_leaders(Broker&, RequestContext&,
                                                               protocol::ElectLeadersRequest);
env::Task<protocol::IncrementalAlterConfigsResponse> handle_incremental_alter_configs(
    Broker&, RequestContext&, protocol::IncrementalAlterConfigsRequest);
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
