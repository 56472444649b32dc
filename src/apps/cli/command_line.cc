#include "apps/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "apps/cli/help.h"
#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

OptionDoc option_doc(const CLI::Option& option) {
  OptionDoc doc{.names = {},
                .value = option.get_type_size() == 0 ? "" : option.get_type_name(),
                .what = option.get_description(),
                .default_value = option.get_default_str(),
                .variable = option.get_envname(),
                .group = option.get_group(),
                .required = option.get_required(),
                .many = option.get_expected_max() > 1 ||
                        option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll};
  if (option.get_positional()) {
    doc.names.push_back(doc.value);
    return doc;
  }
  for (const auto& name : option.get_snames()) doc.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) doc.names.push_back("--" + name);
  return doc;
}

CommandDoc command_doc(const CLI::App& app) {
  const auto* parent = app.get_parent();
  CommandDoc doc{.path = app.get_name(),
                 .name = app.get_name(),
                 .what = app.get_description(),
                 .arguments = {},
                 .options = {},
                 .commands = {},
                 .more = app.get_footer()};
  // A footer is handed down to subcommands; here each has its own.
  if (parent != nullptr && parent->get_footer() == doc.more) doc.more.clear();
  for (; parent != nullptr; parent = parent->get_parent()) {
    doc.path = parent->get_name() + " " + doc.path;
  }
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    (option->get_positional() ? doc.arguments : doc.options).push_back(option_doc(*option));
  }
  // Help is what an app gets first and a reader looks for last.
  if (!doc.options.empty() && doc.options[0].names.back() == "--help") {
    std::ranges::rotate(doc.options, doc.options.begin() + 1);
  }
  for (const auto* command : app.get_subcommands({})) doc.commands.push_back(command_doc(*command));
  return doc;
}

}  // namespace

Option Option::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::required() const {
  option_->required();
  return *this;
}

Option Option::check(const Check& check) const {
  option_->check(check, "");  // the type name says it all
  return *this;
}

Option Option::repeated() const {
  // What stands behind the value is an argument of the command.
  option_->expected(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Option Option::once() const {
  option_->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  return *this;
}

Option Option::excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

Option Option::envname(const std::string& variable) const {
  option_->envname(variable);
  return *this;
}

Option Option::group(const std::string& heading) const {
  option_->group(heading);
  return *this;
}

Option Option::default_str(const std::string& text) const {
  option_->default_str(text);
  return *this;
}

Option Option::capture_default_str() const {
  option_->capture_default_str();
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& what) const {
  return Command(*app_->add_subcommand(name, what));
}

Option Command::add_option(const std::string& names, std::string& value,
                           const std::string& what) const {
  return Option(*app_->add_option(names, value, what));
}

Option Command::add_option(const std::string& names, std::optional<std::string>& value,
                           const std::string& what) const {
  return Option(*app_->add_option(names, value, what));
}

Option Command::add_option(const std::string& names, std::int32_t& value,
                           const std::string& what) const {
  return Option(*app_->add_option(names, value, what));
}

Option Command::add_option(const std::string& names, std::uint64_t& value,
                           const std::string& what) const {
  return Option(*app_->add_option(names, value, what));
}

Option Command::add_option(const std::string& names, std::optional<std::int64_t>& value,
                           const std::string& what) const {
  const auto take = [&value](std::int64_t number) { value = number; };
  return Option(*app_->add_option_function<std::int64_t>(names, take, what));
}

Option Command::add_option(const std::string& names, std::vector<std::string>& values,
                           const std::string& what) const {
  return Option(*app_->add_option(names, values, what));
}

Option Command::add_option(const std::string& names, std::vector<std::int32_t>& values,
                           const std::string& what) const {
  return Option(*app_->add_option(names, values, what));
}

Option Command::add_option_function(const std::string& names,
                                    const std::function<void(const std::string&)>& take,
                                    const std::string& what) const {
  return Option(*app_->add_option_function<std::string>(names, take, what));
}

Option Command::add_flag(const std::string& names, bool& value, const std::string& what) const {
  return Option(*app_->add_flag(names, value, what));
}

void Command::require_subcommand() const {
  app_->require_subcommand(1);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::callback(std::function<void()> callback) const {
  app_->callback([callback = std::move(callback)] {
    try {
      callback();
    } catch (const UsageError& error) {
      throw CLI::ValidationError(error.what());
    }
  });
}

std::string Command::name() const {
  return app_->get_name();
}

CommandDoc Command::document() const {
  return command_doc(*app_);
}

CommandLine::CommandLine(const Program& program)
    : app_(std::make_unique<CLI::App>(program.what, program.name)) {
  app_->formatter_fn([](const CLI::App* app, const std::string&, CLI::AppFormatMode) {
    return help_text(command_doc(*app));
  });
  app_->set_help_flag("-h,--help", "this help");
  app_->set_version_flag("--version", program.version, "the version of this program");
  app_->require_subcommand(1);
  app_->footer(program.footer);
}

CommandLine::~CommandLine() = default;

std::optional<CommandLine::Answer> CommandLine::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    // --help and --version come this way, too, with exit code 0.
    std::ostringstream text;
    const int code = app_->exit(error, text, text);
    return Answer{.exit_code = code == 0 ? exit_ok : exit_usage, .text = std::move(text).str()};
  }
}

}  // namespace moldau::apps
