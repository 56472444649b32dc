#include <array>

#include "broker/api_row.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/alter_partition_reassignments.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_delegation_token.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/describe_quorum.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/elect_leaders.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"
#include "protocol/messages/list_partition_reassignments.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"

namespace moldau::broker {
namespace {

constexpr auto rows = std::to_array<ApiRow>({
    row<&handle_describe_configs>(On::both),
    row<&handle_alter_configs>(On::both),
    row<&handle_alter_replica_log_dirs>(On::broker),
    row<&handle_describe_log_dirs>(On::broker),
    row<&handle_create_partitions>(On::both),
    row<&handle_describe_delegation_token>(On::broker),
    row<&handle_delete_groups>(On::broker),
    row<&handle_offset_delete>(On::broker),
    row<&handle_elect_leaders>(On::both),
    row<&handle_incremental_alter_configs>(On::both),
    row<&handle_alter_partition_reassignments>(On::both),
    row<&handle_list_partition_reassignments>(On::both),
    row<&handle_describe_client_quotas>(On::broker),
    row<&handle_describe_user_scram_credentials>(On::broker),
    row<&handle_describe_quorum>(On::both),
    row<&handle_update_features>(On::both),
    row<&handle_describe_cluster>(On::both),
    row<&handle_describe_producers>(On::broker),
    row<&handle_unregister_broker>(On::both),
    row<&handle_describe_transactions>(On::broker),
    row<&handle_list_transactions>(On::broker),
    row<&handle_consumer_group_heartbeat>(On::broker),
    row<&handle_consumer_group_describe>(On::broker),
    row<&handle_list_config_resources>(On::broker),
    row<&handle_describe_topic_partitions>(On::broker),
});

}  // namespace

std::span<const ApiRow> later_api_rows() {
  return rows;
}

}  // namespace moldau::broker
