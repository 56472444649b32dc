#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/scenario_test.h"
#include "coordinator/group/groups_commands_test.h"

/// testdata/*.txt: stories of one partition of `__consumer_offsets`.
namespace moldau::coordinator {
namespace {

TEST(GroupsScenarios, do_what_their_files_say) {
  scenario::run_directory("src/coordinator/group/testdata", []() -> scenario::Handler {
    return [world = std::make_shared<GroupsCommands>()](const scenario::Command& command) {
      return world->run(command);
    };
  });
}

}  // namespace
}  // namespace moldau::coordinator
