#include "broker/replica_moves.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "broker/test_broker.h"
#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/offset_commit.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

/// A topic of one partition in /first, with some records.
class ReplicaMovesTest : public BrokerTest {
 protected:
  void SetUp() override {
    properties_["log.dirs"] = "/first,/second";
    start();
    if (HasFatalFailure()) return;
    make("t");
  }
  /// A topic that is in /first, where "t" is too, and `records` that are in it.
  void make(std::string_view topic, int records = 5) {
    wish(topic, "/first", ErrorCode::replica_not_available);
    ASSERT_EQ(create(topic), ErrorCode::none);
    for (int i = 0; i < records; ++i) {
      ASSERT_EQ(produce(topic, fmt::format("v{}", i)).error_code, ErrorCode::none);
    }
    ASSERT_EQ(where(topic), "/first");
  }
  ErrorCode alter(std::string_view topic, std::string_view path, std::int32_t partition = 0) {
    protocol::AlterReplicaLogDirsRequest request;
    auto& dir = request.dirs.emplace_back();
    dir.path = Text::copy(path);
    dir.topics.push_back({.name = Text::copy(topic), .partitions = {PartitionId(partition)}});
    const auto response = ask<protocol::AlterReplicaLogDirsResponse>(request);
    EXPECT_EQ(response.results.at(0).topic_name, topic);
    return response.results.at(0).partitions.at(0).error_code;
  }
  void wish(std::string_view topic, std::string_view path, ErrorCode expected) {
    EXPECT_EQ(alter(topic, path), expected) << topic << " to " << path;
  }
  struct Seen {
    std::string current;
    std::string future;
    std::int64_t lag{0};  ///< of the future one
  };
  Seen seen(std::string_view topic) {
    protocol::DescribeLogDirsRequest request;
    request.topics.reset();
    Seen found;
    for (const auto& dir : ask<protocol::DescribeLogDirsResponse>(request).results) {
      for (const auto& one : dir.topics) {
        if (one.name != topic) continue;
        for (const auto& partition : one.partitions) {
          (partition.is_future_key ? found.future : found.current) = dir.log_dir.str();
          if (partition.is_future_key) found.lag = partition.offset_lag;
        }
      }
    }
    return found;
  }
  std::string where(std::string_view topic) { return seen(topic).current; }
  Uuid recorded(std::string_view topic) {
    return node().broker().image()->partition(topic, PartitionId(0))->directory_of(NodeId(1));
  }
  const OpenDir& dir(std::size_t index) { return node().broker().directories().opened()[index]; }
  ReplicaMoves& moves() { return node().broker().moves(); }
  void hold_moves_back() { moves().set_rate(1); }
  void let_moves_go() { moves().set_rate(std::numeric_limits<std::int64_t>::max()); }
  void settle() { run_for(std::chrono::seconds(2)); }

  void expect_all(std::string_view topic, std::int64_t records) {
    const auto fetched = fetch(topic, 0);
    EXPECT_EQ(fetched.error_code, ErrorCode::none);
    EXPECT_EQ(fetched.high_watermark, Offset(records));
    EXPECT_EQ(produce(topic, "more").base_offset, Offset(records));
  }
  std::vector<std::string> folders(const std::string& root, std::string_view topic) {
    std::vector<std::string> names;
    for (const auto& entry : node().broker().env().disk().list(root).value()) {
      // One that is on its way out stays for file.delete.delay.ms.
      if (entry.name.ends_with("-delete")) continue;
      if (entry.name.starts_with(fmt::format("{}-", topic))) names.push_back(entry.name);
    }
    return names;
  }
};

TEST_F(ReplicaMovesTest, partition_is_moved_and_the_metadata_knows) {
  wish("t", "/second", ErrorCode::none);
  settle();
  EXPECT_EQ(where("t"), "/second");
  EXPECT_EQ(seen("t").future, "");
  EXPECT_EQ(recorded("t"), dir(1).id);
  EXPECT_EQ(moves().in_progress(), 0U);
  expect_all("t", 5);
  stop();
  start();
  EXPECT_EQ(where("t"), "/second");
  expect_all("t", 6);
  EXPECT_EQ(folders("/second", "t"), std::vector<std::string>{"t-0"});
  wish("t", "/first", ErrorCode::none);
  settle();
  EXPECT_EQ(where("t"), "/first");
  power_cut();
  start();
  EXPECT_EQ(where("t"), "/first");
  expect_all("t", 7);
}

