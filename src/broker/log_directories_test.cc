#include "broker/log_directories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "broker/test_broker.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/metadata.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

/// A broker with two topics of one partition; the second goes where there are fewer.
class TwoDirectories : public BrokerTest {
 protected:
  void SetUp() override {
    properties_["log.dirs"] = "/first,/second";
    start();
    ASSERT_EQ(create("t"), ErrorCode::none);
    ASSERT_EQ(create("u"), ErrorCode::none);
    const auto second = described(1);
    ASSERT_EQ(second.topics.size(), 1u);
    there_ = second.topics[0].name.str();
    here_ = there_ == "t" ? "u" : "t";
    ASSERT_EQ(produce(there_, "v").error_code, ErrorCode::none);
    ASSERT_EQ(produce(here_, "v").error_code, ErrorCode::none);
  }

  protocol::DescribeLogDirsResponse::DescribeLogDirsResult described(std::size_t directory) {
    protocol::DescribeLogDirsRequest request;
    request.topics.reset();
    return ask<protocol::DescribeLogDirsResponse>(request).results.at(directory);
  }
  /// What Metadata says of partition 0.
  protocol::MetadataResponse::MetadataResponsePartition metadata(std::string_view topic) {
    protocol::MetadataRequest request;
    request.topics.emplace().emplace_back().name = Text::copy(topic);
    return ask<protocol::MetadataResponse>(request).topics.at(0).partitions.at(0);
  }
  ErrorCode remove(std::string_view topic) {
    protocol::DeleteTopicsRequest request;
    request.topics.emplace_back().name = Text::copy(topic);
    return ask<protocol::DeleteTopicsResponse>(request).responses.at(0).error_code;
  }
  Uuid directory_of(std::string_view topic) {
    const auto image = node().broker().image();
    return image->partition(topic, PartitionId(0))->directory_of(NodeId(1));
  }
  static env::Task<> move_to_first(env::Disk& disk, std::string name) {
    EXPECT_TRUE(disk.rename("/second/" + name, "/first/" + name));
    EXPECT_TRUE(disk.sync_directory("/first"));
    co_return;
  }
  static env::Task<> rename(env::Disk& disk, std::string in, std::string from, std::string to) {
    EXPECT_TRUE(disk.rename(in + "/" + from, in + "/" + to));
    EXPECT_TRUE(disk.sync_directory(in));
    co_return;
  }
  static env::Task<> replace(env::Disk& disk, std::string path, std::string text) {
    EXPECT_TRUE(env::replace_file(disk, path, as_bytes(text)));
    co_return;
  }
  /// partition.metadata as Apache writes it.
  void give_the_id_of_the_other() {
    const auto id = node().broker().image()->topic(std::string_view(there_))->id;
    run_there(replace(node().broker().env().disk(),
                      fmt::format("/first/{}-0/partition.metadata", here_),
                      fmt::format("version: 0\ntopic_id: {}", id)));
  }
  void fail_second() {
    disk().fail_next(env::DiskOp::write, "/second/");
    run_for(std::chrono::seconds(61));  // some checkpoint is due by then
  }
  void expect_out_of_reach(std::string_view topic) {
    EXPECT_EQ(produce(topic, "lost").error_code, ErrorCode::kafka_storage_error);
    EXPECT_EQ(fetch(topic, 0).error_code, ErrorCode::kafka_storage_error);
  }
  void expect_served(std::string_view topic, std::int64_t records) {
    EXPECT_EQ(fetch(topic, 0).high_watermark, Offset(records)) << topic;
    EXPECT_EQ(produce(topic, "v").base_offset, Offset(records)) << topic;
  }

  std::string here_;   ///< in /first
  std::string there_;  ///< in /second
};

// --- KIP-858 -----------------------------------------------------------------------------------

TEST_F(TwoDirectories, the_metadata_says_where_a_replica_is) {
  const auto& opened = node().broker().directories().opened();
  run_for(std::chrono::seconds(1));  // it is told soon after the creation
  EXPECT_EQ(directory_of(here_), opened[0].id);
  EXPECT_EQ(directory_of(there_), opened[1].id);
}

