#include "apps/cli/log_line.h"

#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

/// "base_offset" -> "baseOffset".
std::string camel_case(std::string_view name) {
  std::string result;
  bool is_next_upper = false;
  for (const char c : name) {
    if (c != '_') result += is_next_upper ? static_cast<char>(c - 'a' + 'A') : c;
    is_next_upper = c == '_';
  }
  return result;
}

}  // namespace

std::string DumpLine::to_text() const {
  std::string line;
  for (const auto& field : fields_) {
    if (!line.empty()) line += ' ';
    line += field.name;
    if (field.form == Form::flag) continue;
    line += "=" + (field.form == Form::word ? printable(field.value) : field.value);
  }
  return line;
}

std::string DumpLine::to_json() const {
  JsonObject object;
  object.text("kind", kind_);
  for (const auto& field : fields_) {
    field.form == Form::word ? object.text(camel_case(field.name), field.value)
                             : object.raw(camel_case(field.name), field.value);
  }
  return object.to_string();
}

}  // namespace moldau::apps