/// While its log is handed over a coordinator waits for room, as a producer does.
TEST_F(ReplicaMovesTest, no_commit_fails_while_the_offsets_are_moved) {
  stop();
  properties_["offsets.topic.num.partitions"] = "1";
  start();
  protocol::FindCoordinatorRequest find;
  find.key = Text("g");
  ASSERT_EQ(ask<protocol::FindCoordinatorResponse>(find, 2).error_code, ErrorCode::none);
  settle();
  protocol::OffsetCommitRequest commit;
  commit.group_id = Text("g");
  auto& topic = commit.topics.emplace_back();
  topic.name = Text("t");
  topic.partitions.emplace_back().committed_offset = Offset(3);
  const std::string from = where("__consumer_offsets");
  wish("__consumer_offsets", from == "/first" ? "/second" : "/first", ErrorCode::none);
  disk().slow_down(MonoTime::max(), milliseconds(3));
  int commits = 0;
  for (; moves().in_progress() > 0 && commits < 1'000; ++commits) {
    const auto answer = ask<protocol::OffsetCommitResponse>(commit, 8);
    ASSERT_EQ(answer.topics.at(0).partitions.at(0).error_code, ErrorCode::none) << commits;
  }
  EXPECT_GT(commits, 3);
  EXPECT_NE(where("__consumer_offsets"), from);
}

TEST_F(ReplicaMovesTest, answers_with_kafkas_errors) {
  wish("t", "/third", ErrorCode::log_dir_not_found);
  wish("t", "", ErrorCode::log_dir_not_found);
  wish(std::string(230, 'x'), "/second", ErrorCode::invalid_topic_exception);
  wish("none", "/second", ErrorCode::replica_not_available);
  EXPECT_EQ(alter("t", "/second", 7), ErrorCode::replica_not_available);
  wish("t", "/first", ErrorCode::none);
  EXPECT_EQ(seen("t").future, "") << "it is there";
  disk().fail_next(env::DiskOp::write, "/second/");
  run_for(std::chrono::seconds(61));
  ASSERT_TRUE(dir(1).dir->is_offline());
  wish("t", "/second", ErrorCode::kafka_storage_error);
  stop();
  disk().fail_next(env::DiskOp::read, "/second/meta.properties");
  start();
  wish("t", "/second", ErrorCode::kafka_storage_error);
}

TEST_F(ReplicaMovesTest, not_while_a_third_directory_is_away) {
  stop();
  properties_["log.dirs"] = "/first,/second,/third";
  start();
  disk().fail_next(env::DiskOp::write, "/third/");
  run_for(std::chrono::seconds(61));
  ASSERT_TRUE(dir(2).dir->is_offline());
  wish("t", "/second", ErrorCode::kafka_storage_error);
  expect_all("t", 5);
}

TEST_F(ReplicaMovesTest, new_partition_is_made_where_it_was_asked_for) {
  for (const auto* path : {"/second", "/first", "/second"}) {
    const auto topic =
        fmt::format("new{}", moves().in_progress() + node().broker().partitions().size());
    wish(topic, path, ErrorCode::replica_not_available);
    ASSERT_EQ(create(topic), ErrorCode::none);
    EXPECT_EQ(where(topic), path);
  }
}

TEST_F(ReplicaMovesTest, copy_is_described_while_it_is_made) {
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  EXPECT_EQ(seen("t").future, "/second") << "at once, also before anything is copied";
  settle();
  const auto held = seen("t");
  EXPECT_EQ(held.current, "/first");
  EXPECT_EQ(held.future, "/second");
  expect_all("t", 5);
  EXPECT_GE(seen("t").lag, 1);
  let_moves_go();
  settle();
  EXPECT_EQ(where("t"), "/second");
  expect_all("t", 6);
}

