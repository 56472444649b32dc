#include "broker/request_log_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace moldau::broker {
namespace {

constexpr std::string_view every_prefix = "every=";
constexpr std::string_view slow_prefix = "slow=";
constexpr double million = 1e6;

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool parse_word(std::string_view word, RequestLogOptions& options) {
  if (word == "all") {
    options.every = 1;
    return true;
  }
  if (word.starts_with(every_prefix)) {
    options.every = number<std::uint64_t>(word.substr(every_prefix.size())).value_or(0);
    return options.every > 0;
  }
  if (word.starts_with(slow_prefix)) {
    const auto ms = number<std::uint32_t>(word.substr(slow_prefix.size()));
    if (ms) options.slow = milliseconds(*ms);
    return ms.has_value();
  }
  const auto fraction = number<double>(word);
  if (!fraction || !(*fraction > 0 && *fraction <= 1)) return false;
  options.per_million = static_cast<std::uint64_t>(std::llround(*fraction * million));
  return options.per_million > 0;
}

}  // namespace

Result<RequestLogOptions> parse_request_log(std::string_view text) {
  RequestLogOptions options;
  while (true) {
    const auto comma = text.find(',');
    const auto word = text.substr(0, comma);
    if (!parse_word(word, options)) {
      return fail(Errc::invalid,
                  fmt::format("{:?}: neither all, every=N, slow=MS nor a fraction from 0.000001 "
                              "to 1",
                              word));
    }
    if (comma == text.npos) return options;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace moldau::broker
