#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace moldau::bench {

[[noreturn]] inline void fail(std::string_view what) {
  fmt::print(stderr, "{}\n", what);
  std::_Exit(1);  // other threads may still run
}

/// Words of the form name=value, all of which must be known: the harness gives every one.
class Options {
 public:
  Options(int count, char** words, std::map<std::string, std::string> defaults)
      : values_(std::move(defaults)) {
    for (int index = 1; index < count; ++index) {
      const std::string_view word = words[index];
      const auto equals = word.find('=');
      const auto found = values_.find(std::string(word.substr(0, equals)));
      if (equals == std::string_view::npos || found == values_.end()) {
        fail(fmt::format("unknown option {}", word));
      }
      found->second = word.substr(equals + 1);
    }
  }

  const std::string& text(const std::string& name) const { return values_.at(name); }

  double number(const std::string& name) const {
    const auto& value = values_.at(name);
    double result = 0;
    const auto end = value.data() + value.size();
    if (const auto [at, error] = std::from_chars(value.data(), end, result);
        error != std::errc() || at != end) {
      fail(fmt::format("{}={} is not a number", name, value));
    }
    return result;
  }

  int whole(const std::string& name) const { return static_cast<int>(number(name)); }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace moldau::bench