TEST_F(ReplicaMovesTest, back_to_where_it_is_cancels) {
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  settle();
  ASSERT_EQ(folders("/second", "t").size(), 1U);
  wish("t", "/first", ErrorCode::none);
  EXPECT_EQ(seen("t").future, "");
  settle();
  EXPECT_EQ(where("t"), "/first");
  EXPECT_TRUE(folders("/second", "t").empty());
  EXPECT_EQ(recorded("t"), dir(0).id);
  expect_all("t", 5);
}

TEST_F(ReplicaMovesTest, another_target_replaces_the_first) {
  stop();
  properties_["log.dirs"] = "/first,/second,/third";
  start();
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  settle();
  wish("t", "/third", ErrorCode::none);
  EXPECT_EQ(seen("t").future, "/third");
  let_moves_go();
  settle();
  EXPECT_EQ(where("t"), "/third");
  EXPECT_TRUE(folders("/second", "t").empty());
  expect_all("t", 5);
}

TEST_F(ReplicaMovesTest, deletion_of_the_topic_takes_the_copy_along) {
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  settle();
  ASSERT_EQ(folders("/second", "t").size(), 1U);
  protocol::DeleteTopicsRequest request;
  request.topics.emplace_back().name = Text::view("t");
  EXPECT_EQ(ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code,
            ErrorCode::none);
  run_for(std::chrono::seconds(70));
  EXPECT_TRUE(folders("/second", "t").empty());
  EXPECT_TRUE(folders("/first", "t").empty());
  EXPECT_EQ(moves().in_progress(), 0U);
  let_moves_go();
  make("t", 2);
  expect_all("t", 2);
}

TEST_F(ReplicaMovesTest, move_goes_on_after_a_restart) {
  for (const bool clean : {true, false}) {
    SCOPED_TRACE(clean);
    const auto records = fetch("t", 0).high_watermark.value();
    const auto from = where("t");
    const std::string to = from == "/first" ? "/second" : "/first";
    hold_moves_back();
    wish("t", to, ErrorCode::none);
    settle();
    if (clean) {
      stop();
    } else {
      power_cut();
    }
    start();
    settle();
    EXPECT_EQ(where("t"), to);
    EXPECT_EQ(folders(to, "t").size(), 1U);
    expect_all("t", records);
  }
}

TEST_F(ReplicaMovesTest, target_that_fails_ends_the_move_only) {
  disk().fail_next(env::DiskOp::write, "-future/");
  wish("t", "/second", ErrorCode::none);
  settle();
  EXPECT_TRUE(dir(1).dir->is_offline());
  EXPECT_EQ(moves().in_progress(), 0U);
  EXPECT_EQ(moves().failures(), 1U);
  EXPECT_EQ(where("t"), "/first");
  expect_all("t", 5);
}

TEST_F(ReplicaMovesTest, directory_that_fails_under_the_log_ends_both) {
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  settle();
  disk().fail_next(env::DiskOp::sync, "/first/t-0/");
  EXPECT_EQ(produce("t", "lost").error_code, ErrorCode::kafka_storage_error);
  let_moves_go();
  settle();
  EXPECT_EQ(fetch("t", 0).error_code, ErrorCode::kafka_storage_error);
  EXPECT_EQ(moves().in_progress(), 0U);
  power_cut();
  start();
  settle();
  EXPECT_EQ(fetch("t", 0).error_code, ErrorCode::none);
  EXPECT_GE(fetch("t", 0).high_watermark, Offset(5));
}

TEST_F(ReplicaMovesTest, deleted_records_stay_deleted) {
  hold_moves_back();
  wish("t", "/second", ErrorCode::none);
  settle();
  protocol::DeleteRecordsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::view("t");
  topic.partitions.push_back({.partition_index = PartitionId(0), .offset = Offset(3)});
  const auto answer = ask<protocol::DeleteRecordsResponse>(request);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, ErrorCode::none);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).low_watermark, Offset(3));
  let_moves_go();
  settle();
  ASSERT_EQ(where("t"), "/second");
  power_cut();
  start();
  EXPECT_EQ(fetch("t", 2).error_code, ErrorCode::offset_out_of_range);
  EXPECT_EQ(fetch("t", 3).log_start_offset, Offset(3));
}

