#include "apps/cli/completion.h"

namespace moldau::apps {

Completes completes(const OptionDoc& option) {
  if (!option.choices().empty()) return Completes::choices;
  if (option.value == "FILE" || option.value == "DIR") return Completes::files;
  if (option.value.starts_with("TOPIC")) return Completes::topics;
  if (option.value == "GROUP") return Completes::groups;
  return Completes::nothing;
}

std::string completion_script(const CommandDoc& program, Shell shell) {
  switch (shell) {
    case Shell::bash:
      return bash_completion(program);
    case Shell::zsh:
      return zsh_completion(program);
    case Shell::fish:
      return fish_completion(program);
  }
  return {};
}

}  // namespace moldau::apps
