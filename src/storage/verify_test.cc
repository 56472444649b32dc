#include "storage/verify.h"

#include <algorithm>

#include "records/control.h"
#include "storage/index_format.h"
#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::BatchFate;
using testing::CompactedLog;

const std::string first_log = "00000000000000000000.log";

class Verify : public CompactedLog {
 protected:
  /// Transactions, an aborted one among them, several segments, two epochs.
  void fill() {
    start_log();
    for (int i = 0; i < 8; ++i) put(fmt::format("k{}", i % 3), std::string(80, 'v'));
    write({{"t", "lost"}, {"u", "lost"}}, 7, BatchFate::open);
    end_transaction(7, records::TxnResult::abort);
    write({{"t", "kept"}}, 7, BatchFate::open, records::Codec::zstd);
    end_transaction(7, records::TxnResult::commit);
    roll();
    for (int i = 0; i < 8; ++i) put("k", std::string(80, 'w'));
  }
  void stop() {
    ASSERT_TRUE(close());
    shut_down();
    boot();
  }
  /// What is wrong below `path`, a line each: "damage 0000.log position offset what".
  std::vector<std::string> verify(const std::string& where, std::uint64_t step = 1 << 20) {
    std::vector<std::string> lines;
    Findings findings([&](const Finding& finding) {
      auto line = fmt::format("{} {}", finding.severity == Severity::damage ? "damage" : "warning",
                              finding.file.substr(finding.file.rfind('/') + 1));
      if (finding.position) line += fmt::format(" position={}", *finding.position);
      if (finding.offset) line += fmt::format(" offset={}", *finding.offset);
      lines.push_back(line + " " + finding.what);
    });
    const auto plan = plan_verification(env_->disk(), where, findings);
    EXPECT_TRUE(plan) << plan.error().to_string();
    for (const auto& request : *plan) {
      PartitionVerifier verifier(env_->disk(), request, findings);
      auto more = verifier.step(step);
      while (more && *more) more = verifier.step(step);
      EXPECT_TRUE(more) << more.error().to_string();
    }
    totals_ = findings.totals;
    return lines;
  }
  std::vector<std::string> verify() { return verify(root); }
  static bool has(const std::vector<std::string>& lines, std::string_view part) {
    return std::ranges::any_of(
        lines, [&](const auto& line) { return line.find(part) != std::string::npos; });
  }
  void expect_one(const std::vector<std::string>& lines, std::string_view begin,
                  std::string_view part = "") {
    ASSERT_EQ(lines.size(), 1U) << fmt::format("{}", fmt::join(lines, "\n"));
    EXPECT_TRUE(lines[0].starts_with(begin)) << lines[0];
    EXPECT_NE(lines[0].find(part), std::string::npos) << lines[0];
  }
  void flip(std::string_view file, std::uint64_t position, int bit = 0) {
    ASSERT_TRUE(node_.disk().flip_bit(path(file), position, bit));
  }
  void write_file_anew(const std::string& file, Bytes bytes) {
    ASSERT_TRUE(env::replace_file(env_->disk(), file, bytes));
  }
  template <class Entry>
  std::vector<Entry> index(std::string_view suffix, std::int64_t base = 0) {
    return read_index_file<Entry>(env_->disk(), path(segment_file_name(Offset(base), suffix)))
        .value();
  }
  template <class Entry>
  void write_index(std::string_view suffix, const std::vector<Entry>& entries,
                   std::int64_t base = 0) {
    write_file_anew(path(segment_file_name(Offset(base), suffix)), format_index(entries));
  }
  /// The transaction of fill() that was aborted, and the base of the segment that says so.
  std::pair<std::int64_t, std::vector<AbortedTxn>> aborted() {
    for (const auto& file : files()) {
      const auto segment = parse_segment_file_name(file);
      if (segment && segment->suffix == txn_index_suffix) {
        return {segment->base.value(), index<AbortedTxn>(txn_index_suffix, segment->base.value())};
      }
    }
    return {};
  }

  VerifyTotals totals_;
};

TEST_F(Verify, finds_nothing_wrong_after_a_clean_stop) {
  fill();
  const auto end = log_->positions().written_end.value();
  const auto segments = log_->segment_count();
  stop();
  EXPECT_EQ(verify(), std::vector<std::string>{});
  EXPECT_EQ(totals_.records, static_cast<std::uint64_t>(end));
  EXPECT_EQ(totals_.segments, static_cast<std::uint64_t>(segments));
  EXPECT_EQ(totals_.partitions, 1U);
  const auto all = totals_;
  EXPECT_EQ(verify(root, 1), std::vector<std::string>{}) << "in small steps";
  EXPECT_EQ(totals_.bytes, all.bytes);
  EXPECT_EQ(verify(fmt::format("{}/{}", root, name)), std::vector<std::string>{});
}

