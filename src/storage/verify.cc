#include "storage/verify.h"

#include <algorithm>

#include "storage/directory_scan.h"
#include "storage/file_names.h"
#include "storage/verify_segment.h"

namespace moldau::storage {

namespace {

constexpr std::uint64_t small_file_bytes_max = std::uint64_t{256} << 20;

/// Whether it is what the bytes say, and not that they could not be read.
bool is_damage(Errc code) {
  return code == Errc::corrupt || code == Errc::truncated || code == Errc::unsupported ||
         code == Errc::too_large;
}

}  // namespace

void Findings::add(Finding finding) {
  ++(finding.severity == Severity::damage ? totals.damage : totals.warnings);
  if (finding.file != file_) {
    file_ = finding.file;
    in_file_ = 0;
  }
  if (++in_file_ > shown_per_file) return;
  if (in_file_ == shown_per_file) finding.what += " (more of this file is counted, not shown)";
  print_(finding);
}

struct PartitionVerifier::State {
  State(env::Disk& a_disk, VerifyRequest a_request, Findings& all_findings)
      : disk(a_disk), request(std::move(a_request)), findings(all_findings) {}

  Result<> begin();
  Result<> check_other_file(const std::string& name);
  Result<> check_snapshot(Offset as_of, std::string_view suffix);
  Result<> load_epochs();
  Result<> load_first_producers();
  void begin_segment();
  void end_segment();
  void finish();

  std::string path(std::string_view name) const {
    return fmt::format("{}/{}", request.directory, name);
  }
  void say(Severity severity, std::string_view name, std::string what) {
    findings.add({.severity = severity, .file = path(name), .what = std::move(what)});
  }
  Result<std::optional<std::vector<std::uint8_t>>> read(std::string_view name);

