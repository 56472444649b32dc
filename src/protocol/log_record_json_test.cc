#include "protocol/log_record_json.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "protocol/codec.h"
#include "protocol/random_message.h"
#include "protocol/records/group_records.h"
#include "protocol/records/metadata_record.h"
#include "protocol/records/raft_records.h"
#include "protocol/records/transaction_log_records.h"
#include "protocol/registry.h"
#include "protocol/schema.h"
#include "protocol/versioned.h"
#include "records/control.h"

namespace moldau::protocol {
namespace {

TEST(LogRecordJson, a_committed_offset_has_its_type_and_its_versions_fields) {
  const OffsetCommitKey key{.group = "g", .topic = "t", .partition = PartitionId(3)};
  OffsetCommitValue value;
  value.offset = Offset(42);
  value.commit_timestamp = 7;
  const auto key_bytes = *encode_record_key(key);
  const auto value_bytes = *encode_versioned(value, 3);
  const auto json = internal_record_members(InternalLog::consumer_offsets, key_bytes.bytes(),
                                            value_bytes.bytes(), {});
  ASSERT_TRUE(json) << json.error().to_string();
  EXPECT_EQ(*json, R"("type":"OffsetCommit","key":{"group":"g","topic":"t","partition":3},)"
                   R"("version":3,"value":{"offset":42,"leaderEpoch":-1,"metadata":"",)"
                   R"("commitTimestamp":7})");
}

TEST(LogRecordJson, a_tombstone_has_no_value) {
  const auto key = *encode_record_key(GroupMetadataKey{.group = "g"});
  EXPECT_EQ(*internal_record_members(InternalLog::consumer_offsets, key.bytes(), std::nullopt, {}),
            R"("type":"GroupMetadata","key":{"group":"g"},"value":null)");
}

TEST(LogRecordJson, the_same_number_is_another_type_in_another_log) {
  const auto key = *encode_record_key(TransactionLogKey{.transactional_id = "tx"});
  EXPECT_TRUE(internal_record_members(InternalLog::transaction_state, key.bytes(), std::nullopt, {})
                  ->starts_with(R"("type":"TransactionLog","key":{"transactionalId":"tx"})"));
  const auto other =
      internal_record_members(InternalLog::consumer_offsets, key.bytes(), std::nullopt, {});
  EXPECT_TRUE(!other || !other->contains("TransactionLog"));
}

InternalLog log_of(std::string_view name) {
  if (name.starts_with("TransactionLog")) return InternalLog::transaction_state;
  if (name == "ShareSnapshotKey" || name == "ShareUpdateKey") return InternalLog::share_group_state;
  return InternalLog::consumer_offsets;
}

TEST(LogRecordJson, every_kind_of_coordinator_record_is_printed) {
  Prng prng(1);
  int kinds = 0;
  for (const Schema* schema : all_schemas()) {
    if (schema->info.type != MessageType::coordinator_key) continue;
    const Instance key = schema->make();
    fill_random(*schema, key.get(), 0, prng);
    Writer out;
    out.put(schema->info.api_key);
    ASSERT_TRUE(encode_message(*schema, key.get(), 0, out));
    const auto bytes = out.take();
    const auto json =
        internal_record_members(log_of(schema->info.name), bytes.bytes(), std::nullopt, {});
    ASSERT_TRUE(json) << schema->info.name << ": " << json.error().to_string();
    const std::string name(schema->info.name, std::string_view(schema->info.name).size() - 3);
    EXPECT_TRUE(json->starts_with("\"type\":\"" + name + "\"")) << *json;
    ++kinds;
  }
  EXPECT_GE(kinds, 24);
}

TEST(LogRecordJson, a_metadata_record_is_named_as_kafka_names_it) {
  const auto value = *encode_metadata_record(NoOpRecord{}, 0);
  EXPECT_EQ(*internal_record_members(InternalLog::metadata, std::nullopt, value.bytes(), {}),
            R"("type":"NO_OP_RECORD","version":0,"data":{})");
}

TEST(LogRecordJson, control_records_say_what_they_are) {
  const auto commit = records::control_key(records::ControlType::commit);
  const auto marker = records::EndTxnMarker{.coordinator_epoch = 9}.encode();
  EXPECT_EQ(*control_record_members(commit, Bytes(marker), {}),
            R"("type":"Commit","version":0,"value":{"coordinatorEpoch":9})");
  const auto header = records::control_key(records::ControlType::snapshot_header);
  SnapshotHeaderRecord snapshot;
  snapshot.last_contained_log_timestamp = 5;
  const auto value = *encode(snapshot, 0);
  EXPECT_EQ(*control_record_members(header, value.bytes(), {}),
            R"("type":"SnapshotHeaderRecord","version":0,)"
            R"("value":{"version":0,"lastContainedLogTimestamp":5})");
}

TEST(LogRecordJson, garbage_is_an_error) {
  const std::uint8_t bytes[] = {0, 99, 1};
  EXPECT_FALSE(
      internal_record_members(InternalLog::consumer_offsets, Bytes(bytes), std::nullopt, {}));
  EXPECT_FALSE(internal_record_members(InternalLog::metadata, std::nullopt, Bytes(bytes), {}));
  EXPECT_FALSE(control_record_members(Bytes(bytes, 1), std::nullopt, {}));
}

}  // namespace
}  // namespace moldau::protocol
