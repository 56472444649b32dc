#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::apps {

struct RecordHeader {
  std::string_view name;
  std::optional<Bytes> value;
};

/// A record that was read; views of the message it came in. Null key or value is not an empty one.
struct RecordView {
  std::string_view topic;
  std::int32_t partition{0};
  std::int64_t offset{0};
  std::int64_t timestamp{-1};  ///< ms since the epoch; -1: none
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<RecordHeader> headers;
};

/// One line: {"topic":...,"partition":...,"offset":...,"timestamp":...,"key":...,"value":...,
/// "headers":[{"name":...,"value":...}]}. Bytes that are not UTF-8 are {"base64":"..."}. `produce
/// --format json` reads it.
std::string record_json(const RecordView& record);

/// A row in columns; what would break a line or a terminal is escaped.
std::string record_row(const RecordView& record);
std::string record_row_header();

/// "%k\t%v\n": how a record is printed, as `consume --template` takes it.
class RecordTemplate {
 public:
  /// Errors: invalid, saying which part is not known.
  static Result<RecordTemplate> parse(std::string_view text);
  void append(std::string& out, const RecordView& record) const;

 private:
  struct Part {
    char field;           ///< 0 for text
    std::string literal;  ///< of text
  };
  std::vector<Part> parts_;
};

/// The fields of a template, for helps.
inline constexpr std::string_view template_fields =
    "  %t topic   %p partition   %o offset   %T time   %d milliseconds since the epoch\n"
    "  %k key     %v value       %h headers  %K, %V size of key and value (-1: null)\n"
    "  %% percent sign; \\n \\t \\r \\0 \\\\ and \\xNN as in C";

/// Printable on one line: control characters and what is not UTF-8 as \n, \t, \xNN.
std::string printable(Bytes bytes);

}  // namespace moldau::apps
