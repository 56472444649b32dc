#include "raft/offset_and_epoch.h"

#include <algorithm>
#include <charconv>

namespace moldau::raft {
namespace {

constexpr std::size_t offset_digits = 20;
constexpr std::size_t epoch_digits = 10;

template <class Id>
bool parse_number(std::string_view digits, Id& id) {
  if (!std::ranges::all_of(digits, [](char c) { return '0' <= c && c <= '9'; })) return false;
  typename Id::Rep value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  id = Id(value);
  return error == std::errc{};
}

}  // namespace

std::string snapshot_file_name(OffsetAndEpoch id) {
  return fmt::format("{:020}-{:010}{}", id.offset.value(), id.epoch.value(), snapshot_suffix);
}

std::optional<OffsetAndEpoch> parse_snapshot_file_name(std::string_view name) {
  if (name.size() != offset_digits + 1 + epoch_digits + snapshot_suffix.size()) return std::nullopt;
  if (name[offset_digits] != '-' || !name.ends_with(snapshot_suffix)) return std::nullopt;
  OffsetAndEpoch id;
  if (!parse_number(name.substr(0, offset_digits), id.offset)) return std::nullopt;
  if (!parse_number(name.substr(offset_digits + 1, epoch_digits), id.epoch)) return std::nullopt;
  return id;
}

}  // namespace moldau::raft
