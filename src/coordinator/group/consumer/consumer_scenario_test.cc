#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/scenario_test.h"
#include "coordinator/group/consumer/consumer_commands_test.h"

/// testdata/*.txt: stories of groups of the consumer protocol (KIP-848).
namespace moldau::coordinator {
namespace {

TEST(ConsumerGroupScenarios, do_what_their_files_say) {
  scenario::run_directory("src/coordinator/group/consumer/testdata", []() -> scenario::Handler {
    return [world = std::make_shared<ConsumerCommands>()](const scenario::Command& command) {
      return world->run(command);
    };
  });
}

}  // namespace
}  // namespace moldau::coordinator
