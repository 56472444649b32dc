#include "base/listener.h"

#include <gtest/gtest.h>

namespace moldau {
namespace {

TEST(Listener, malformed_addresses_are_refused_by_name) {
  for (const auto* element : {"PLAINTEXT", "://h:1", "PLAINTEXT://h", "PLAINTEXT://h:x",
                              "PLAINTEXT://h:65536", "PLAINTEXT://h:", "PLAINTEXT://::1:9092"}) {
    const auto listeners = parse_listeners("listeners", {element});
    ASSERT_FALSE(listeners.has_value()) << element;
    EXPECT_TRUE(listeners.error().context.starts_with("listeners: ")) << listeners.error().context;
  }
}

TEST(Listener, a_name_that_comes_twice_is_refused) {
  EXPECT_EQ(parse_listeners("listeners", {"A://:1", "a://:2"}).error().context,
            "listeners: A comes twice");
}

TEST(Listener, names_are_upper_case_and_brackets_are_no_part_of_the_host) {
  const auto listeners = parse_listeners("listeners", {"plaintext://:9092", "B://[::1]:0"});
  ASSERT_TRUE(listeners.has_value());
  EXPECT_EQ((*listeners)[0], (ListenerAddress{"PLAINTEXT", "", 9092}));
  EXPECT_EQ((*listeners)[1], (ListenerAddress{"B", "::1", 0}));
}

TEST(Listener, protocol_map_is_read_and_checked) {
  EXPECT_FALSE(parse_protocol_map("m", "A").has_value());
  EXPECT_FALSE(parse_protocol_map("m", "A:SSL,a:PLAINTEXT").has_value());
  EXPECT_EQ(parse_protocol_map("m", "A:SSL, controller:plaintext").value(),
            (std::map<std::string, std::string>{{"A", "SSL"}, {"CONTROLLER", "PLAINTEXT"}}));
}

}  // namespace
}  // namespace moldau
