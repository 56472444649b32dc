#include "broker/api_table.h"

#include <array>
#include <vector>

#include "broker/api_row.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/sync_group.h"

namespace moldau::broker {
namespace {

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
});

std::vector<ApiRow> all_rows() {
  std::vector<ApiRow> all(rows.begin(), rows.end());
  const auto later = later_api_rows();
  all.insert(all.end(), later.begin(), later.end());
  return all;
}

}  // namespace

std::span<const ApiRow> api_table() {
  static const std::vector<ApiRow> all = all_rows();
  return all;
}

const ApiRow* find_api(std::int16_t key, ListenerKind kind) {
  for (const auto& row : api_table()) {
    if (protocol::number(row.key) == key) return row.is_on(kind) ? &row : nullptr;
  }
  return nullptr;
}

}  // namespace moldau::broker
