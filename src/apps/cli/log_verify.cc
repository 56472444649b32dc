#include "apps/cli/log_verify.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "apps/cli/progress.h"
#include "storage/file_names.h"

namespace moldau::apps {
namespace {

/// Between two steps the progress is shown.
constexpr std::uint64_t step_bytes = std::uint64_t{4} << 20;

/// Null where nobody can have the directory: a copy without the file, or a medium that can not be
/// written.
Result<std::unique_ptr<env::DirLock>> lock(env::Disk& disk, const std::string& directory) {
  const auto path = fmt::format("{}/{}", directory, storage::lock_file);
  if (!TRY(disk.exists(path))) return nullptr;
  auto held = disk.lock(path);
  if (held) return std::move(*held);
  if (held.error().code == Errc::read_only) return nullptr;
  if (held.error().code != Errc::locked) return std::unexpected(std::move(held).error());
  return fail(Errc::locked,
              fmt::format("{}: a broker has it open, and changes what would be checked. Stop it "
                          "first; while it runs it checks by itself "
                          "(log.scrub.bytes.per.second).",
                          directory));
}

}  // namespace

Result<> verify_path(env::Disk& disk, const std::string& path, storage::Findings& findings,
                     const OnVerified& on_verified) {
  // "data/" and "." have names, too.
  auto whole = std::filesystem::absolute(path).lexically_normal().string();
  if (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  const auto held = TRY(lock(disk, TRY(storage::log_directory_of(disk, whole))));
  auto told = findings.totals;
  const auto note = [&] {
    const auto now = findings.totals;
    on_verified(now.records - told.records, now.bytes - told.bytes);
    told = now;
  };
  for (auto& request : TRY(storage::plan_verification(disk, whole, findings))) {
    const auto partition = request.directory;
    storage::PartitionVerifier verifier(disk, std::move(request), findings);
    for (;;) {
      auto more = verifier.step(step_bytes);
      note();
      if (!more) {
        // The others are checked all the same.
        findings.add({.severity = storage::Severity::damage,
                      .file = partition,
                      .what = "the rest can not be read: " + more.error().to_string()});
        break;
      }
      if (!*more) break;
    }
  }
  return {};
}

void VerifyPrinter::say(const storage::Finding& finding) const {
  const bool is_damage = finding.severity == storage::Severity::damage;
  if (format_ == Format::table) {
    std::string line = is_damage ? "DAMAGE " : "WARNING ";
    line += printable(finding.file);
    if (finding.position) line += fmt::format(" position={}", *finding.position);
    if (finding.offset) line += fmt::format(" offset={}", *finding.offset);
    return print_(line + " " + printable(finding.what));
  }
  DumpLine line(is_damage ? "damage" : "warning");
  line.word("file", finding.file);
  if (finding.position) line.number("position", *finding.position);
  if (finding.offset) line.number("offset", *finding.offset);
  print_(line.word("what", finding.what).to_json());
}

void VerifyPrinter::summarize(const storage::VerifyTotals& totals) const {
  if (format_ == Format::table) {
    return print_(fmt::format(
        "{} partitions, {} segments, {} batches, {} records, {}: {} damaged, {} warnings",
        with_commas(totals.partitions), with_commas(totals.segments), with_commas(totals.batches),
        with_commas(totals.records), bytes_text(static_cast<std::int64_t>(totals.bytes)),
        with_commas(totals.damage), with_commas(totals.warnings)));
  }
  print_(DumpLine("summary")
             .number("partitions", totals.partitions)
             .number("segments", totals.segments)
             .number("batches", totals.batches)
             .number("records", totals.records)
             .number("bytes", totals.bytes)
             .number("damage", totals.damage)
             .number("warnings", totals.warnings)
             .to_json());
}

}  // namespace moldau::apps
