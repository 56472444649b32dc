#include <gtest/gtest.h>

#include "records/test_batches.h"
#include "storage/checkpoints.h"
#include "storage/epoch_cache.h"
#include "storage/file_names.h"
#include "storage/index_format.h"
#include "storage/meta_properties.h"
#include "storage/producer_state.h"

namespace moldau::storage {
namespace {

using records::testing::from_hex;

TEST(FileNames, segments_have_twenty_digits) {
  EXPECT_EQ(segment_file_name(Offset(42), log_suffix), "00000000000000000042.log");
  const auto parsed = parse_segment_file_name("00000000000000000042.timeindex");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->base, Offset(42));
  EXPECT_EQ(parsed->suffix, time_index_suffix);
  for (const auto* other : {"42.log", "00000000000000000042.log.swap", "leader-epoch-checkpoint",
                            "00000000000000000042-0000000001.checkpoint",
                            "0000000000000000004x.log", "-0000000000000000042.log"}) {
    EXPECT_FALSE(parse_segment_file_name(other)) << other;
  }
}

TEST(FileNames, partition_directories_of_every_kind) {
  const auto live = parse_partition_directory("my-topic.v2-17");
  ASSERT_TRUE(live);
  EXPECT_EQ(live->name, (TopicPartition{"my-topic.v2", PartitionId(17)}));
  EXPECT_EQ(live->kind, DirectoryKind::live);
  const TopicPartition name{"t", PartitionId(3)};
  const auto unique = Uuid::of(0x0123456789abcdef, 0xfedcba9876543210);
  const auto deleted = retired_directory_name(name, unique, DirectoryKind::deleted);
  EXPECT_EQ(deleted, "t-3.0123456789abcdeffedcba9876543210-delete");
  EXPECT_EQ(parse_partition_directory(deleted)->kind, DirectoryKind::deleted);
  EXPECT_EQ(parse_partition_directory(deleted)->name, name);
  const auto stray = retired_directory_name(name, unique, DirectoryKind::stray);
  EXPECT_EQ(parse_partition_directory(stray)->kind, DirectoryKind::stray);
  // A topic that looks like one of these is still a topic.
  EXPECT_EQ(parse_partition_directory("a-delete-0")->kind, DirectoryKind::live);
  for (const auto* other : {"lost+found", "t", "-0", "t-", "t-x", "t-delete", "t-05", "t-+5"}) {
    EXPECT_FALSE(parse_partition_directory(other)) << other;
  }
}

TEST(FileNames, long_topics_are_cut_when_retired) {
  const TopicPartition name{std::string(249, 't'), PartitionId(3)};
  const auto retired = retired_directory_name(name, Uuid::of(1, 2), DirectoryKind::deleted);
  EXPECT_EQ(retired.size(), 255U);
  EXPECT_EQ(parse_partition_directory(retired)->kind, DirectoryKind::deleted);
}

TEST(Checkpoints, offsets_round_trip_as_kafka_writes_them) {
  const OffsetCheckpoint offsets = {{{"a", PartitionId(0)}, Offset(5)},
                                    {{"b-c", PartitionId(12)}, Offset(0)}};
  EXPECT_EQ(parse_offset_checkpoint("0\n2\na 0 5\nb-c 12 0\n", log_start_file).value(), offsets);
  EXPECT_TRUE(parse_offset_checkpoint("0\n0\n", log_start_file)->empty());
  EXPECT_TRUE(parse_offset_checkpoint("", log_start_file)->empty()) << "what Apache begins with";
  EXPECT_TRUE(parse_epoch_checkpoint("")->empty());
}

TEST(Checkpoints, of_ours_have_a_checksum) {
  const OffsetCheckpoint offsets = {{{"a", PartitionId(0)}, Offset(5)},
                                    {{"b-c", PartitionId(12)}, Offset(0)}};
  const auto text = format_offset_checkpoint(offsets, log_start_file);
  EXPECT_EQ(text, "0\n3\na 0 5\nb-c 12 0\n#crc32c 0 2363523919\n");
  EXPECT_EQ(parse_offset_checkpoint(text, log_start_file).value(), offsets);
  // A recovery point for a log start would hide records.
  EXPECT_EQ(parse_offset_checkpoint(text, recovery_point_file).error().code, Errc::corrupt);
  const auto checksum = text.find('#');
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const auto parsed = parse_offset_checkpoint(damaged, log_start_file);
      // Where the checksum's own name is lost, another partition more is all that comes of it.
      const bool is_right = parsed && i == checksum && parsed->size() == offsets.size() + 1 &&
                            std::ranges::includes(*parsed, offsets);
      EXPECT_TRUE(!parsed || is_right) << damaged;
    }
  }
}

