#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"

/// Text scenarios for state machines. A file is a sequence of steps: comment lines, one command
/// line, a line of four dashes, the expected output, an empty line.
///
///     # A leader does not commit what is not flushed.
///     append values=2 size=10
///     ----
///     3..4
///
/// With MOLDAU_REWRITE=1 in the environment the files are written again with the actual output.
namespace moldau::scenario {

struct Command {
  std::string name;
  std::vector<std::string> words;           ///< arguments without '='
  std::map<std::string, std::string> args;  ///< key=value

  bool has(const std::string& key) const { return args.contains(key); }
  std::string text(const std::string& key, const std::string& otherwise = {}) const {
    const auto found = args.find(key);
    return found == args.end() ? otherwise : found->second;
  }
  std::int64_t number(const std::string& key, std::int64_t otherwise = 0) const {
    const auto found = args.find(key);
    return found == args.end() ? otherwise : std::stoll(found->second);
  }
  /// "1,2,3"; empty if the key is not there.
  std::vector<std::string> list(const std::string& key) const {
    std::vector<std::string> result;
    std::istringstream in(text(key));
    for (std::string item; std::getline(in, item, ',');) result.push_back(item);
    return result;
  }
};

inline Command parse_command(const std::string& line) {
  Command command;
  std::istringstream in(line);
  in >> command.name;
  for (std::string word; in >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      command.words.push_back(word);
    } else {
      command.args[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return command;
}

/// Carries out a command; what it returns, line by line, is compared. No line may be empty.
using Handler = std::function<std::string(const Command&)>;

inline void run_file(const std::filesystem::path& path, const Handler& handle) {
  const bool rewrite = std::getenv("MOLDAU_REWRITE") != nullptr;
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  std::string actual_file;
  int line_number = 0;
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    actual_file += line + "\n";
    if (line.empty() || line.starts_with('#')) continue;
    const std::string where = path.filename().string() + ":" + std::to_string(line_number);
    const std::string command = line;
    ASSERT_TRUE(std::getline(in, line) && line == "----") << where << ": no line of dashes";
    ++line_number;
    std::string expected;
    while (std::getline(in, line) && !line.empty()) {
      ++line_number;
      expected += line + "\n";
    }
    ++line_number;
    std::string actual = handle(parse_command(command));
    if (!actual.empty() && !actual.ends_with('\n')) actual += '\n';
    actual_file += "----\n" + actual + "\n";
    if (!rewrite) EXPECT_EQ(actual, expected) << where << ": " << command;
  }
  if (rewrite) {
    in.close();
    std::ofstream(path) << actual_file;
  }
}

/// Runs every .txt file of a directory (relative to the repository), each with a fresh handler.
inline void run_directory(const std::string& directory,
                          const std::function<Handler()>& make_handler) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty()) << directory;
  for (const auto& file : files) run_file(file, make_handler());
}

}  // namespace moldau::scenario
