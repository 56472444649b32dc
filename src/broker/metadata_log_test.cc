#include "broker/metadata_log.h"

#include <gtest/gtest.h>

#include "broker/test_broker.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using testing::BrokerTest;

/// A broker that makes a snapshot of the metadata after each change.
class MetadataSnapshots : public BrokerTest {
 protected:
  void SetUp() override {
    properties_["log.dirs"] = "/first,/second";
    properties_["metadata.log.max.record.bytes.between.snapshots"] = "1";
    start();
  }

  void make(std::string_view topic) {
    EXPECT_EQ(create(topic), ErrorCode::none);
    run_for(std::chrono::seconds(1));
  }
  bool is_offline(std::size_t directory) {
    return node().broker().directories().opened().at(directory).dir->is_offline();
  }
  /// All but that of formatting, the oldest first.
  std::vector<std::string> snapshots() {
    std::vector<std::string> found;
    for (const auto& path : disk().files()) {
      if (!path.starts_with("/first/__cluster_metadata-0/") || !path.ends_with(".checkpoint")) {
        continue;
      }
      if (path.find("/00000000000000000000-0000000000") == std::string::npos) found.push_back(path);
    }
    return found;
  }
};

TEST_F(MetadataSnapshots, each_takes_the_place_of_the_one_before) {
  make("t");
  ASSERT_EQ(snapshots().size(), 1U);
  const auto before = snapshots().front();
  make("u");
  ASSERT_EQ(snapshots().size(), 1U);
  EXPECT_GT(snapshots().front(), before);
}

TEST_F(MetadataSnapshots, one_that_cannot_be_removed_stops_no_controller) {
  make("t");
  ASSERT_EQ(snapshots().size(), 1U);
  disk().fail_next(env::DiskOp::names, snapshots().front());
  make("u");
  make("v");
  EXPECT_EQ(snapshots().size(), 1U) << "it goes with the next";
  EXPECT_FALSE(is_offline(0));
}

TEST_F(MetadataSnapshots, a_sync_of_their_names_that_fails_takes_the_directory_offline) {
  make("t");
  disk().fail_next(env::DiskOp::sync_names, "__cluster_metadata-0");
  static_cast<void>(create("u"));
  run_for(std::chrono::seconds(1));
  EXPECT_TRUE(is_offline(0));
  EXPECT_FALSE(is_offline(1));
}

}  // namespace
}  // namespace moldau::broker