TEST(Checkpoints, partition_metadata_of_ours_says_whose_it_is) {
  const TopicPartition name{"b-c", PartitionId(12)};
  const auto text = format_partition_metadata(cluster_metadata_topic_id, name);
  EXPECT_EQ(text,
            "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\npartition: b-c-12\ncrc32c: 2400252579");
  EXPECT_EQ(parse_partition_metadata(text)->partition, "b-c-12");
  EXPECT_EQ(parse_partition_metadata_of(name, text).value(), cluster_metadata_topic_id);
  EXPECT_EQ(parse_partition_metadata_of({"b-c", PartitionId(1)}, text).error().code, Errc::corrupt);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_FALSE(parse_partition_metadata(damaged)) << damaged;
    }
  }
  EXPECT_FALSE(parse_partition_metadata(text.substr(0, text.find("crc32c"))));
}

TEST(Checkpoints, malformed_ones_are_corrupt) {
  for (const auto* text : {"\n", "1\n0\n", "0\n", "0\n-1\n", "0\n2\na 0 5\n", "0\n1\na 0\n",
                           "0\n1\na 0 -5\n", "0\n1\na x 5\n", "0\n1\n 0 5\n"}) {
    EXPECT_EQ(parse_offset_checkpoint(text, log_start_file).error().code, Errc::corrupt) << text;
  }
  for (const auto* text : {"0\n2\n1 5\n1 6\n", "0\n2\n1 5\n2 5\n", "0\n1\n1\n", "0\n1\n-1 5\n"}) {
    EXPECT_EQ(parse_epoch_checkpoint(text).error().code, Errc::corrupt) << text;
  }
}