  env::Disk& disk;
  const VerifyRequest request;
  Findings& findings;
  bool has_begun{false};
  std::uint64_t damage_before{0};
  std::vector<std::string> names;
  std::vector<Offset> bases;
  std::size_t at{0};
  bool is_torn{false};
  VerifyCursor cursor;
  std::optional<SegmentVerifier> segment;
};

PartitionVerifier::PartitionVerifier(env::Disk& disk, VerifyRequest request, Findings& findings)
    : state_(std::make_unique<State>(disk, std::move(request), findings)) {}
PartitionVerifier::~PartitionVerifier() = default;

Result<bool> PartitionVerifier::step(std::uint64_t bytes) {
  auto& state = *state_;
  if (!state.has_begun) {
    state.has_begun = true;
    TRY(state.begin());
  }
  if (!state.segment && state.at < state.bases.size() && !state.is_torn) state.begin_segment();
  if (!state.segment) {
    state.finish();
    return false;
  }
  if (!TRY(state.segment->step(bytes))) state.end_segment();
  return true;
}

Result<> PartitionVerifier::State::begin() {
  ++findings.totals.partitions;
  damage_before = findings.totals.damage;
  for (const auto& entry : TRY(disk.list(request.directory))) {
    if (entry.is_directory) continue;
    names.push_back(entry.name);
    const auto file = parse_segment_file_name(entry.name);
    if (file && file->suffix == log_suffix) bases.push_back(file->base);
  }
  for (const auto& name : names) TRY(check_other_file(name));
  TRY(load_epochs());
  TRY(load_first_producers());
  if (!bases.empty()) cursor.end = bases.front();
  return {};
}

/// Everything but segments and their indexes.
Result<> PartitionVerifier::State::check_other_file(const std::string& name) {
  const auto file = parse_segment_file_name(name);
  if (file && file->suffix == snapshot_suffix) return check_snapshot(file->base, file->suffix);
  if (file && file->suffix != log_suffix && !std::ranges::binary_search(bases, file->base)) {
    say(Severity::warning, name, "without its segment; the next start removes it");
  }
  if (file && file->suffix == snapshot_copy_suffix) return check_snapshot(file->base, file->suffix);
  for (const auto suffix : {cleaned_suffix, swap_suffix}) {
    if (!name.ends_with(suffix)) continue;
    say(Severity::warning, name, "left by a compaction that was cut off; the next start ends it");
  }
  if (name.ends_with(".checkpoint")) return verify_snapshot(disk, path(name), findings);
  if (name != partition_metadata_file) return {};
  const auto bytes = TRY(read(name));
  if (!bytes) return {};
  const auto metadata = parse_partition_metadata(as_text(*bytes));
  if (!metadata) {
    say(Severity::damage, name, metadata.error().to_string());
  } else if (const auto here = parse_partition_directory(
                 std::string_view(request.directory).substr(request.directory.rfind('/') + 1));
             metadata->partition && here && here->kind == DirectoryKind::live &&
             fmt::format("{}", here->name) != *metadata->partition) {
    say(Severity::damage, name, fmt::format("of {}", *metadata->partition));
  }
  return {};
}

/// Null if it is gone, or too large to be true, which is told.
Result<std::optional<std::vector<std::uint8_t>>> PartitionVerifier::State::read(
    std::string_view name) {
  auto bytes = env::read_file(disk, path(name), small_file_bytes_max);
  if (bytes) return std::optional(std::move(*bytes));
  if (bytes.error().code == Errc::not_found) return std::nullopt;
  if (bytes.error().code != Errc::too_large) return std::unexpected(std::move(bytes).error());
  say(Severity::damage, name, bytes.error().to_string());
  return std::nullopt;
}

Result<> PartitionVerifier::State::check_snapshot(Offset as_of, std::string_view suffix) {
  const auto name = segment_file_name(as_of, suffix);
  const auto bytes = TRY(read(name));
  if (!bytes) return {};
  const auto entries = parse_producer_snapshot(*bytes);
  // A start that is not clean goes by an older one, and by the batches; a clean one, too.
  if (!entries) say(Severity::damage, name, entries.error().to_string());
  if (!entries) return {};
  for (const auto& entry : *entries) {
    if (entry.last_batch.last_offset < as_of && entry.txn_first_offset < as_of) continue;
    say(Severity::damage, name,
        fmt::format("producer {} has last offset {} and a transaction from {}: not below {}",
                    entry.producer_id, entry.last_batch.last_offset, entry.txn_first_offset,
                    as_of));
  }
  return {};
}

Result<> PartitionVerifier::State::load_epochs() {
  const auto bytes = TRY(read(leader_epoch_file));
  if (!bytes) return {};
  auto entries = parse_epoch_checkpoint(as_text(*bytes));
  if (!entries) {
    say(Severity::damage, leader_epoch_file, entries.error().to_string());
    return {};
  }
  cursor.epochs = EpochCache(std::move(*entries));
  return {};
}

/// Transactions that were open where the log begins.
Result<> PartitionVerifier::State::load_first_producers() {
  if (bases.empty()) return {};
  auto loaded = load_snapshot_at(disk, request.directory, bases.front(), WallMs{});
  // What is too large to be true was told above.
  if (!loaded && loaded.error().code != Errc::too_large) {
    return std::unexpected(std::move(loaded).error());
  }
  if (loaded) cursor.producers = std::move(*loaded);
  return {};
}

void PartitionVerifier::State::begin_segment() {
  segment.emplace(
      disk,
      SegmentVerifier::What{
          .log = request,
          .base = bases[at],
          .next_base = at + 1 < bases.size() ? std::optional(bases[at + 1]) : std::nullopt},
      cursor, findings);
}

void PartitionVerifier::State::end_segment() {
  is_torn = segment->is_torn();
  segment.reset();
  ++at;
  if (!is_torn) return;
  for (; at < bases.size(); ++at) {
    say(Severity::warning, segment_file_name(bases[at], log_suffix),
        "behind a torn tail; the next start removes it");
  }
}

void PartitionVerifier::State::finish() {
  // Damage may be what hides the rest.
  const bool is_well = findings.totals.damage == damage_before;
  if (is_well && request.last_stop != LastStop::unknown && cursor.end < request.recovery_point) {
    findings.add({.severity = Severity::damage,
                  .file = request.directory,
                  .offset = cursor.end,
                  .what = fmt::format("the log ends at {}, below its recovery point {}", cursor.end,
                                      request.recovery_point)});
  }
  const auto& epochs = cursor.epochs.entries();
  if (!epochs.empty() && epochs.back().start_offset > cursor.end) {
    say(Severity::warning, leader_epoch_file,
        fmt::format("epoch {} begins at {}, behind the log's end {}", epochs.back().epoch,
                    epochs.back().start_offset, cursor.end));
  }
  for (const auto& name : names) {
    const auto file = parse_segment_file_name(name);
    if (!file || file->suffix != snapshot_suffix || file->base <= cursor.end) continue;
    say(Severity::warning, name, fmt::format("behind the log's end {}", cursor.end));
  }
}

Result<> verify_snapshot(env::Disk& disk, const std::string& path, Findings& findings) {
  const auto file = TRY(disk.open(path, env::OpenMode::read));
  const auto size = TRY(file->size());
  BatchScanner scanner(*file, 0, size, ReadMode::passing, BatchScanner::scan_buffer);
  records::Decompressor decompressor;
  auto end = Offset(0);
  const auto next = [&]() -> Result<bool> {
    const auto batch = TRY(scanner.next());
    if (!batch) return false;
    const auto& header = batch->header;
    if (header.base_offset < end) {
      return fail(Errc::corrupt, fmt::format("offset {} follows {}", header.base_offset, end - 1));
    }
    end = header.next_offset();
    findings.totals.records +=
        TRY(check_contents(TRY(scanner.whole()), header, decompressor)).records;
    ++findings.totals.batches;
    return true;
  };
  for (;;) {
    const auto position = scanner.position();
    const auto more = next();
    if (!more && !is_damage(more.error().code)) return std::unexpected(more.error());
    if (!more) {
      findings.add({.severity = Severity::damage,
                    .file = path,
                    .position = position,
                    .offset = end,
                    .what = more.error().to_string()});
    }
    if (!more.value_or(false)) break;
  }
  findings.totals.bytes += size;
  return {};
}

}  // namespace moldau::storage
