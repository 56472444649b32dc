#include "records/control.h"

#include "records/test_batches.h"

namespace moldau::records {
namespace {

using testing::from_hex;
using testing::to_vector;

TEST(Control, a_commit_marker_is_byte_for_byte_what_java_writes) {
  const SharedBytes batch = build_end_txn_batch({.result = TxnResult::commit,
                                                 .producer_id = ProducerId(4000),
                                                 .producer_epoch = ProducerEpoch(3),
                                                 .coordinator_epoch = 9,
                                                 .timestamp = 1700000000000,
                                                 .leader_epoch = LeaderEpoch(5)});
  EXPECT_EQ(to_vector(batch.bytes()), from_hex(testing::java_commit_marker));
}

TEST(Control, a_marker_reads_back) {
  const SharedBytes bytes = build_end_txn_batch({.result = TxnResult::abort,
                                                 .producer_id = ProducerId(1),
                                                 .producer_epoch = ProducerEpoch(0),
                                                 .coordinator_epoch = 77});
  const BatchView batch = BatchView::parse(bytes.bytes()).value();
  EXPECT_TRUE(batch.is_control());
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_EQ(batch.base_sequence(), no_sequence);
  Decompressor decompressor;
  RecordReader reader = read_records(batch, decompressor).value();
  RecordView record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_TRUE(ControlKey::parse(*record.key).value().is(ControlType::abort));
  EXPECT_EQ(EndTxnMarker::parse(*record.value).value().coordinator_epoch, 77);
}

TEST(Control, newer_versions_and_unknown_types_are_read_and_short_or_negative_ones_refused) {
  const ControlKey unknown = ControlKey::parse(from_hex("00010063ff")).value();
  EXPECT_EQ(unknown.version, 1);
  EXPECT_EQ(unknown.type, 99);
  EXPECT_EQ(ControlKey::parse(from_hex("000000")).error().code, Errc::corrupt);
  EXPECT_EQ(ControlKey::parse(from_hex("ffff0000")).error().code, Errc::corrupt);
  EXPECT_EQ(EndTxnMarker::parse(from_hex("00010000000500")).value().coordinator_epoch, 5);
  EXPECT_EQ(EndTxnMarker::parse(from_hex("0000000000")).error().code, Errc::corrupt);
  EXPECT_EQ(EndTxnMarker::parse(from_hex("ffff00000000")).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace moldau::records
