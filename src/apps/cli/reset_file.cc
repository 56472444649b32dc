#include "apps/cli/reset_file.h"

#include <fmt/format.h>

#include <charconv>

namespace moldau::apps {
namespace {

/// Whole lines, without the line end.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Apache's tool puts longer values between quotes. Names of topics contain none; a group that
/// does, or a comma, cannot be told here.
std::string_view without_quotes(std::string_view field) {
  const bool is_quoted = field.size() >= 2 && field.starts_with('"') && field.ends_with('"');
  return is_quoted ? field.substr(1, field.size() - 2) : field;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0;;) {
    const auto comma = line.find(',', at);
    fields.push_back(without_quotes(line.substr(at, comma - at)));
    if (comma == line.npos) return fields;
    at = comma + 1;
  }
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto* const begin = text.data();
  const auto* const end = begin + text.size();
  const auto parsed = std::from_chars(begin, end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= 0;
}

}  // namespace

Result<OffsetsFile> parse_offsets_file(std::string_view text, std::string_view group) {
  OffsetsFile file;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (line.empty()) continue;
    auto fields = fields_of(line);
    constexpr std::size_t with_group = 4;
    if (fields.size() == with_group) {
      if (fields[0] != group) {
        ++file.of_others;
        continue;
      }
      fields.erase(fields.begin());
    }
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    if (fields.size() + 1 != with_group || fields[0].empty() || !read(fields[1], partition) ||
        !read(fields[2], offset)) {
      return fail(Errc::invalid, fmt::format("line {}: write TOPIC,PARTITION,OFFSET or "
                                             "GROUP,TOPIC,PARTITION,OFFSET",
                                             number));
    }
    const TopicPartition place{std::string(fields[0]), partition};
    if (!file.offsets.emplace(place, offset).second) {
      return fail(Errc::invalid,
                  fmt::format("line {}: {} for the second time", number, place.to_string()));
    }
  }
  return file;
}

std::string plan_csv(const std::vector<ResetStep>& plan) {
  std::string csv;
  for (const auto& step : plan) {
    csv += fmt::format("{},{},{}\n", step.partition.topic, step.partition.partition, step.to);
  }
  return csv;
}

}  // namespace moldau::apps