TEST(Checkpoints, epochs_partition_metadata_and_marker) {
  const std::vector<EpochEntry> entries = {{LeaderEpoch(0), Offset(0)},
                                           {LeaderEpoch(7), Offset(20)}};
  EXPECT_EQ(format_epoch_checkpoint(entries), "0\n2\n0 0\n7 20\n");
  EXPECT_EQ(parse_epoch_checkpoint("0\n2\n0 0\n7 20\n").value(), entries);

  // What Apache writes has no newline at its end.
  const auto apaches = parse_partition_metadata("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
  ASSERT_TRUE(apaches);
  EXPECT_EQ(apaches->topic_id, cluster_metadata_topic_id);
  EXPECT_FALSE(apaches->partition);
  EXPECT_FALSE(parse_partition_metadata("version: 1\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ"));
  EXPECT_FALSE(parse_partition_metadata("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA"));

  EXPECT_EQ(format_clean_shutdown(BrokerEpoch(12)), R"({"version":0,"brokerEpoch":12})");
  EXPECT_EQ(parse_clean_shutdown(R"({"version":0,"brokerEpoch":12})"), BrokerEpoch(12));
  EXPECT_EQ(parse_clean_shutdown(R"({ "brokerEpoch" : -1 })"), BrokerEpoch(-1));
  EXPECT_EQ(parse_clean_shutdown(""), BrokerEpoch(-1));
}

TEST(MetaProperties, reads_what_apache_writes_and_names_what_is_wrong) {
  const auto parsed = parse_meta_properties(
      "#\n#Mon Nov 23 07:50:44 UTC 2026\nnode.id=1\ndirectory.id=Qe1U0iQLT_K5chkfMMnwVA\n"
      "version=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qg\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->node_id, NodeId(1));
  EXPECT_EQ(parsed->cluster_id, "MkU3OEVBNTcwNTJENDM2Qg");
  EXPECT_EQ(parsed->directory_id.to_string(), "Qe1U0iQLT_K5chkfMMnwVA");
  EXPECT_EQ(parse_meta_properties(format_meta_properties(*parsed)).value(), *parsed);
  EXPECT_EQ(parse_meta_properties("version=0\nbroker.id=3\n")->node_id, NodeId(3));
  const auto without_id = parse_meta_properties("version=0\n").value();
  EXPECT_EQ(parse_meta_properties(format_meta_properties(without_id)).value(), without_id);
  const auto missing = parse_meta_properties("version=1\ncluster.id=x\n");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().context.find("node.id"), std::string::npos);
  EXPECT_FALSE(parse_meta_properties("version=2\nnode.id=1\ncluster.id=x\n"));
  EXPECT_FALSE(parse_meta_properties("version=1\nnode.id=1\ncluster.id=x\ndirect\xefry.id=y\n"))
      << "a damaged key is not a missing one";
}

TEST(Indexes, bytes_are_those_of_kafka) {
  const std::vector<OffsetIndexEntry> offsets = {{5, 4200}, {9, 8400}};
  EXPECT_EQ(format_index(offsets), from_hex("00000005000010680000000900"
                                            "0020d0"));
  EXPECT_EQ(parse_index<OffsetIndexEntry>(format_index(offsets)).value(), offsets);
  const std::vector<TimeIndexEntry> times = {{1700000000000, 5}};
  EXPECT_EQ(format_index(times), from_hex("0000018bcfe5680000000005"));
  EXPECT_EQ(parse_index<TimeIndexEntry>(format_index(times)).value(), times);
  const std::vector<AbortedTxn> txns = {{ProducerId(4000), Offset(1), Offset(9), Offset(10)}};
  EXPECT_EQ(format_index(txns), from_hex("00000000000000000fa00000000000000001"
                                         "0000000000000009000000000000000a"));
  EXPECT_EQ(parse_index<AbortedTxn>(format_index(txns)).value(), txns);
}

TEST(Indexes, zeros_end_them_and_disorder_is_corrupt) {
  auto bytes = format_index(std::vector<OffsetIndexEntry>{{5, 4200}});
  bytes.resize(800);
  EXPECT_EQ(parse_index<OffsetIndexEntry>(bytes)->size(), 1U);
  bytes[100] = 1;
  EXPECT_FALSE(parse_index<OffsetIndexEntry>(bytes));
  EXPECT_FALSE(parse_index<OffsetIndexEntry>(
      format_index(std::vector<OffsetIndexEntry>{{5, 4200}, {5, 4300}})));
  EXPECT_FALSE(parse_index<OffsetIndexEntry>(std::vector<std::uint8_t>(9, 1)));
}

TEST(ProducerSnapshot, empty_one_is_byte_for_byte_apaches) {
  const auto apaches = from_hex("000148674bc700000000");
  EXPECT_EQ(format_producer_snapshot({}), apaches);
  EXPECT_TRUE(parse_producer_snapshot(apaches)->empty());
}

TEST(ProducerSnapshot, round_trips_and_notices_damage) {
  std::vector<ProducerSnapshotEntry> entries(2);
  entries[0] = {.producer_id = ProducerId(7),
                .epoch = ProducerEpoch(2),
                .last_batch = {.last_sequence = 11,
                               .last_offset = Offset(99),
                               .offset_delta = 3,
                               .timestamp = 1234},
                .coordinator_epoch = 5,
                .txn_first_offset = Offset(90)};
  entries[1].producer_id = ProducerId(8);
  auto bytes = format_producer_snapshot(entries);
  const auto parsed = parse_producer_snapshot(bytes);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ(parsed->at(0).last_batch.base_offset(), Offset(96));
  EXPECT_EQ(parsed->at(0).txn_first_offset, Offset(90));
  EXPECT_EQ(parsed->at(0).coordinator_epoch, 5);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 4;
    EXPECT_FALSE(parse_producer_snapshot(bytes)) << i;
    EXPECT_FALSE(parse_producer_snapshot(Bytes(bytes).first(i))) << i;
    bytes[i] ^= 4;
  }
}

class Sequences : public ::testing::Test {
 protected:
  BatchHeader batch(std::int16_t epoch, std::int32_t sequence, std::int32_t count = 1) {
    BatchHeader header;
    header.base_offset = end_;
    header.last_offset = end_ + (count - 1);
    header.producer_id = ProducerId(1);
    header.producer_epoch = ProducerEpoch(epoch);
    header.base_sequence = sequence;
    header.last_sequence = records::increment_sequence(sequence, count - 1);
    return header;
  }
  SequenceVerdict check(const BatchHeader& header) { return state_.check(header).verdict; }
  void append(const BatchHeader& header) {
    ASSERT_EQ(check(header), SequenceVerdict::accept);
    state_.append(header, WallMs{1});
    end_ = header.next_offset();
  }
  ProducerState state_;
  Offset end_;
};

