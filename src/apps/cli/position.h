#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace moldau::apps {

/// A place in a partition, as `consume --from` and `group reset --to` take it.
struct Position {
  enum class Kind : std::uint8_t {
    earliest,  ///< the first record that is there
    latest,    ///< behind the last record
    offset,    ///< number
    last,      ///< so many records before the end: number
    time,      ///< the first record at or after number, in ms since the epoch
    ago,       ///< the first record of the last number ms
  };
  Kind kind{Kind::latest};
  std::int64_t number{0};
  bool operator==(const Position&) const = default;
};

/// How it is written, for helps: one line per form.
inline constexpr std::string_view position_forms =
    "  earliest, beginning        the first record that is there\n"
    "  latest, end                behind the last record\n"
    "  1500                       an offset\n"
    "  -10                        so many records before the end\n"
    "  2026-11-23T08:00           a time (UTC, or with an offset: 09:00+01:00)\n"
    "  @1795420800000             the same in milliseconds since the epoch\n"
    "  -1h30m                     so long ago; units d, h, m, s, ms";

/// Errors: invalid; the text says how to write it.
Result<Position> parse_position(std::string_view text);

/// "1h30m", "2d", "90s", "500ms"; ISO 8601 in whole numbers: "PT1H30M", "P2D". Errors: invalid.
Result<std::int64_t> parse_duration_ms(std::string_view text);

/// "2026-11-23", "2026-11-23T08:00", "2026-11-23 08:00:00.123Z", "...T08:00+01:00"; UTC if it does
/// not say. In ms since the epoch. Errors: invalid.
Result<std::int64_t> parse_timestamp_ms(std::string_view text);

/// "2026-11-23T08:00:00.123Z"; empty for a negative one, which stands for none.
std::string timestamp_text(std::int64_t ms);

/// "2h5m", "3d", "45s", "350ms": the two largest units, as parse_duration_ms reads them.
std::string duration_text(std::int64_t ms);

/// The timestamp to look for, of positions that are a time; else null.
std::optional<std::int64_t> time_of(const Position& position, WallMs now);

}  // namespace moldau::apps