TEST_F(TwoDirectories, partitions_of_one_topic_are_spread_and_each_is_in_one_directory) {
  ASSERT_EQ(create("wide", 10), ErrorCode::none);
  std::set<std::string> names;
  for (const std::size_t directory : {0U, 1U}) {
    for (const auto& topic : described(directory).topics) {
      if (topic.name != "wide") continue;
      EXPECT_EQ(topic.partitions.size(), 5U);
      for (const auto& partition : topic.partitions) {
        EXPECT_TRUE(names.insert(fmt::format("{}", partition.partition_index)).second);
      }
    }
  }
  EXPECT_EQ(names.size(), 10U);
}

TEST_F(TwoDirectories, one_that_fails_is_described_as_offline_and_leads_nothing) {
  fail_second();
  EXPECT_EQ(described(0).error_code, ErrorCode::none);
  EXPECT_FALSE(described(0).topics.empty());
  EXPECT_EQ(described(1).log_dir, "/second");
  EXPECT_EQ(described(1).error_code, ErrorCode::kafka_storage_error);
  EXPECT_TRUE(described(1).topics.empty());
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::leader_not_available);
  EXPECT_EQ(metadata(there_).leader_id, NodeId(-1));
  EXPECT_EQ(metadata(there_).offline_replicas, std::vector<NodeId>{NodeId(1)});
  EXPECT_EQ(metadata(here_).error_code, ErrorCode::none);
  expect_out_of_reach(there_);
  expect_served(here_, 1);
  ASSERT_EQ(create("new", 3), ErrorCode::none);
  EXPECT_EQ(produce("new", "v").error_code, ErrorCode::none) << "in the one that is there";
  EXPECT_EQ(described(0).topics.size(), 2u);
}

TEST_F(TwoDirectories, one_that_failed_is_whole_again_after_a_restart) {
  fail_second();
  stop();
  start();
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::none);
  expect_served(there_, 1);
  expect_served(here_, 1);
}

// --- Start without a directory -----------------------------------------------------------------

TEST_F(TwoDirectories, broker_starts_without_one_that_can_not_be_opened) {
  stop();
  disk().fail_next(env::DiskOp::read, "/second/meta.properties");
  start();
  EXPECT_EQ(described(1).log_dir, "/second");
  EXPECT_EQ(described(1).error_code, ErrorCode::kafka_storage_error);
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::leader_not_available);
  expect_out_of_reach(there_);
  expect_served(here_, 1);
  stop();
  start();
  expect_served(there_, 1);
  expect_served(here_, 2);
}

TEST_F(TwoDirectories, broker_does_not_start_without_the_first) {
  stop();
  disk().fail_next(env::DiskOp::read, "/first/meta.properties");
  const auto started = try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::io);
  start();
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, what_can_not_be_loaded_does_not_begin_anew_in_the_other) {
  stop();
  disk().fail_next(env::DiskOp::read, "/second/" + there_);
  start();
  EXPECT_EQ(described(1).error_code, ErrorCode::kafka_storage_error);
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::leader_not_available);
  expect_out_of_reach(there_);
  expect_served(here_, 1);
  stop();
  start();
  expect_served(there_, 1);
}

/// A write that went astray: the file is sound, and another partition's.
TEST_F(TwoDirectories, what_has_the_id_of_another_topic_does_not_begin_anew) {
  stop();
  const auto file = [](std::string_view directory, std::string_view topic) {
    return fmt::format("/{}/{}-0/partition.metadata", directory, topic);
  };
  const auto damage =
      disk().damage(file("first", here_), 0, *disk().durable(file("second", there_)));
  ASSERT_TRUE(damage);
  start();
  expect_out_of_reach(here_);
  expect_served(there_, 1);
  stop();
  EXPECT_TRUE(env::SimDiskState::mend(*damage));
  start();
  expect_served(here_, 1);
}

/// The same in Apache's form, which does not say whose it is.
TEST_F(TwoDirectories, what_has_the_id_of_another_topic_in_apaches_form_does_not_begin_anew) {
  give_the_id_of_the_other();
  stop();
  start();
  expect_out_of_reach(here_);
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, what_no_topic_is_called_and_has_the_id_of_another_is_a_stray) {
  give_the_id_of_the_other();
  run_there(rename(node().broker().env().disk(), "/first", here_ + "-0", "gone-0"));
  stop();
  start();
  EXPECT_EQ(fetch("gone", 0).error_code, ErrorCode::unknown_topic_or_partition);
  expect_served(there_, 1);
}

