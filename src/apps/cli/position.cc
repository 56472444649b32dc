#include "apps/cli/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace moldau::apps {
namespace {

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t minute_ms = 60 * second_ms;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
/// Longer ago than any record; keeps the arithmetic within 64 bits.
constexpr std::int64_t duration_ms_max = 1'000'000 * day_ms;

/// Reads a text from the front; what does not fit leaves it as it is.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }
  bool skip(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }
  /// All digits there are, at most `digits_max` of them.
  std::optional<std::int64_t> number(std::size_t digits_max = 18) {
    const auto count = digits_ahead();
    return count <= digits_max ? digits(count) : std::nullopt;
  }
  /// The next `count` digits.
  std::optional<std::int64_t> digits(std::size_t count) {
    if (count == 0 || digits_ahead() < count) return std::nullopt;
    std::int64_t value = 0;
    const auto* const begin = left_.data();
    std::from_chars(begin, begin + count, value);
    left_.remove_prefix(count);
    return value;
  }

 private:
  std::size_t digits_ahead() const {
    const auto end = left_.find_first_not_of("0123456789");
    return end == left_.npos ? left_.size() : end;
  }

  std::string_view left_;
};

/// "08:00", "08:00:00", "08:00:00.123" as ms of the day.
std::optional<std::int64_t> time_of_day(Reader& reader) {
  const auto hour = reader.digits(2);
  if (!hour || *hour > 23 || !reader.skip(":")) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t ms = *hour * hour_ms + *minute * minute_ms;
  if (!reader.skip(":")) return ms;
  const auto second = reader.digits(2);
  if (!second || *second > 59) return std::nullopt;
  ms += *second * second_ms;
  if (!reader.skip(".")) return ms;
  const auto fraction = reader.digits(3);
  if (!fraction) return std::nullopt;
  return ms + *fraction;
}

/// What is to be taken off local time for UTC: "Z", "+01:00", or nothing.
std::optional<std::int64_t> zone(Reader& reader) {
  if (reader.at_end() || reader.skip("Z")) return 0;
  const std::int64_t sign = reader.skip("+") ? 1 : reader.skip("-") ? -1 : 0;
  const auto hour = reader.digits(2);
  if (sign == 0 || !hour || *hour > 18) return std::nullopt;
  reader.skip(":");
  const auto minute = reader.at_end() ? 0 : reader.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  return sign * (*hour * hour_ms + *minute * minute_ms);
}

std::optional<std::int64_t> timestamp(Reader reader) {
  const auto year = reader.digits(4);
  if (!year || !reader.skip("-")) return std::nullopt;
  const auto month = reader.digits(2);
  if (!month || !reader.skip("-")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * day_ms;
  if (reader.skip("T") || reader.skip(" ")) {
    const auto time = time_of_day(reader);
    if (!time) return std::nullopt;
    ms += *time;
  }
  const auto offset = zone(reader);
  if (!offset || !reader.at_end()) return std::nullopt;
  return ms - *offset;
}

std::optional<std::int64_t> unit_ms(Reader& reader) {
  if (reader.skip("ms")) return 1;
  if (reader.skip("d")) return day_ms;
  if (reader.skip("h")) return hour_ms;
  if (reader.skip("m")) return minute_ms;
  if (reader.skip("s")) return second_ms;
  return std::nullopt;
}

/// ISO 8601 as java.time.Duration reads it, in whole numbers and without signs: "P1DT2H3M4S".
std::optional<std::int64_t> iso_duration(Reader reader) {
  struct Part {
    std::string_view letter;
    std::int64_t ms;
  };
  constexpr Part parts[] = {{"D", day_ms}, {"H", hour_ms}, {"M", minute_ms}, {"S", second_ms}};
  constexpr std::size_t digits_max = 9;
  if (!reader.skip("P") || reader.at_end()) return std::nullopt;
  std::int64_t total = 0;
  bool is_time = false;
  for (std::size_t next = 0; !reader.at_end();) {
    if (!is_time && reader.skip("T")) {
      is_time = true;
      next = 1;  // only a date has days
    }
    const auto number = reader.number(digits_max);
    const auto end = is_time ? std::size(parts) : 1;
    while (next < end && !reader.skip(parts[next].letter)) ++next;
    if (!number || next >= end) return std::nullopt;
    total = std::min(total + *number * parts[next++].ms, duration_ms_max);
  }
  return total;
}

/// Digits and nothing else.
std::optional<std::int64_t> whole_number(std::string_view text) {
  Reader reader(text);
  const auto number = reader.number();
  return number && reader.at_end() ? number : std::nullopt;
}

}  // namespace

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  if (text.starts_with('P')) {
    if (const auto total = iso_duration(Reader(text))) return *total;
  }
  Reader reader(text);
  std::int64_t total = 0;
  do {
    constexpr std::size_t digits_max = 9;  // of days, this still fits into 64 bits of ms
    const auto number = reader.number(digits_max);
    const auto unit = number ? unit_ms(reader) : std::nullopt;
    if (!unit) {
      return fail(
          Errc::invalid,
          fmt::format(
              "{}: write a duration as 90s, 1h30m or 2d (units d, h, m, s, ms) or as PT1H30M",
              text));
    }
    total = std::min(total + *number * *unit, duration_ms_max);
  } while (!reader.at_end());
  return total;
}

