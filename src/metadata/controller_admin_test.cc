#include <gtest/gtest.h>

#include "metadata/controller.h"
#include "metadata/features.h"
#include "metadata/image_records.h"
#include "metadata/test_policy.h"

namespace moldau::metadata {
namespace {

/// A broker that acts on every configuration while it runs.
class ActsOnAll : public TestPolicy {
 public:
  std::optional<std::string> reject_broker_config(
      const Image&, std::string_view, const ConfigValues&,
      const std::set<std::string, std::less<>>&) const override {
    return std::nullopt;
  }
};

class ControllerAdmin : public testing::Test {
 protected:
  /// What is noted about setting a configuration of all brokers.
  std::vector<std::string> notes_of(std::string_view name, std::string_view value) {
    Prng prng(1);
    const std::function<Uuid()> fresh_uuid = [] { return Uuid(); };  // none is asked for
    const Context context{
        .now = MonoTime{}, .next_offset = Offset(0), .prng = prng, .fresh_uuid = fresh_uuid};
    if (!controller_.is_active()) (void)controller_.activate(context, LeaderEpoch(1));
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(ResourceType::broker);
    resource.configs.push_back({.name = Text::copy(name), .value = Text::copy(value)});
    return controller_.incremental_alter_configs(context, request).notes;
  }

 private:
  ActsOnAll policy_;
  Controller controller_{
      ControllerConfig{.node_id = NodeId(1),
                       .bootstrap = {feature_record(metadata_version_feature, level::kafka_4_2)}},
      policy_};
};

TEST_F(ControllerAdmin, the_value_of_a_secret_configuration_is_not_noted) {
  EXPECT_EQ(
      notes_of("ssl.keystore.password", "PASSWORD"),
      std::vector<std::string>{R"(configures type=4 name="" ssl.keystore.password=[hidden])"});
  EXPECT_EQ(notes_of("plugin.of.ours", "PASSWORD"),
            std::vector<std::string>{R"(configures type=4 name="" plugin.of.ours=[hidden])"});
  EXPECT_EQ(notes_of("log.retention.ms", "5000"),
            std::vector<std::string>{R"(configures type=4 name="" log.retention.ms=5000)"});
}

}  // namespace
}  // namespace moldau::metadata