/// A disk that is not mounted looks so: the path is there, and empty.
TEST_F(TwoDirectories, what_was_in_a_directory_that_is_new_now_does_not_begin_anew) {
  stop();
  properties_["log.dirs"] = "/first,/empty";
  start();
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::leader_not_available);
  expect_out_of_reach(there_);
  expect_served(here_, 1);
  stop();
  properties_["log.dirs"] = "/first,/second";
  start();
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, topic_of_a_lost_directory_can_be_deleted_and_made_again) {
  stop();
  properties_["log.dirs"] = "/first,/empty";
  start();
  EXPECT_EQ(remove(there_), ErrorCode::none);
  EXPECT_EQ(create(there_), ErrorCode::none);
  expect_served(there_, 0);
  stop();
  properties_["log.dirs"] = "/first,/empty,/second";
  start();
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, replica_that_was_moved_by_hand_is_recorded_where_it_is) {
  const std::string name = there_ + "-0";
  stop();
  properties_["log.dirs"] = "/first";
  start();
  run_there(move_to_first(node().broker().env().disk(), name));
  stop();
  start();
  EXPECT_EQ(directory_of(there_), node().broker().directories().opened()[0].id);
  expect_served(there_, 1);
}

/// An empty one of the same name beside it, as an interrupted move or a restored backup leaves it.
class TwiceInDirectories : public TwoDirectories {
 protected:
  void copy_to(const std::string& directory) {
    run_there(make(node().broker().env().disk(), directory, directory + "/" + there_ + "-0"));
  }

 private:
  static env::Task<> make(env::Disk& disk, std::string directory, std::string copy) {
    EXPECT_TRUE(disk.make_directory(copy));
    EXPECT_TRUE(disk.open(copy + "/00000000000000000000.log", env::OpenMode::create));
    EXPECT_TRUE(disk.sync_directory(copy));
    EXPECT_TRUE(disk.sync_directory(directory));
    co_return;
  }
};

TEST_F(TwiceInDirectories, replica_counts_where_the_metadata_says) {
  copy_to("/first");
  stop();
  start();
  expect_served(there_, 1);
  const auto entries = node().broker().env().disk().list("/first").value();
  EXPECT_TRUE(std::ranges::any_of(entries, [&](const env::DirEntry& entry) {
    return entry.name.starts_with(there_ + "-0.") && entry.name.ends_with("-stray");
  }));
}

TEST_F(TwiceInDirectories, broker_does_not_choose_between_two_that_the_metadata_does_not_name) {
  stop();
  properties_["log.dirs"] = "/first,/third";
  start();
  copy_to("/first");
  copy_to("/third");
  stop();
  start();
  expect_out_of_reach(there_);
  expect_served(here_, 1);
  stop();
  properties_["log.dirs"] = "/first,/second,/third";
  start();
  expect_served(there_, 1);
}

TEST_F(TwiceInDirectories, old_copy_is_not_served_while_the_directory_of_the_replica_is_away) {
  copy_to("/first");
  stop();
  disk().fail_next(env::DiskOp::read, "/second/meta.properties");
  start();
  expect_out_of_reach(there_);
  stop();
  start();
  expect_served(there_, 1);
}

// --- A partition's directory has gone ------------------------------------------------------------

