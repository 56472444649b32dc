#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace moldau {

/// Keys and values of a properties file; also the settings of one resource.
using Properties = std::map<std::string, std::string, std::less<>>;

/// Java's properties syntax (java.util.Properties.load): `#` and `!` comments, `=`, `:` or blanks
/// between key and value, `\` before a line's end to continue it, escapes \t \n \r \f and \uXXXX.
/// The text is UTF-8 (Java reads ISO-8859-1 without a reader; ASCII is the same in both). Of equal
/// keys the last counts. Errors: invalid, with the line number, for a broken \u escape.
Result<Properties> parse_properties(std::string_view text);

/// "key=value" of a command line, blanks trimmed. Errors: invalid.
Result<> add_property(Properties& properties, std::string_view assignment);

}  // namespace moldau
