#pragma once

#include "broker/request_context.h"
#include "env/task.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_for_leader_epoch.h"

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
env::Task<protocol::FindCoordinatorResponse> handle_find_coordinator(
    Broker&, RequestContext&, protocol::FindCoordinatorRequest);
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
env::Task<protocol::DescribeClusterResponse> handle_describe_cluster(
    Broker&, RequestContext&, protocol::DescribeClusterRequest);
env::Task<protocol::DescribeTopicPartitionsResponse> handle_describe_topic_partitions(
    Broker&, RequestContext&, protocol::DescribeTopicPartitionsRequest);

}  // namespace moldau::broker