class VanishedPartition : public TwoDirectories {
 protected:
  static constexpr auto points_path = "/second/recovery-point-offset-checkpoint";
  static env::Task<> move(env::Disk& disk, std::string from, std::string to) {
    EXPECT_TRUE(disk.rename(from, to));
    EXPECT_TRUE(disk.sync_directory("/second"));
    co_return;
  }
  static env::Task<> forget_points(env::Disk& disk) {
    EXPECT_TRUE(disk.remove_file(points_path));
    EXPECT_TRUE(disk.sync_directory("/second"));
    co_return;
  }
  /// While the broker runs: it is open, and stays so.
  void rename(const std::string& from, const std::string& to) {
    run_there(move(node().broker().env().disk(), from, to));
  }
  static env::Task<> read(env::Disk& disk, std::string path, std::string& text) {
    text = as_text(env::read_file(disk, path, 10'000).value());
    co_return;
  }
  std::string read_there(const std::string& path) {
    std::string text;
    run_there(read(node().broker().env().disk(), path, text));
    return text;
  }
  void vanish() {
    run_for(std::chrono::seconds(2));  // the recovery point is saved
    rename(path_, "/second/saved");
    power_cut();
  }
  void SetUp() override {
    TwoDirectories::SetUp();
    path_ = "/second/" + there_ + "-0";
  }

  std::string path_;
};

TEST_F(VanishedPartition, does_not_begin_anew_and_is_served_when_it_is_back) {
  vanish();
  for (int starts = 0; starts < 2; ++starts) {
    start();
    expect_out_of_reach(there_);
    EXPECT_EQ(metadata(there_).error_code, ErrorCode::leader_not_available);
    EXPECT_EQ(directory_of(there_), lost_directory);
    expect_served(here_, 1 + starts);
    if (starts == 1) rename("/second/saved", path_);
    stop();
  }
  start();
  EXPECT_EQ(metadata(there_).error_code, ErrorCode::none);
  EXPECT_EQ(directory_of(there_), node().broker().directories().opened()[1].id);
  expect_served(there_, 1);
}

TEST_F(VanishedPartition, its_topic_can_be_deleted_and_made_again) {
  vanish();
  start();
  EXPECT_EQ(remove(there_), ErrorCode::none);
  EXPECT_EQ(create(there_), ErrorCode::none);
  expect_served(there_, 0);
  stop();
  start();
  expect_served(there_, 1);
}

TEST_F(VanishedPartition, its_topic_can_be_deleted_right_before_a_crash) {
  vanish();
  start();
  EXPECT_EQ(remove(there_), ErrorCode::none);
  power_cut();
  start();
  EXPECT_EQ(create(there_), ErrorCode::none);
  power_cut();
  start();
  expect_served(there_, 0);
}

/// It had moved to another directory right before a crash, and the topic is deleted there.
TEST_F(VanishedPartition, is_forgotten_where_it_is_served_from_another_directory) {
  run_for(std::chrono::seconds(2));
  const auto points = fmt::format("0\n2\n{} 0 1\n{} 0 1\n", there_, here_);
  run_there(replace(node().broker().env().disk(), points_path, points));
  power_cut();
  start();
  expect_served(here_, 1);
  run_for(std::chrono::seconds(2));
  EXPECT_FALSE(read_there(points_path).contains(here_));
  EXPECT_TRUE(read_there(points_path).contains(there_));
}

TEST_F(VanishedPartition, that_never_held_a_record_begins_anew) {
  ASSERT_EQ(create("empty", 2), ErrorCode::none);
  run_for(std::chrono::seconds(2));
  rename("/second/empty-0", "/second/saved");
  power_cut();
  start();
  expect_served("empty", 0);
}

TEST_F(VanishedPartition, begins_anew_without_its_line_in_the_checkpoint) {
  vanish();
  start();
  expect_out_of_reach(there_);
  stop();
  properties_["log.dirs"] = "/first";
  start();
  run_there(forget_points(node().broker().env().disk()));  // by hand, as the log says
  stop();
  properties_["log.dirs"] = "/first,/second";
  start();
  expect_served(there_, 0);
}

/// Its disk is not mounted. To begin a metadata log there would make strays of all that the others
/// hold.
TEST_F(TwoDirectories, broker_does_not_start_with_an_empty_first_beside_one_that_is_not) {
  stop();
  properties_["log.dirs"] = "/empty,/second";
  const auto started = try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::invalid);
  properties_["log.dirs"] = "/first,/second";
  start();
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, start_that_is_refused_leaves_no_directory_clean_that_was_not) {
  power_cut();
  disk().fail_next(env::DiskOp::read, "/first/__cluster_metadata-0/");
  ASSERT_FALSE(try_start());
  disk().fail_next(env::DiskOp::read, "/first/__cluster_metadata-0/");
  ASSERT_FALSE(try_start());
  start();
  for (const auto& [id, dir] : node().broker().directories().opened()) {
    EXPECT_FALSE(dir->clean_shutdown_epoch()) << dir->path();
  }
  expect_served(there_, 1);
}

TEST_F(TwoDirectories, two_with_one_id_are_refused) {
  stop();
  properties_["log.dirs"] = "/first,/first";
  EXPECT_FALSE(try_start());
}

}  // namespace
}  // namespace moldau::broker
