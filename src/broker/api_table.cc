#include "broker/api_table.h"

#include <array>

#include "broker/handlers/handlers.h"
#include "broker/serve.h"
#include "protocol/messages/produce.h"

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
          .announced_lowest = info.versions.lowest,
          .on_broker = true,
          .on_controller = on == On::both,
          .serve = &serve_simple<handler>};
}

constexpr ApiRow produce_row() {
  constexpr auto& info = protocol::ProduceRequest::info;
  // Versions 0 to 2 are announced and not served: released librdkafka judges codecs by them.
  return {.key = protocol::ApiKey::produce,
          .served = {info.versions.lowest, info.latest_stable()},
          .announced_lowest = 0,
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
