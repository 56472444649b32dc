#include "broker/test_broker.h"
#include "protocol/messages/metadata.h"

/// What clients see of a partition that the scrubber has found damaged.
namespace moldau::broker {
namespace {

using protocol::ErrorCode;

class ScrubbedPartition : public testing::BrokerTest {
 protected:
  void SetUp() override {
    properties_["log.dirs"] = "/data";
    start();
    ASSERT_EQ(create("hurt", 1, {{"segment.bytes", "1048576"}}), ErrorCode::none);
    ASSERT_EQ(create("whole"), ErrorCode::none);
    const std::string value(400'000, 'v');
    for (int i = 0; i < 5; ++i) ASSERT_EQ(produce("hurt", value).error_code, ErrorCode::none);
    ASSERT_EQ(produce("whole", "v").error_code, ErrorCode::none);
    ASSERT_EQ(fetch("hurt", 0).error_code, ErrorCode::none);
    run_for(std::chrono::seconds(2));
    ASSERT_TRUE(disk().flip_bit("/data/hurt-0/00000000000000000000.log", 1000, 3));
  }
  static env::Task<> scrub(storage::LogDir& dir, env::Worker& home) {
    co_await env::run_on(dir.pool(), env::IoClass::background, home, [&dir] {
      dir.scrub_all();
      return 0;
    });
  }
  void scrub() {
    auto& broker = node().broker();
    run_there(scrub(*broker.directories().opened().front().dir, broker.env().workers().at(0)));
  }
  void expect_set_aside() {
    EXPECT_EQ(fetch("hurt", 0).error_code, ErrorCode::kafka_storage_error);
    EXPECT_EQ(fetch("hurt", 4).error_code, ErrorCode::kafka_storage_error) << "also what is whole";
    EXPECT_EQ(produce("hurt", "v").error_code, ErrorCode::kafka_storage_error);
    EXPECT_EQ(fetch("whole", 0).error_code, ErrorCode::none);
    EXPECT_EQ(produce("whole", "v").error_code, ErrorCode::none);
  }
};

TEST_F(ScrubbedPartition, that_is_damaged_serves_nobody_and_harms_no_other) {
  scrub();
  expect_set_aside();
  stop();
  start();
  expect_set_aside();
}

TEST_F(ScrubbedPartition, is_remembered_when_the_disk_was_full_as_the_damage_was_found) {
  disk().set_capacity(disk().used_bytes());
  scrub();
  disk().set_capacity(std::uint64_t{1} << 40);
  run_for(std::chrono::seconds(2));
  power_cut();
  start();
  expect_set_aside();
}

}  // namespace
}  // namespace moldau::broker
