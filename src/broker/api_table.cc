#include "broker/api_table.h"

#include <array>

#include "broker/handlers/handlers.h"
#include "broker/serve.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
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
#include "protocol/messages/produce.h"
#include "protocol/messages/sync_group.h"
#include "protocol/messages/unregister_broker.h"
#include "protocol/messages/update_features.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

enum class On : std::uint8_t { broker, both };

/// A simple handler's row: the versions are those of the message.
template <auto handler>
constexpr ApiRow row(On on) {
  using Request = typename HandlerTraits<decltype(handler)>::Request;
  constexpr auto& info = Request::info;
  return {.key = static_cast<protocol::ApiKey>(info.api_key),
          .served = {info.versions.lowest, info.latest_stable()},
          .announced_lowest = protocol::lowest_announced(info),
          .on_broker = true,
          .on_controller = on == On::both,
          .serve = &serve_simple<handler>};
}

constexpr ApiRow produce_row() {
  constexpr auto& info = protocol::ProduceRequest::info;
  return {.key = protocol::ApiKey::produce,
          .served = {info.versions.lowest, info.latest_stable()},
          .announced_lowest = protocol::lowest_announced(info),
          .on_broker = true};
}

constexpr auto rows = std::to_array<ApiRow>({
    produce_row(),
    row<&handle_fetch>(On::broker),
    row<&handle_list_offsets>(On::broker),
    row<&handle_metadata>(On::broker),
    row<&handle_offset_commit>(On::broker),
    row<&handle_offset_fetch>(On::broker),
    row<&handle_find_coordinator>(On::broker),
    row<&handle_join_group>(On::broker),
    row<&handle_heartbeat>(On::broker),
    row<&handle_leave_group>(On::broker),
    row<&handle_sync_group>(On::broker),
    row<&handle_describe_groups>(On::broker),
    row<&handle_list_groups>(On::broker),
    row<&handle_api_versions>(On::both),
    row<&handle_create_topics>(On::both),
    row<&handle_delete_topics>(On::both),
    row<&handle_delete_records>(On::broker),
    row<&handle_init_producer_id>(On::broker),
    row<&handle_offset_for_leader_epoch>(On::broker),
    row<&handle_describe_acls>(On::both),
    row<&handle_create_acls>(On::both),
    row<&handle_delete_acls>(On::both),
    row<&handle_describe_configs>(On::both),
    row<&handle_alter_configs>(On::both),
    row<&handle_describe_log_dirs>(On::broker),
    row<&handle_create_partitions>(On::both),
    row<&handle_describe_delegation_token>(On::broker),
    row<&handle_delete_groups>(On::broker),
    row<&handle_offset_delete>(On::broker),
    row<&handle_elect_leaders>(On::both),
    row<&handle_incremental_alter_configs>(On::both),
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

std::span<const ApiRow> api_table() {
  return rows;
}

const ApiRow* find_api(std::int16_t key, ListenerKind kind) {
  for (const auto& row : rows) {
    if (protocol::number(row.key) == key) return row.is_on(kind) ? &row : nullptr;
  }
  return nullptr;
}

}  // namespace moldau::broker
