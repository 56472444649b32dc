#include "broker/log_directories.h"

#include <algorithm>

#include "broker/format.h"
#include "storage/meta_properties.h"

namespace moldau::broker {
namespace {

storage::LogDirOptions options_for(const BrokerConfig& config, const std::string& path,
                                   const SharedByDirectories& shared) {
  const auto& p = config.properties;
  return {
      .path = path,
      .flush_strategy = config.flush_strategy,
      .min_free_bytes = config.min_free_bytes,
      .flush_checkpoint_ms = config.housekeeping_ms,
      .high_watermark_checkpoint_ms = p.integer("replica.high.watermark.checkpoint.interval.ms"),
      .log_start_checkpoint_ms = p.integer("log.flush.start.offset.checkpoint.interval.ms"),
      .retention_check_ms = p.integer("log.retention.check.interval.ms"),
      .first_retention_ms = p.integer("log.initial.task.delay.ms"),
      .cleaners = shared.cleaners,
      .open_files = shared.open_files,
      .is_beside_others = config.log_dirs.size() > 1,
      .scrub_bytes_per_second = config.scrub_bytes_per_second,
      .scrub_first_after = config.scrub_first_after,
      .scrub_interval = config.scrub_interval};
}

/// Not what a broken disk says: going on without the directory would hide a mistake, or what
/// passes.
bool is_mistake(const Error& error) {
  return error.code == Errc::locked || error.code == Errc::invalid || error.code == Errc::no_space;
}

}  // namespace

Result<LogDirectories> LogDirectories::open(env::Env& env, const BrokerConfig& config,
                                            const SharedByDirectories& shared) {
  LogDirectories all;
  const auto lose = [&](const std::string& path, const Error& error) {
    env.log().error(
        "log directory can not be used, the broker starts without it and leaves it as it is "
        "path={} error=\"{}\"",
        path, error.to_string());
    all.lost_.push_back(path);
  };
  for (const auto& path : config.log_dirs) {
    auto opened = all.open_one(env, config, path, shared);
    if (opened) continue;
    auto error = std::move(opened).error().within("log directory");
    if (all.opened_.empty() || is_mistake(error)) return std::unexpected(std::move(error));
    lose(path, error);
  }
  if (all.cluster_id_.empty()) all.cluster_id_ = env.entropy().uuid().to_string();
  for (std::size_t i = 0; i < all.opened_.size();) {
    auto identified = all.identify(env, config, i);
    if (identified) {
      ++i;
      continue;
    }
    if (i == 0 || is_mistake(identified.error())) {
      return std::unexpected(std::move(identified).error());
    }
    lose(all.opened_[i].dir->path(), identified.error());
    all.opened_.erase(all.opened_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return all;
}

Result<> LogDirectories::open_one(env::Env& env, const BrokerConfig& config,
                                  const std::string& path, const SharedByDirectories& shared) {
  auto dir = TRY(storage::LogDir::open(env, options_for(config, path, shared)));
  if (const auto& properties = dir->meta_properties()) TRY(check_identity(config, *properties));
  opened_.push_back({.id = {}, .dir = std::move(dir)});
  return {};
}

/// All directories belong to one node of one cluster.
Result<> LogDirectories::check_identity(const BrokerConfig& config,
                                        const storage::MetaProperties& properties) {
  if (properties.node_id != config.node_id) {
    return fail(Errc::invalid,
                fmt::format("node.id is {}, but the log directory was formatted for node {}",
                            config.node_id, properties.node_id));
  }
  if (!cluster_id_.empty() && cluster_id_ != properties.cluster_id) {
    return fail(Errc::invalid, fmt::format("log directories of two clusters: {} and {}",
                                           cluster_id_, properties.cluster_id));
  }
  cluster_id_ = properties.cluster_id;
  return {};
}

/// Formats what is new, and finds the id.
Result<> LogDirectories::identify(env::Env& env, const BrokerConfig& config, std::size_t index) {
  auto& [id, dir] = opened_[index];
  auto properties = dir->meta_properties();
  if (!properties) {
    const auto is_formatted = [](const OpenDir& open) {
      return open.dir->meta_properties().has_value();
    };
    if (index == 0 && (!lost_.empty() || std::ranges::any_of(opened_, is_formatted))) {
      return fail(
          Errc::invalid,
          fmt::format("{}, the first of log.dirs, has to hold the metadata log and is empty, "
                      "while others are not: is a disk not mounted?",
                      dir->path()));
    }
    properties = TRY(format_directory(env, config, *dir, cluster_id_,
                                      index == 0 ? HoldsMetadata::yes : HoldsMetadata::no));
  } else if (properties->directory_id.is_zero()) {  // written before KIP-858
    properties->directory_id = env.entropy().uuid();
    TRY(dir->write_meta_properties(*properties));
  }
  for (std::size_t other = 0; other < index; ++other) {
    if (opened_[other].id != properties->directory_id) continue;
    return fail(Errc::invalid,
                fmt::format("{} and {} have the same directory.id {}", opened_[other].dir->path(),
                            dir->path(), properties->directory_id));
  }
  id = properties->directory_id;
  return {};
}

BrokerEpoch LogDirectories::previous_broker_epoch() const {
  constexpr BrokerEpoch unknown(-1);
  if (!lost_.empty()) return unknown;
  const auto epoch = opened_.front().dir->clean_shutdown_epoch();
  const bool agree = std::ranges::all_of(
      opened_, [&](const OpenDir& dir) { return dir.dir->clean_shutdown_epoch() == epoch; });
  return agree ? epoch.value_or(unknown) : unknown;
}

}  // namespace moldau::broker
