#include "apps/cli/config_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace moldau::apps {
namespace {

TEST(ConfigPage, documentation_is_what_the_table_says) {
  std::ifstream file("docs/configuration.md");  // tests run in the root of the repository
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), configuration_page())
      << "run: build/release/moldau config keys --format markdown > docs/configuration.md";
}

TEST(ConfigPage, json_has_what_the_schema_oracle_compares) {
  const auto json = configuration_json();
  EXPECT_NE(json.find(R"({"name":"log.retention.hours","type":"int","default":"168",)"),
            std::string::npos);
  EXPECT_NE(json.find(R"({"name":"log.roll.hours","multiplier":3600000})"), std::string::npos);
}

}  // namespace
}  // namespace moldau::apps
