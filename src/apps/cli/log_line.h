#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/ids.h"

namespace moldau::apps {

/// One thing that a dump found, for people ("base_offset=5 codec=zstd control") or for programs
/// ({"baseOffset":5,"codec":"zstd","control":true}). Names are in snake_case.
class DumpLine {
 public:
  /// What it is: first in JSON, and not in the text, where its fields say it.
  explicit DumpLine(std::string_view kind) : kind_(kind) {}

  template <class T>
  DumpLine& number(std::string_view name, const T& value) {
    return add(name, fmt::format("{}", value), Form::as_it_is);
  }
  /// A word without blanks. What could command a terminal is escaped.
  DumpLine& word(std::string_view name, std::string_view value) {
    return add(name, std::string(value), Form::word);
  }
  /// JSON, which the text has as it is.
  DumpLine& json(std::string_view name, std::string json) {
    return add(name, std::move(json), Form::as_it_is);
  }
  /// In the text only its name.
  DumpLine& flag(std::string_view name) { return add(name, "true", Form::flag); }

  std::string to_text() const;
  std::string to_json() const;

 private:
  enum class Form : std::uint8_t { as_it_is, word, flag };
  struct Field {
    std::string name;
    std::string value;
    Form form;
  };
  DumpLine& add(std::string_view name, std::string value, Form form) {
    fields_.push_back({std::string(name), std::move(value), form});
    return *this;
  }

  std::string kind_;
  std::vector<Field> fields_;
};

}  // namespace moldau::apps
