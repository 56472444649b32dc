#include "apps/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

constexpr auto interval = std::chrono::milliseconds(200);
constexpr auto erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(World& world, std::string what)
    : world_(world), what_(std::move(what)), is_shown_(::isatty(STDERR_FILENO) == 1) {
  if (!is_shown_) return;
  begun_ = world_.env().clock().now();
  next_ = begun_ + interval;
}

Progress::~Progress() {
  hide();
}

void Progress::hide() {
  if (is_on_screen_) fmt::print(stderr, erase_line);
  is_on_screen_ = false;
}

void Progress::add(std::uint64_t records, std::uint64_t bytes) {
  records_ += records;
  bytes_ += bytes;
  if (!is_shown_) return;
  const auto now = world_.env().clock().now();
  if (now < next_) return;
  next_ = now + interval;
  const auto seconds = std::chrono::duration<double>(now - begun_).count();
  fmt::print(stderr, "{}{} records {}, {}, {} records/s", erase_line, with_commas(records_), what_,
             bytes_text(static_cast<std::int64_t>(bytes_)),
             with_commas(static_cast<std::uint64_t>(static_cast<double>(records_) / seconds)));
  std::fflush(stderr);
  is_on_screen_ = true;
}

std::string with_commas(std::uint64_t number) {
  auto text = fmt::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace moldau::apps