TEST_F(Verify, finds_nothing_wrong_in_a_compacted_log) {
  fill();
  ASSERT_TRUE(clean());
  stop();
  EXPECT_EQ(verify(), std::vector<std::string>{});
  EXPECT_LT(totals_.records, 19U);
}

TEST_F(Verify, a_power_cut_leaves_nothing_but_warnings) {
  fill();
  append();
  crash(CrashKind::power_cut);
  static_cast<void>(verify());
  EXPECT_EQ(totals_.damage, 0U);
}

TEST_F(Verify, a_flipped_bit_in_a_record_is_damage_and_what_is_behind_it_is_still_read) {
  fill();
  stop();
  verify();
  const auto batches = totals_.batches;
  flip(first_log, 100);
  expect_one(verify(), "damage " + first_log + " position=0 offset=0 corrupt");
  EXPECT_EQ(totals_.batches, batches - 1);
}

TEST_F(Verify, a_flipped_bit_in_an_offset_is_damage_though_no_checksum_covers_it) {
  fill();
  stop();
  flip(first_log, 7, 2);  // offset 0 becomes 4
  EXPECT_TRUE(has(verify(), "offset 1 follows 4"));
}

TEST_F(Verify, a_length_that_can_not_be_ends_the_segment) {
  fill();
  stop();
  flip(first_log, 8, 6);
  const auto lines = verify();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[1].find("can not be checked"), std::string::npos);
  EXPECT_GT(totals_.segments, 1U) << "the others are";
}

TEST_F(Verify, a_torn_tail_behind_the_recovery_point_is_a_warning_below_it_damage) {
  fill();
  settle();
  dir_->housekeeping();
  crash(CrashKind::kill);
  const auto last = files();
  std::string active;
  for (const auto& file : last) active = file.ends_with(log_suffix) ? file : active;
  const std::vector<std::uint8_t> torn(30, 0);
  overwrite(path(active), file_size(path(active)), torn);
  expect_one(verify(), "warning " + active, "torn tail, the next start cuts 30 bytes");
  flip(active, 80);
  const auto lines = verify();
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(lines[0].starts_with("damage " + active + " position=0")) << lines[0];
}

TEST_F(Verify, a_log_that_ends_below_its_recovery_point_is_damage) {
  fill();
  stop();
  for (const auto& file : files()) {
    if (file.starts_with("0000000000000000000")) continue;
    ASSERT_TRUE(env_->disk().remove_file(path(file)));
  }
  std::string last;
  for (const auto& file : files()) last = file.ends_with(log_suffix) ? file : last;
  for (const auto suffix : {log_suffix, index_suffix, time_index_suffix}) {
    const auto file = path(last.substr(0, 20) + std::string(suffix));
    ASSERT_TRUE(env_->disk().remove_file(file));
  }
  EXPECT_TRUE(has(verify(), "below its recovery point"));
}

TEST_F(Verify, an_entry_of_the_offset_index_that_points_to_no_batch_is_damage) {
  fill();
  stop();
  auto entries = index<OffsetIndexEntry>(index_suffix);
  ASSERT_GE(entries.size(), 2U);
  entries[0].position += 1;
  write_index(index_suffix, entries);
  expect_one(verify(), "damage 00000000000000000000.index", "where no batch begins");
}

TEST_F(Verify, an_entry_of_the_offset_index_with_another_offset_is_damage) {
  fill();
  stop();
  auto entries = index<OffsetIndexEntry>(index_suffix);
  entries[0].relative_offset -= 1;
  write_index(index_suffix, entries);
  expect_one(verify(), "damage 00000000000000000000.index", "where a batch begins that ends at");
  entries[0].relative_offset += 2;
  entries.erase(entries.begin() + 1);
  write_index(index_suffix, entries);
  EXPECT_EQ(verify(), std::vector<std::string>{}) << "several batches entered as one, as Kafka did";
}

TEST_F(Verify, an_index_that_points_behind_the_segment_is_damage) {
  fill();
  stop();
  auto entries = index<OffsetIndexEntry>(index_suffix);
  entries.push_back({1000, 1'000'000});
  write_index(index_suffix, entries);
  expect_one(verify(), "damage 00000000000000000000.index", "behind the segment's end");
}

TEST_F(Verify, tails_of_zeros_are_right) {
  fill();
  stop();
  for (const auto suffix : {index_suffix, time_index_suffix}) {
    const auto file = path(segment_file_name(Offset(0), suffix));
    const std::vector<std::uint8_t> zeros(240, 0);
    overwrite(file, file_size(file), zeros);
  }
  EXPECT_EQ(verify(), std::vector<std::string>{});
}

TEST_F(Verify, a_missing_index_is_a_warning) {
  fill();
  stop();
  ASSERT_TRUE(env_->disk().remove_file(path("00000000000000000000.index")));
  expect_one(verify(), "warning 00000000000000000000.index", "is missing");
}

