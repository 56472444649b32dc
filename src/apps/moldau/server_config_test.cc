#include "apps/moldau/server_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "env/real/real_disk.h"

namespace moldau::apps {
namespace {

class ServerConfig : public testing::Test {
 protected:
  ServerConfig() {
    std::string name = std::filesystem::temp_directory_path() / "moldau-config-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~ServerConfig() override { std::filesystem::remove_all(directory_); }

  std::string file(std::string_view text) {
    const auto path = directory_ + "/server.properties";
    EXPECT_TRUE(env::replace_file(disk_, path, as_bytes(text)));
    return path;
  }
  std::string error(const ServerArguments& arguments) {
    const auto properties = read_properties(disk_, arguments);
    return properties ? "accepted" : properties.error().to_string();
  }

  env::RealDisk disk_;
  std::string directory_;
};

TEST_F(ServerConfig, a_file_that_is_not_there_is_named) {
  EXPECT_TRUE(error({.config_file = "/no/such", .overrides = {}}).starts_with("not_found"));
}

TEST_F(ServerConfig, a_broken_override_is_named) {
  EXPECT_NE(error({.config_file = "", .overrides = {"log.dirs"}}).find("--override"),
            std::string::npos);
  EXPECT_NE(error({.config_file = "", .overrides = {"nonsense=1"}}).find("nonsense"),
            std::string::npos);
}

TEST_F(ServerConfig, two_overrides_are_enough_for_a_single_node) {
  const auto properties = read_properties(disk_, {.config_file = "",
                                                  .overrides = {"log.dirs=/d",
                                                                "listeners=PLAINTEXT://127.0.0.1:1,"
                                                                "CONTROLLER://127.0.0.1:2"}});
  ASSERT_TRUE(properties.has_value()) << properties.error().to_string();
  EXPECT_EQ(properties->config.log_dirs(), std::vector<std::string>{"/d"});
  EXPECT_EQ(properties->config.integer("offsets.topic.replication.factor"), 1);
  EXPECT_TRUE(properties->without_effect.empty());
}

TEST_F(ServerConfig, a_users_file_has_kafkas_defaults_and_overrides_win) {
  const auto path = file(
      "process.roles=broker,controller\nnode.id=5\ncontroller.listener.names=CONTROLLER\n"
      "log.dirs=/file\nnum.io.threads=8\n");
  const auto properties =
      read_properties(disk_, {.config_file = path, .overrides = {"log.dirs=/given"}});
  ASSERT_TRUE(properties.has_value()) << properties.error().to_string();
  EXPECT_EQ(properties->config.log_dirs(), std::vector<std::string>{"/given"});
  EXPECT_EQ(properties->config.integer("offsets.topic.replication.factor"), 3);
  EXPECT_EQ(properties->without_effect, std::vector<std::string>{"num.io.threads"});
}

TEST_F(ServerConfig, metrics_listener_is_an_http_address_or_off) {
  const auto endpoint = [&](const std::string& value) {
    const auto properties =
        read_properties(disk_, {.config_file = "", .overrides = {"metrics.listener=" + value}});
    return metrics_endpoint(properties->config);
  };
  EXPECT_EQ(endpoint("").value(), std::nullopt);
  EXPECT_EQ(endpoint("http://:9644").value(), (env::Endpoint{"", 9644}));
  EXPECT_EQ(endpoint("http://[::1]:1").value(), (env::Endpoint{"::1", 1}));
  EXPECT_FALSE(endpoint("https://x:1").has_value());
  EXPECT_FALSE(endpoint("http://x").has_value());
}

}  // namespace
}  // namespace moldau::apps
