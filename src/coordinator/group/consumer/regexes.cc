#include "coordinator/group/consumer/regexes.h"

#include <re2/re2.h>

namespace moldau::coordinator {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

std::optional<std::string> regex_problem(std::string_view regex) {
  const re2::RE2 compiled(piece(regex), options());
  return compiled.ok() ? std::nullopt : std::optional(compiled.error());
}

TopicNames resolve_regex(std::string_view regex, const ClusterTopics& topics,
                         const std::function<bool(std::string_view topic)>* may_describe) {
  TopicNames result;
  const re2::RE2 compiled(piece(regex), options());
  if (!compiled.ok()) return result;
  topics.for_each([&](std::string_view name) {
    if (!re2::RE2::FullMatch(piece(name), compiled)) return;
    if (may_describe == nullptr || (*may_describe)(name)) result.emplace(name);
  });
  return result;
}

}  // namespace moldau::coordinator