Result<std::int64_t> parse_timestamp_ms(std::string_view text) {
  if (const auto ms = timestamp(Reader(text))) return *ms;
  return fail(Errc::invalid,
              fmt::format("{}: write a time as 2026-11-23, 2026-11-23T08:00 or "
                          "2026-11-23T08:00:00.123+01:00; without an offset it is UTC",
                          text));
}

Result<Position> parse_position(std::string_view text) {
  using Kind = Position::Kind;
  if (text == "earliest" || text == "beginning") return Position{.kind = Kind::earliest};
  if (text == "latest" || text == "end") return Position{.kind = Kind::latest};
  if (const auto offset = whole_number(text)) {
    return Position{.kind = Kind::offset, .number = *offset};
  }
  if (text.starts_with('@')) {
    if (const auto ms = whole_number(text.substr(1))) {
      return Position{.kind = Kind::time, .number = *ms};
    }
  }
  if (text.starts_with('-')) {
    const auto count = whole_number(text.substr(1));
    if (count) return Position{.kind = Kind::last, .number = *count};
    if (const auto ago = parse_duration_ms(text.substr(1))) {
      return Position{.kind = Kind::ago, .number = *ago};
    }
  }
  if (const auto ms = timestamp(Reader(text))) return Position{.kind = Kind::time, .number = *ms};
  return fail(
      Errc::invalid,
      fmt::format("{}: write earliest, latest, an offset (1500), -N for N records before the "
                  "end, a time (2026-11-23T08:00, UTC) or how long ago (-1h30m)",
                  text));
}

std::string timestamp_text(std::int64_t ms) {
  if (ms < 0) return {};
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

std::string duration_text(std::int64_t ms) {
  struct Unit {
    std::int64_t ms;
    std::string_view name;
  };
  constexpr Unit units[] = {
      {day_ms, "d"}, {hour_ms, "h"}, {minute_ms, "m"}, {second_ms, "s"}, {1, "ms"}};
  if (ms <= 0) return "0s";
  if (ms < second_ms) return fmt::format("{}ms", ms);
  std::string text;
  for (std::size_t i = 0; i + 1 < std::size(units); ++i) {
    const auto count = ms / units[i].ms;
    if (count == 0) continue;
    text = fmt::format("{}{}", count, units[i].name);
    const auto& next = units[i + 1];
    const auto rest = ms % units[i].ms / next.ms;
    if (rest > 0 && next.ms >= second_ms) text += fmt::format("{}{}", rest, next.name);
    break;
  }
  return text;
}

std::optional<std::int64_t> time_of(const Position& position, WallMs now) {
  switch (position.kind) {
    case Position::Kind::time:
      return position.number;
    case Position::Kind::ago:
      return now.value - position.number;
    default:
      return std::nullopt;
  }
}

}  // namespace moldau::apps
