#include "raft/election_state.h"
#include "seeds.h"
#include "storage/checkpoints.h"
#include "storage/file_names.h"
#include "storage/index_format.h"
#include "storage/meta_properties.h"
#include "storage/producer_state.h"

namespace moldau::fuzz {

/// The first bytes are those of storage_files_fuzz.cc and raft_records_fuzz.cc.
void add_files(Seeds& seeds) {
  const auto add = [&seeds](std::uint8_t file, std::string_view text) {
    seeds.add("storage_files", chosen(file, as_bytes(text)));
  };
  const Uuid id = Uuid::of(0x0123456789abcdef, 0xfedcba9876543210);
  add(0, storage::format_offset_checkpoint(
             {{{"a", PartitionId(0)}, Offset(5)}, {{"b-c", PartitionId(12)}, Offset(0)}},
             storage::log_start_file));
  add(1, storage::format_epoch_checkpoint(
             {{LeaderEpoch(0), Offset(0)}, {LeaderEpoch(4), Offset(70)}}));
  add(2, storage::format_partition_metadata(id, {"b-c", PartitionId(12)}));
  add(3, storage::format_clean_shutdown(BrokerEpoch(8)));
  add(4, storage::format_meta_properties(
             {.cluster_id = "c", .node_id = NodeId(1), .directory_id = id}));
  add(4, "#comment\nversion=0\nbroker.id=3\nkey : value \\\n continued\n");
  add(5, as_text(storage::format_producer_snapshot(
             {{.producer_id = ProducerId(3), .epoch = ProducerEpoch(0), .last_batch = {}}})));
  add(6,
      as_text(storage::format_index(std::vector<storage::OffsetIndexEntry>{{5, 4200}, {9, 8400}})));
  add(7,
      as_text(storage::format_index(std::vector<storage::TimeIndexEntry>{{1'700'000'000'000, 5}})));
  add(8, as_text(storage::format_index(std::vector<storage::AbortedTxn>{
             {ProducerId(4000), Offset(1), Offset(9), Offset(10)}})));
  const storage::TopicPartition name{"topic", PartitionId(3)};
  add(9, storage::partition_directory_name(name));
  add(9, storage::segment_file_name(Offset(42), storage::log_suffix));
  for (const auto kind : {storage::DirectoryKind::deleted, storage::DirectoryKind::future,
                          storage::DirectoryKind::stray}) {
    add(9, storage::retired_directory_name(name, id, kind));
  }
  const raft::ElectionState state{.epoch = LeaderEpoch(3), .leader = NodeId(1)};
  for (const std::int16_t version : {0, 1}) {
    const std::string text = raft::encode_quorum_state(state, version, {});
    seeds.add("raft_records", chosen(3, as_bytes(text)));
  }
}

}  // namespace moldau::fuzz