TEST_F(Sequences, unknown_producer_begins_anywhere_then_in_order) {
  append(batch(0, 77, 3));
  EXPECT_EQ(check(batch(0, 80)), SequenceVerdict::accept);
  EXPECT_EQ(check(batch(0, 81)), SequenceVerdict::out_of_order_sequence);
  EXPECT_EQ(check(batch(0, 79)), SequenceVerdict::out_of_order_sequence);
}

TEST_F(Sequences, last_five_batches_are_duplicates_with_their_offsets) {
  for (int i = 0; i < 7; ++i) append(batch(0, i * 2, 2));
  EXPECT_EQ(check(batch(0, 2, 2)), SequenceVerdict::out_of_order_sequence) << "the sixth last";
  const auto fifth = state_.check(batch(0, 4, 2));
  EXPECT_EQ(fifth.verdict, SequenceVerdict::duplicate);
  EXPECT_EQ(fifth.original.base_offset(), Offset(4));
  EXPECT_EQ(check(batch(0, 4, 1)), SequenceVerdict::out_of_order_sequence) << "another range";
}

TEST_F(Sequences, wrap_from_the_largest_to_zero) {
  append(batch(0, 0x7fff'ffff));
  EXPECT_EQ(check(batch(0, 1)), SequenceVerdict::out_of_order_sequence);
  append(batch(0, 0));
}

TEST_F(Sequences, new_epoch_begins_at_zero_and_old_one_is_fenced) {
  append(batch(3, 0));
  EXPECT_EQ(check(batch(4, 1)), SequenceVerdict::out_of_order_sequence);
  EXPECT_EQ(check(batch(2, 0)), SequenceVerdict::invalid_producer_epoch);
  append(batch(4, 0));
  EXPECT_EQ(check(batch(3, 0)), SequenceVerdict::invalid_producer_epoch);
}

TEST_F(Sequences, snapshot_keeps_the_last_batch) {
  for (int i = 0; i < 3; ++i) append(batch(0, i));
  ProducerState loaded;
  loaded.load(parse_producer_snapshot(format_producer_snapshot(state_.snapshot())).value(), {});
  EXPECT_EQ(loaded.check(batch(0, 2)).verdict, SequenceVerdict::duplicate);
  EXPECT_EQ(loaded.check(batch(0, 1)).verdict, SequenceVerdict::out_of_order_sequence);
  EXPECT_EQ(loaded.check(batch(0, 3)).verdict, SequenceVerdict::accept);
}

TEST_F(Sequences, silent_producers_expire_by_when_they_were_heard_of) {
  auto old_data = batch(0, 0);
  old_data.max_timestamp = 5;
  state_.append(old_data, WallMs{1'000'000});
  state_.expire(WallMs{1'000'000});
  EXPECT_EQ(state_.size(), 1U);
  state_.expire(WallMs{1'000'001});
  EXPECT_EQ(state_.size(), 0U);
}

TEST(Epochs, assignment_removes_what_contradicts_it) {
  EpochCache cache;
  EXPECT_FALSE(cache.assign(no_leader_epoch, Offset(0)));
  EXPECT_TRUE(cache.assign(LeaderEpoch(1), Offset(0)));
  EXPECT_TRUE(cache.assign(LeaderEpoch(2), Offset(10)));
  EXPECT_FALSE(cache.assign(LeaderEpoch(2), Offset(15)));
  EXPECT_TRUE(cache.assign(LeaderEpoch(3), Offset(10)));
  EXPECT_EQ(cache.entries(),
            (std::vector<EpochEntry>{{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(3), Offset(10)}}));
}

TEST(Epochs, truncation_at_both_ends) {
  EpochCache cache(
      {{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(2), Offset(10)}, {LeaderEpoch(5), Offset(20)}});
  EXPECT_FALSE(cache.truncate_from_end(Offset(21)));
  EXPECT_TRUE(cache.truncate_from_end(Offset(20)));
  EXPECT_TRUE(cache.truncate_from_start(Offset(12)));
  EXPECT_EQ(cache.entries(), (std::vector<EpochEntry>{{LeaderEpoch(2), Offset(12)}}));
  EXPECT_FALSE(cache.truncate_from_start(Offset(12)));
}

TEST(Epochs, failed_append_moves_the_leaders_epoch_back_to_the_end) {
  EpochCache cache({{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(2), Offset(10)}});
  EXPECT_FALSE(cache.rewind(Offset(10)));
  EXPECT_TRUE(cache.rewind(Offset(8)));
  EXPECT_EQ(cache.entries(),
            (std::vector<EpochEntry>{{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(2), Offset(8)}}));
}

}  // namespace
}  // namespace moldau::storage
