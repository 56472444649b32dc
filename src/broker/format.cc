#include "broker/format.h"

#include "metadata/image.h"
#include "raft/control_records.h"
#include "raft/offset_and_epoch.h"
#include "raft/snapshot_reader.h"
#include "raft/snapshot_writer.h"
#include "storage/meta_properties.h"

namespace moldau::broker {
namespace {

constexpr std::uint64_t bootstrap_bytes_max = 1 << 20;

/// What a new cluster begins with; of the features what is done (supported_features()).
std::vector<metadata::Record> bootstrap_records() {
  const auto level = [](std::string_view feature, std::int16_t at) {
    protocol::FeatureLevelRecord record;
    record.name = Text::copy(feature);
    record.feature_level = at;
    return metadata::Record{.message = std::move(record), .version = 0};
  };
  return {level(metadata::metadata_version_feature, format_metadata_version),
          level(metadata::group_version_feature, 1)};
}

std::vector<std::uint8_t> join(const std::vector<SharedBytes>& pieces) {
  std::vector<std::uint8_t> all;
  for (const auto& piece : pieces) {
    all.insert(all.end(), piece.bytes().begin(), piece.bytes().end());
  }
  return all;
}

Result<std::vector<std::uint8_t>> bootstrap_snapshot(WallMs now) {
  std::vector<SharedBytes> values;
  for (const auto& record : bootstrap_records()) {
    values.push_back(TRY(metadata::encode_record(record)));
  }
  return join(TRY(raft::build_snapshot(
      {.id = raft::bootstrap_snapshot_id, .last_contained_log_timestamp = now.value}, values,
      now)));
}

Result<std::vector<std::uint8_t>> voters_snapshot(const raft::Voter& self, WallMs now) {
  return join(TRY(raft::build_snapshot({.id = raft::bootstrap_snapshot_id,
                                        .last_contained_log_timestamp = now.value,
                                        .kraft_version = 1,
                                        .voters = raft::VoterSet({self})},
                                       {}, now)));
}

/// Nothing of an interrupted formatting is worth keeping; a metadata log is.
Result<> check_unformatted(env::Disk& disk, const std::string& directory) {
  if (!TRY(disk.exists(directory))) return {};
  for (const auto& entry : TRY(disk.list(directory))) {
    if (!entry.name.ends_with(".log")) continue;
    return fail(Errc::exists,
                fmt::format("{} holds a metadata log, but meta.properties is missing beside it: "
                            "restore that file, or move the directory away to start afresh",
                            directory));
  }
  return {};
}

}  // namespace

raft::Voter self_voter(const BrokerConfig& config, const Uuid& directory_id) {
  raft::Voter voter{.key = {.id = config.node_id, .directory_id = directory_id}};
  for (const auto& listener : config.controller_listeners) {
    voter.endpoints.push_back({.name = listener.name,
                               .host = listener.host.empty() ? "localhost" : listener.host,
                               .port = listener.port});
  }
  return voter;
}

Result<storage::MetaProperties> format_directory(env::Env& env, const BrokerConfig& config,
                                                 storage::LogDir& dir,
                                                 const std::string& cluster_id,
                                                 HoldsMetadata holds_metadata) {
  auto& disk = env.disk();
  const WallMs now = env.clock().wall();
  storage::MetaProperties properties{.version = 1,
                                     .cluster_id = cluster_id,
                                     .node_id = config.node_id,
                                     .directory_id = env.entropy().uuid()};
  const std::string bootstrap = fmt::format("{}/{}", dir.path(), bootstrap_file);
  TRY(env::replace_file(disk, bootstrap, TRY(bootstrap_snapshot(now))));
  if (holds_metadata == HoldsMetadata::yes) {
    const std::string directory = fmt::format("{}/{}", dir.path(), metadata_directory);
    TRY(check_unformatted(disk, directory));
    TRY(env::make_directories(disk, directory));
    TRY(env::replace_file(
        disk,
        fmt::format("{}/{}", directory, raft::snapshot_file_name(raft::bootstrap_snapshot_id)),
        TRY(voters_snapshot(self_voter(config, properties.directory_id), now))));
  }
  TRY(dir.write_meta_properties(properties));
  env.log().info("formatted path={} cluster_id={} directory_id={} metadata_version={}", dir.path(),
                 cluster_id, properties.directory_id, format_metadata_version);
  return properties;
}

Result<Bootstrap> read_bootstrap(env::Env& env, const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, bootstrap_file);
  auto bytes = env::read_file(env.disk(), path, bootstrap_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return Bootstrap{{}, bootstrap_records()};
  if (!bytes) return std::unexpected(std::move(bytes).error());
  Bootstrap bootstrap;
  auto visit = [&](const records::BatchView& batch) -> Result<> {
    return raft::read_data_batch(batch, [&](const SharedBytes& value) -> Result<> {
      bootstrap.records.push_back(
          {.message = TRY(protocol::decode_metadata_record(value)), .version = 0});
      bootstrap.values.push_back(value);
      return {};
    });
  };
  TRY(raft::read_snapshot(raft::bootstrap_snapshot_id, *bytes, visit));
  return bootstrap;
}

}  // namespace moldau::broker