TEST_F(Verify, a_wrong_time_index_is_damage) {
  fill();
  stop();
  const auto right = index<TimeIndexEntry>(time_index_suffix);
  ASSERT_FALSE(right.empty());
  auto entries = right;
  entries.back().timestamp -= 1;
  write_index(time_index_suffix, entries);
  EXPECT_FALSE(verify().empty());
  EXPECT_GE(totals_.damage, 1U);
  entries = right;
  entries.back().timestamp += 1;
  write_index(time_index_suffix, entries);
  expect_one(verify(), "damage 00000000000000000000.timeindex", "up to which the newest is");
}

TEST_F(Verify, an_aborted_transaction_that_the_index_lacks_is_damage) {
  fill();
  stop();
  const auto [base, entries] = aborted();
  ASSERT_EQ(entries.size(), 1U);
  const auto file = segment_file_name(Offset(base), txn_index_suffix);
  ASSERT_TRUE(env_->disk().remove_file(path(file)));
  expect_one(verify(), "damage " + file, "is taken for committed");
  auto wrong = entries;
  wrong[0].producer_id = ProducerId(8);
  write_index(txn_index_suffix, wrong, base);
  expect_one(verify(), "damage " + file, "is that of producer 7, not 8");
  wrong = entries;
  wrong.push_back({ProducerId(7), wrong[0].last_offset + 1, wrong[0].last_offset + 2, Offset(0)});
  write_index(txn_index_suffix, wrong, base);
  expect_one(verify(), "damage " + file, "where no abort marker is");
}

TEST_F(Verify, leader_epochs_that_the_checkpoint_contradicts_are_damage) {
  fill();
  stop();
  write_file_anew(path(leader_epoch_file), as_bytes("0\n2\n0 0\n1 5\n"));
  expect_one(verify(), "damage", "leader epoch 0 where leader-epoch-checkpoint says 1");
  write_file_anew(path(leader_epoch_file), as_bytes("0\n2\n0 0\n"));
  EXPECT_FALSE(verify().empty());
  EXPECT_EQ(totals_.damage, 1U);
}

TEST_F(Verify, a_leader_epoch_that_goes_back_is_damage) {
  fill();
  stop();
  flip(first_log, 15, 0);  // the first batch's: outside its checksum
  EXPECT_TRUE(has(verify(), "leader epoch 0 follows 1"));
}

TEST_F(Verify, damaged_snapshots_and_small_files_are_told) {
  fill();
  stop();
  std::string snapshot;
  for (const auto& file : files()) snapshot = file.ends_with(snapshot_suffix) ? file : snapshot;
  ASSERT_FALSE(snapshot.empty());
  flip(snapshot, file_size(path(snapshot)) - 1);
  expect_one(verify(), "damage " + snapshot, "checksum");
  flip(snapshot, file_size(path(snapshot)) - 1);
  // Right in itself, but of a log that was longer.
  ASSERT_TRUE(env_->disk().rename(path(snapshot), path("00000000000000000003.snapshot")));
  expect_one(verify(), "damage 00000000000000000003.snapshot", "not below 3");
  ASSERT_TRUE(env_->disk().remove_file(path("00000000000000000003.snapshot")));
  flip(partition_metadata_file, 0);
  expect_one(verify(), "damage partition.metadata");
  flip(partition_metadata_file, 0);
  write_file_anew(fmt::format("{}/{}", root, recovery_point_file), as_bytes("0\n3\nt 0 5\n"));
  expect_one(verify(), "damage recovery-point-offset-checkpoint");
}

TEST_F(Verify, half_made_files_are_warnings) {
  fill();
  stop();
  write_file_anew(path("00000000000000000000.log.cleaned"), as_bytes("x"));
  expect_one(verify(), "warning 00000000000000000000.log.cleaned");
}

TEST_F(Verify, a_directory_that_is_none_is_refused) {
  ASSERT_TRUE(env_->disk().make_directory("/other"));
  Findings findings([](const Finding&) {});
  EXPECT_EQ(plan_verification(env_->disk(), "/other", findings).error().code, Errc::invalid);
  EXPECT_FALSE(plan_verification(env_->disk(), "/nowhere", findings));
}

TEST_F(Verify, a_file_of_which_nothing_is_right_is_counted_and_not_shown_whole) {
  config_.segment_bytes = 100'000;
  start_log();
  for (int i = 0; i < 60; ++i) put("k", "v");
  stop();
  const auto size = file_size(path(first_log));
  for (std::uint64_t at = size / 60 - 1; at < size; at += size / 60) flip(first_log, at);
  const auto lines = verify();
  const auto of_log = std::ranges::count_if(
      lines, [](const auto& line) { return line.starts_with("damage " + first_log); });
  EXPECT_EQ(static_cast<std::uint64_t>(of_log), Findings::shown_per_file);
  EXPECT_TRUE(has(lines, "counted, not shown"));
  EXPECT_GT(totals_.damage, 50U);
}

}  // namespace
}  // namespace moldau::storage
