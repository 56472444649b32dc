// What `verify` finds in a directory: the partitions, and how the last broker has left them.

#include <algorithm>

#include "storage/checkpoints.h"
#include "storage/file_names.h"
#include "storage/meta_properties.h"
#include "storage/verify.h"

namespace moldau::storage {

namespace {

constexpr std::uint64_t small_file_bytes_max = std::uint64_t{256} << 20;

Result<std::optional<std::string>> read_text(env::Disk& disk, const std::string& path) {
  const auto bytes = env::read_file(disk, path, small_file_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(as_text(*bytes));
}

/// Of a log directory, as far as it is one.
struct Root {
  bool is_there{false};
  LastStop last_stop{LastStop::unclean};
  OffsetCheckpoint recovery_points;
};

Result<Root> read_root(env::Disk& disk, const std::string& path, Findings& findings) {
  Root root;
  const auto in_root = [&](std::string_view name) { return fmt::format("{}/{}", path, name); };
  const auto say = [&](Severity severity, std::string_view name, const Error& error) {
    findings.add({.severity = severity, .file = in_root(name), .what = error.to_string()});
  };
  if (const auto text = TRY(read_text(disk, in_root(meta_properties_file)))) {
    root.is_there = true;
    const auto parsed = parse_meta_properties(*text);
    if (!parsed) say(Severity::damage, meta_properties_file, parsed.error());
  }
  if (TRY(disk.exists(in_root(clean_shutdown_file)))) root.last_stop = LastStop::clean;
  for (const auto name :
       {recovery_point_file, high_watermark_file, log_start_file, clean_offset_file, damage_file}) {
    const auto text = TRY(read_text(disk, in_root(name)));
    if (!text) continue;
    root.is_there = true;
    auto parsed = parse_offset_checkpoint(*text, name);
    // Without the last two there is only more to do.
    const bool is_needed = name != clean_offset_file && name != damage_file;
    if (!parsed) say(is_needed ? Severity::damage : Severity::warning, name, parsed.error());
    if (parsed && name == recovery_point_file) root.recovery_points = std::move(*parsed);
  }
  return root;
}

VerifyRequest request_for(const Root& root, const std::string& directory,
                          const std::optional<PartitionDirectory>& name) {
  VerifyRequest request{.directory = directory};
  // The checkpoints tell of live ones only.
  if (!root.is_there || !name || name->kind != DirectoryKind::live) return request;
  request.last_stop = root.last_stop;
  const auto found = root.recovery_points.find(name->name);
  if (found != root.recovery_points.end()) request.recovery_point = found->second;
  return request;
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Result<bool> is_partition(env::Disk& disk, const std::string& path) {
  for (const auto& entry : TRY(disk.list(path))) {
    if (!entry.is_directory && parse_segment_file_name(entry.name)) return true;
  }
  return parse_partition_directory(last_part(path)).has_value() &&
         !TRY(disk.exists(fmt::format("{}/{}", path, meta_properties_file)));
}

}  // namespace

Result<std::string> log_directory_of(env::Disk& disk, const std::string& path) {
  return TRY(is_partition(disk, path)) ? env::parent_path(path) : path;
}

Result<std::vector<VerifyRequest>> plan_verification(env::Disk& disk, const std::string& path,
                                                     Findings& findings) {
  std::vector<VerifyRequest> plan;
  if (TRY(is_partition(disk, path))) {
    Findings unsaid([](const Finding&) {});  // of the log directory, which was not asked for
    const auto root = TRY(read_root(disk, env::parent_path(path), unsaid));
    plan.push_back(request_for(root, path, parse_partition_directory(last_part(path))));
    return plan;
  }
  const auto root = TRY(read_root(disk, path, findings));
  for (const auto& entry : TRY(disk.list(path))) {
    const auto inside = fmt::format("{}/{}", path, entry.name);
    if (!entry.is_directory && entry.name.ends_with(".checkpoint")) {
      TRY(verify_snapshot(disk, inside, findings));
    }
    const auto name = entry.is_directory ? parse_partition_directory(entry.name) : std::nullopt;
    if (!name || name->kind == DirectoryKind::deleted) continue;
    plan.push_back(request_for(root, inside, name));
  }
  if (plan.empty() && !root.is_there) {
    return fail(Errc::invalid, fmt::format("{}: neither a log directory nor a partition's", path));
  }
  return plan;
}

}  // namespace moldau::storage
