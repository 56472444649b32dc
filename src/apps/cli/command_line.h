#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "apps/cli/command_doc.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// How commands declare themselves. Below is CLI11, which costs every file that includes it seconds
/// of compilation: only command_line.cc does. Functions are named as CLI11 names them.
namespace moldau::apps {

/// What is wrong with a word and what to write instead; empty if it is right.
using Check = std::function<std::string(const std::string& word)>;

/// Thrown by a command's callback: every word is right, together they are not.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A handle of an option or argument, valid while its CommandLine is. Each function changes the
/// option and returns it.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  /// What the user types: "N", "table|json", "TOPIC".
  Option type_name(const std::string& name) const;
  Option required() const;
  Option check(const Check& check) const;
  /// May be given several times, each time with one value.
  Option repeated() const;
  /// Has one value, though its variable has room for several.
  Option once() const;
  Option excludes(Option other) const;
  /// The variable of the environment that counts where the option is not given.
  Option envname(const std::string& variable) const;
  /// The heading above it in the help.
  Option group(const std::string& heading) const;
  /// The default, as the help shows it.
  Option default_str(const std::string& text) const;
  /// The help shows as default what the variable holds now.
  Option capture_default_str() const;

 private:
  CLI::Option* option_;
};

/// A handle of a command, valid while its CommandLine is; so must be the variables that options are
/// read into. Names are as "-n,--count" for an option, without dashes for an argument.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command add_subcommand(const std::string& name, const std::string& what) const;
  Option add_option(const std::string& names, std::string& value, const std::string& what) const;
  Option add_option(const std::string& names, std::optional<std::string>& value,
                    const std::string& what) const;
  Option add_option(const std::string& names, std::int32_t& value, const std::string& what) const;
  Option add_option(const std::string& names, std::uint64_t& value, const std::string& what) const;
  Option add_option(const std::string& names, std::optional<std::int64_t>& value,
                    const std::string& what) const;
  Option add_option(const std::string& names, std::vector<std::string>& values,
                    const std::string& what) const;
  Option add_option(const std::string& names, std::vector<std::int32_t>& values,
                    const std::string& what) const;
  /// An option whose value goes to `take`.
  Option add_option_function(const std::string& names,
                             const std::function<void(const std::string&)>& take,
                             const std::string& what) const;
  Option add_flag(const std::string& names, bool& value, const std::string& what) const;

  /// One of its subcommands must be named.
  void require_subcommand() const;
  /// What its help says below the options.
  void footer(const std::string& text) const;
  /// Called once its words have been read; may throw UsageError.
  void callback(std::function<void()> callback) const;

  std::string name() const;
  CommandDoc document() const;

 private:
  CLI::App* app_;
};

/// The program with all its commands.
class CommandLine {
 public:
  struct Program {
    std::string name;
    std::string what;
    std::string version;
    std::string footer;
  };
  /// What is to be said instead of running a command: help or the version on standard output
  /// (exit_ok), or on standard error what is wrong (exit_usage).
  struct Answer {
    int exit_code;
    std::string text;
  };

  explicit CommandLine(const Program& program);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command program() { return Command(*app_); }

  /// Reads all words and calls the callback of the command that they name. Null if that one
  /// can run now.
  std::optional<Answer> parse(int argc, const char* const* argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace moldau::apps
