#include "storage/scrubber.h"

#include <algorithm>

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/log_dir.h"

namespace moldau::storage {

namespace {

/// How long it waits for who has the log's files.
constexpr Duration busy_pause = milliseconds(10);

/// What a file says, or that it is not there; other errors say nothing of its bytes.
bool is_damage(Errc code) {
  return code == Errc::corrupt || code == Errc::truncated || code == Errc::not_found;
}

}  // namespace

env::Task<> Scrubber::run(env::Worker& home) {
  if (pace_.bytes_per_second == 0) co_return;
  auto next = home.now() + pace_.first_after;
  for (;;) {
    if (!co_await env::sleep_until(home, next)) co_return;
    next = home.now() + pace_.interval;
    auto pass = begin_pass();
    for (;;) {
      const auto begun = home.now();
      std::uint64_t bytes = 0;
      const auto progress = co_await env::run_on(dir_.pool(), env::IoClass::background, home,
                                                 [&] { return step(pass, bytes); });
      if (progress == Progress::done) break;
      const auto seconds = static_cast<double>(bytes) / static_cast<double>(pace_.bytes_per_second);
      const auto pause = progress == Progress::busy
                             ? busy_pause
                             : Duration(static_cast<std::int64_t>(seconds * 1e9));
      if (!co_await env::sleep_until(home, begun + pause)) co_return;
    }
  }
}

void Scrubber::scrub_all() {
  auto pass = begin_pass();
  std::uint64_t bytes = 0;
  while (step(pass, bytes) == Progress::more) bytes = 0;
}

/// Begins anywhere: a broker that is stopped before the end of each pass gets round all the same.
Scrubber::Pass Scrubber::begin_pass() {
  Pass pass;
  for (const auto& log : host_.all_logs()) pass.logs.push_back(log);
  if (pass.logs.empty()) return pass;
  std::array<std::uint8_t, sizeof(std::uint32_t)> chance{};
  dir_.env().entropy().fill(chance);
  std::uint32_t number = 0;
  std::memcpy(&number, chance.data(), sizeof number);
  std::ranges::rotate(pass.logs, pass.logs.begin() + number % pass.logs.size());
  return pass;
}

Scrubber::Progress Scrubber::step(Pass& pass, std::uint64_t& bytes) {
  if (dir_.is_offline()) return Progress::done;
  if (!pass.reading && !find_segment(pass)) {
    passes_.fetch_add(1, std::memory_order_relaxed);
    return Progress::done;
  }
  if (!is_here(*pass.reading)) {
    pass.reading.reset();
    return Progress::more;
  }
  while (bytes < step_bytes) {
    const auto checked = check_batch(*pass.reading, bytes);
    if (!checked) return judge(pass);
    if (!*checked) {
      pass.reading.reset();
      break;
    }
  }
  return Progress::more;
}

/// The next sealed segment; false if there is none in this pass.
bool Scrubber::find_segment(Pass& pass) {
  for (; pass.at < pass.logs.size(); ++pass.at, pass.from = Offset(0)) {
    const auto log = pass.logs[pass.at].lock();
    if (log == nullptr || log->is_offline()) continue;
    // Before the list: whatever cuts the log from here on shows.
    const auto generation = log->priv().current_generation();
    const auto list = log->priv().segment_list();
    const auto found = std::ranges::lower_bound(*list, pass.from, {}, &Segment::base_offset);
    if (list->end() - found < 2) continue;
    pass.from = (*found)->base_offset() + 1;
    pass.reading.emplace(Reading{.log = log,
                                 .segment = {*found},
                                 .next_base = (*(found + 1))->base_offset(),
                                 .generation = generation,
                                 .expected = (*found)->base_offset()});
    return true;
  }
  return false;
}

/// A file of its own, so that a pass does not leave all of them open.
Result<> Scrubber::open(Reading& reading) {
  reading.file = TRY(dir_.disk().open(reading.what().path(log_suffix), env::OpenMode::read));
  reading.scanner.emplace(*reading.file, reading.position, reading.what().size(), ReadMode::passing,
                          BatchScanner::scan_buffer);
  return {};
}

Result<bool> Scrubber::check_batch(Reading& reading, std::uint64_t& bytes) {
  if (!reading.scanner) TRY(open(reading));
  const auto batch =
      TRY(check_next_batch(*reading.scanner, reading.what().base_offset(), reading.expected));
  if (!batch) return false;
  const auto& header = batch->header;
  if (header.last_offset >= reading.next_base) {
    return fail(Errc::corrupt, fmt::format("offset {} in the segment before {}", header.last_offset,
                                           reading.next_base));
  }
  bytes += header.size;
  bytes_.fetch_add(header.size, std::memory_order_relaxed);
  reading.position += header.size;
  reading.expected = header.next_offset();
  return true;
}

/// False: cut, compacted, removed or closed meanwhile, which is no damage and needs no reading.
bool Scrubber::is_here(const Reading& reading) {
  const auto& state = reading.log->priv();
  return state.is_undisturbed(reading.generation) && state.has_segments(reading.segment);
}

/// Something was wrong at `position`. Is it damage?
Scrubber::Progress Scrubber::judge(Pass& pass) {
  auto& reading = *pass.reading;
  if (!is_here(reading)) {
    pass.reading.reset();
    return Progress::more;
  }
  const Maintenance maintenance(reading.log->priv());
  if (!maintenance) {
    reading.scanner.reset();
    return Progress::busy;
  }
  if (!is_here(reading)) {
    pass.reading.reset();
    return Progress::more;
  }
  // From the device, as far as that can be asked for.
  if (reading.file != nullptr) {
    static_cast<void>(
        reading.file->drop_cached(reading.position, reading.what().size() - reading.position));
  }
  reading.scanner.reset();
  std::uint64_t bytes = 0;
  const auto again = check_batch(reading, bytes);
  if (again) {
    dir_.env().log().warn("a batch was bad once and good when it was read again log={} offset={}",
                          reading.log->name(), reading.expected);
    if (!*again) pass.reading.reset();
    return Progress::more;
  }
  if (is_damage(again.error().code)) {
    note_damage(reading, again.error());
  } else if (!dir_.is_offline()) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    dir_.env().log().error("a segment can not be read again log={} file={} error=\"{}\"",
                           reading.log->name(), reading.what().path(log_suffix),
                           again.error().to_string());
  }
  pass.reading.reset();
  return Progress::more;
}

void Scrubber::note_damage(const Reading& reading, const Error& error) {
  damage_.fetch_add(1, std::memory_order_relaxed);
  const auto where = Error(error).within(fmt::format("damage in {} at byte {}, offset {}",
                                                     reading.what().path(log_suffix),
                                                     reading.position, reading.expected));
  if (reading.log->name().topic != cluster_metadata_topic) {
    return host_.quarantine(reading.log, reading.expected, where);
  }
  // A controller has its records in memory and goes on; the next start refuses them.
  dir_.env().log().error("the metadata log is damaged error=\"{}\"", where.to_string());
}

void Scrubber::collect(LogDirStats& stats) const {
  stats.scrub_passes = passes_.load(std::memory_order_relaxed);
  stats.scrubbed_bytes = bytes_.load(std::memory_order_relaxed);
  stats.scrub_failures = failures_.load(std::memory_order_relaxed);
  stats.scrub_damage = damage_.load(std::memory_order_relaxed);
}

}  // namespace moldau::storage