/// The copy gets its name, and the sync of that fails: both have it, and the metadata decides.
TEST_F(ReplicaMovesTest, what_is_acknowledged_after_a_swap_that_failed_is_there_after_a_start) {
  std::int64_t records = 5;
  int doubles = 0;
  for (std::uint64_t operations = 1; operations < 80 && !HasFailure(); ++operations) {
    SCOPED_TRACE(operations);
    if (where("t") != "/first") {
      wish("t", "/first", ErrorCode::none);
      settle();
    }
    disk().after_operations(operations, [this] {
      disk().fail_next(env::DiskOp::sync_names, "/second");
      disk().stall_next(env::DiskOp::sync, std::chrono::seconds(1), "__cluster_metadata");
    });
    wish("t", "/second", ErrorCode::none);
    while (moves().in_progress() > 0 && !dir(1).dir->is_offline()) {
      run_for(std::chrono::microseconds(50));
    }
    if (produce("t", "after").error_code == ErrorCode::none) ++records;
    doubles += folders("/first", "t").size() + folders("/second", "t").size() > 1 ? 1 : 0;
    kill();
    start();
    if (HasFatalFailure()) return;
    settle();
    const auto& opened = node().broker().directories().opened();
    if (opened.size() < 2 || opened[1].dir->is_offline()) {  // the fault came that late
      kill();
      start();
      settle();
    }
    expect_all("t", records++);
  }
  EXPECT_GT(doubles, 0);
}

/// Nobody can be told that the partition stays where it is: the metadata log failed with the copy.
TEST_F(ReplicaMovesTest, swap_that_fails_with_the_metadata_log_ends_the_partition_for_this_life) {
  std::int64_t records = 5;
  int ended = 0;
  for (std::uint64_t operations = 1; operations < 80 && !HasFailure(); ++operations) {
    SCOPED_TRACE(operations);
    if (where("t") != "/second") {
      wish("t", "/second", ErrorCode::none);
      settle();
    }
    disk().after_operations(operations,
                            [this] { disk().fail_next(env::DiskOp::sync_names, "/first"); });
    wish("t", "/first", ErrorCode::none);
    settle();
    if (!dir(0).dir->is_offline()) break;  // the move was over before
    EXPECT_FALSE(dir(1).dir->is_offline());
    EXPECT_EQ(moves().in_progress(), 0U);
    if (produce("t", "after").error_code == ErrorCode::none) {
      ++records;
    } else if (where("t") == "/second") {
      ++ended;
    }
    kill();
    start();
    if (HasFatalFailure()) return;
    settle();
    expect_all("t", records++);
  }
  EXPECT_GT(ended, 0);
}

/// The power goes after each disk operation of a move in turn; also in those of the start behind
/// it.
TEST_F(ReplicaMovesTest, power_cuts_at_any_point_lose_nothing) {
  std::int64_t records = 5;
  int interrupted = 0;
  int moved = 0;
  for (std::uint64_t operations = 1; operations < 120 && !HasFailure(); operations += 1) {
    SCOPED_TRACE(operations);
    const std::string from = where("t");
    const std::string to = from == "/first" ? "/second" : "/first";
    wish("t", to, ErrorCode::none);
    power_cut_after(operations);
    run_for(std::chrono::seconds(1));
    interrupted += is_up() ? 0 : 1;
    power_cut();
    start();
    if (HasFatalFailure()) return;
    settle();
    const auto at = where("t");
    EXPECT_TRUE(at == from || at == to) << at;
    EXPECT_EQ(recorded("t"), dir(at == "/second" ? 1 : 0).id);
    EXPECT_EQ(folders("/first", "t").size() + folders("/second", "t").size(), 1U);
    moved += at == to ? 1 : 0;
    expect_all("t", records++);
  }
  EXPECT_GT(moved, 60) << "from the moment that the copy has a name on it goes on";
  EXPECT_GT(interrupted, 30);
}

}  // namespace
}  // namespace moldau::broker
