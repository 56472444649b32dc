#include "broker/replicas.h"

#include <algorithm>

#include "broker/replica_moves.h"
#include "env/pool.h"

namespace moldau::broker {

namespace {

const metadata::PartitionRegistration* assigned_here(const Broker& broker,
                                                     const metadata::Topic& topic, PartitionId id) {
  const auto* registration = topic.partition(id);
  if (registration == nullptr || !registration->has_replica(broker.config().node_id)) {
    return nullptr;
  }
  return registration;
}

/// The topic that the log belongs to, if the image still has it under that id.
const metadata::Topic* owner_of(const metadata::Image& image, const storage::Log& log) {
  const auto* topic = image.topic(std::string_view(log.name().topic));
  if (topic == nullptr) return nullptr;
  const bool same = log.topic_id().is_zero() || log.topic_id() == topic->id;
  return same ? topic : nullptr;
}

/// Another topic that lives, whose partition.metadata was written to the wrong place: what is
/// beside it is this topic's all the same. (An id that no topic has is that of one that was
/// deleted.)
const metadata::Topic* mistaken_for(const metadata::Image& image, const storage::Log& log) {
  // If no topic has the name either, it is one that was deleted.
  if (image.partition(log.name().topic, log.name().partition) == nullptr) return nullptr;
  const auto* topic = image.topic(log.topic_id());
  return topic != nullptr && topic->name != log.name().topic ? topic : nullptr;
}

bool is_offline(const OpenDir& dir) {
  return dir.dir->is_offline();
}

}  // namespace

env::Task<Result<>> Replicas::load(metadata::ImagePtr image) {
  auto describe = [this, image](const storage::TopicPartition& name) {
    const auto* topic = image->topic(std::string_view(name.topic));
    return storage::KnownLog{
        .name = name,
        .topic_id = topic == nullptr ? Uuid() : topic->id,
        .config = broker_.topic_configs().settings_of(*image, name.topic)->log};
  };
  std::vector<std::pair<OpenDir*, storage::LoadReport>> reports;
  std::map<storage::TopicPartition, int> found;
  for (OpenDir& dir : dirs_.opened()) {
    auto report = co_await dir.dir->load(worker_, describe);
    if (!report) {
      broker_.env().log().error("log directory is offline path={} error=\"{}\"", dir.dir->path(),
                                report.error().to_string());
      continue;
    }
    // What belongs to another topic of that name is a stray, wherever it is.
    for (const auto& log : report->logs) {
      if (owner_of(*image, *log) != nullptr) ++found[log->name()];
    }
    for (const auto& quarantined : report->quarantined) ++found[quarantined.name];
    for (auto& name : report->vanished) vanished_[std::move(name)].push_back(&dir);
    reports.emplace_back(&dir, std::move(*report));
  }
  if (reports.empty()) co_return fail(Errc::io, "no log directory could be loaded");
  std::erase_if(found, [](const auto& entry) { return entry.second == 1; });
  std::vector<std::pair<OpenDir*, std::vector<storage::FutureLog>>> copies;
  for (auto& [dir, report] : reports) {
    copies.emplace_back(dir, std::move(report.futures));
    co_await retire_doubles(*image, *dir, report, found);
    co_await adopt(*image, *dir, std::move(report));
  }
  for (auto& [dir, some] : copies) co_await follow_copies(*image, *dir, std::move(some));

  std::vector<storage::KnownLog> missing;
  for (const auto& [id, topic] : image->topics_by_id) follow_topic(*topic, missing, *image);
  forget_gone(*image);
  leave_vanished(*image, missing);
  leave_to_lost_directories(*image, missing);
  co_await create_missing(*image, std::move(missing));
  co_return Result<>();
}

env::Task<> Replicas::follow_copies(const metadata::Image& image, OpenDir& dir,
                                    std::vector<storage::FutureLog> copies) {
  for (auto& copy : copies) co_await follow_copy(image, dir, std::move(copy));
}

/// A stop came in the middle of a move. Where the log itself is, it moves on. If only the copy is
/// there, and the metadata says that the replica is where the copy is, then it is whole: the old
/// one was on its way out (docs/append.md, "A move").
env::Task<> Replicas::follow_copy(const metadata::Image& image, OpenDir& dir,
                                  storage::FutureLog copy) {
  auto& log = broker_.env().log();
  const auto& name = copy.name;
  const auto* topic = image.topic(std::string_view(name.topic));
  const auto* registration =
      topic == nullptr ? nullptr : assigned_here(broker_, *topic, name.partition);
  auto kind = storage::DirectoryKind::deleted;
  if (const auto partition = broker_.partitions().find(name.topic, name.partition)) {
    const bool elsewhere = &partition->directory() != dir.dir.get();
    if (elsewhere && broker_.moves().resume(name, dir)) co_return;
  } else if (registration == nullptr) {
    kind = storage::DirectoryKind::stray;
  } else if (untouchable_.contains(name) || lost_.contains(name) || !all_here() ||
             registration->directory_of(broker_.config().node_id) != dir.id) {
    log.error("copy of a partition that is not here itself, left as it is path={}", copy.directory);
    if (!untouchable_.contains(name)) lose(image, name);  // nothing new in its place
    co_return;
  } else {
    auto config = broker_.topic_configs().settings_of(image, topic->name)->log;
    auto promoted = co_await dir.dir->promote(
        copy, {.name = name, .topic_id = topic->id, .config = std::move(config)}, worker_);
    if (promoted) {
      log.info("moved before the last stop partition={} to={}", name, dir.dir->path());
      add_partition(image, dir, std::move(*promoted));
    } else {
      log.error("copy can not be used, nothing of it was changed path={} error=\"{}\"",
                copy.directory, promoted.error().to_string());
      lose(image, name);
    }
    co_return;
  }
  const auto retired = co_await dir.dir->retire_future(copy, kind, worker_);
  if (!retired) log.error("rename failed error=\"{}\"", retired.error().to_string());
}

/// What the metadata places in a directory that is not here stays there, until that comes back or
/// the topic is deleted; so does what it places nowhere, while one is missing.
void Replicas::leave_to_lost_directories(const metadata::Image& image,
                                         std::vector<storage::KnownLog>& missing) {
  const auto& opened = dirs_.opened();
  const bool all = all_here();
  std::erase_if(missing, [&](const storage::KnownLog& log) {
    const auto* registration = image.partition(log.name.topic, log.name.partition);
    const Uuid wanted = registration->directory_of(broker_.config().node_id);
    const bool is_here = std::ranges::any_of(
        opened, [&](const OpenDir& dir) { return dir.id == wanted && !is_offline(dir); });
    if (is_here || (all && metadata::is_reserved_directory(wanted))) return false;
    broker_.env().log().error(
        "partition is in a log directory that is not here, it is not served partition={} "
        "directory_id={} hint=\"bring that directory back, or delete the topic\"",
        log.name, wanted);
    lose(image, log.name);
    return true;
  });
}

/// A partition of which the checkpoints know more than nothing, and whose directory has gone from
/// a log directory that is here: an empty one would pass for it.
void Replicas::leave_vanished(const metadata::Image& image,
                              std::vector<storage::KnownLog>& missing) {
  std::erase_if(missing, [&](const storage::KnownLog& log) {
    const auto found = vanished_.find(log.name);
    if (found == vanished_.end()) return false;
    broker_.env().log().error(
        "directory of a partition has vanished, the partition is not served partition={} path={} "
        "hint=\"bring it back, or delete the topic; to begin it anew, stop the broker, remove "
        "its line and #crc32c from recovery-point-offset-checkpoint, and correct the count\"",
        log.name, found->second.front()->dir->path());
    lose(image, log.name);
    return true;
  });
}

/// The checkpoints may still know a topic that was deleted right before a crash, or a partition
/// that had moved to another directory.
void Replicas::forget_gone(const metadata::Image& image) {
  std::erase_if(vanished_, [&](const auto& entry) {
    const auto& [name, dirs] = entry;
    const bool here = broker_.partitions().find(name.topic, name.partition) != nullptr;
    if (!here && image.partition(name.topic, name.partition) != nullptr) return false;
    for (const auto* dir : dirs) dir->dir->forget(name);
    return true;
  });
}

/// Clients are not sent here for it. What the metadata says of a directory that is not here stays.
void Replicas::lose(const metadata::Image& image, const storage::TopicPartition& name) {
  lost_.insert(name);
  broker_.partitions().set_out_of_reach(name);
  const auto* topic = image.topic(std::string_view(name.topic));
  const Uuid place = topic->partition(name.partition)->directory_of(broker_.config().node_id);
  const bool is_here = std::ranges::any_of(
      dirs_.opened(), [&](const OpenDir& dir) { return dir.id == place && !is_offline(dir); });
  if (is_here || metadata::is_reserved_directory(place)) {
    reports_.placed(topic->id, name.partition, lost_directory);
  }
}

/// Of replicas that are in several directories the one counts that the metadata names. If it names
/// none of them, none is served.
env::Task<> Replicas::retire_doubles(const metadata::Image& image, OpenDir& dir,
                                     storage::LoadReport& report,
                                     const std::map<storage::TopicPartition, int>& doubles) {
  auto& env_log = broker_.env().log();
  for (const auto& [name, count] : doubles) {
    const auto* registration = image.partition(name.topic, name.partition);
    if (registration == nullptr) continue;  // all of them are strays
    const Uuid wanted = registration->directory_of(broker_.config().node_id);
    if (wanted == dir.id) continue;
    const auto log = std::ranges::find(report.logs, name, &storage::Log::name);
    const auto damaged = std::ranges::find(report.quarantined, name, &storage::Quarantined::name);
    if (log == report.logs.end() && damaged == report.quarantined.end()) continue;
    if (std::ranges::none_of(dirs_.opened(), [&](const OpenDir& d) { return d.id == wanted; })) {
      env_log.error(
          "partition is in {} log directories, and the metadata names none of them, it is not "
          "served partition={} path={} hint=\"stop the broker and move away what is old\"",
          count, name, dir.dir->path());
      lose(image, name);
      if (log != report.logs.end()) report.logs.erase(log);
      if (damaged != report.quarantined.end()) report.quarantined.erase(damaged);
      continue;
    }
    env_log.warn(
        "replica belongs in another directory, renamed to -stray and kept partition={} path={}",
        name, dir.dir->path());
    Result<> renamed;
    if (log != report.logs.end()) {
      renamed = co_await dir.dir->make_stray(*log, worker_);
      report.logs.erase(log);
    } else {
      renamed = co_await dir.dir->retire_quarantined(name, storage::DirectoryKind::stray, worker_);
      report.quarantined.erase(damaged);
    }
    if (!renamed) env_log.error("rename failed error=\"{}\"", renamed.error().to_string());
  }
}

/// Whether the metadata places the replica in another directory, while one is missing: it may be
/// there, and this an old copy.
bool Replicas::may_be_old(const metadata::Image& image, const OpenDir& dir,
                          const storage::TopicPartition& name) const {
  const Uuid wanted =
      image.partition(name.topic, name.partition)->directory_of(broker_.config().node_id);
  return wanted != dir.id && !metadata::is_reserved_directory(wanted) && !all_here();
}

bool Replicas::all_here() const {
  return dirs_.lost().empty() && std::ranges::none_of(dirs_.opened(), is_offline);
}

env::Task<> Replicas::adopt(const metadata::Image& image, OpenDir& dir,
                            storage::LoadReport report) {
  auto& log = broker_.env().log();
  if (report.torn_bytes_cut > 0) {
    log.warn("torn tails cut after an unclean stop path={} bytes={} segments_recovered={}",
             dir.dir->path(), report.torn_bytes_cut, report.segments_recovered);
  }
  for (auto& quarantined : report.quarantined) {
    co_await set_aside(image, dir, std::move(quarantined));
  }
  for (auto& loaded : report.logs) {
    const auto* topic = owner_of(image, *loaded);
    if (topic != nullptr && assigned_here(broker_, *topic, loaded->name().partition) != nullptr) {
      if (may_be_old(image, dir, loaded->name())) {
        log.error(
            "partition belongs in a log directory that is not here, what was found elsewhere is "
            "not "
            "served partition={} path={}",
            loaded->name(), dir.dir->path());
        lose(image, loaded->name());
        continue;
      }
      add_partition(image, dir, std::move(loaded));
      continue;
    }
    if (const auto* other = mistaken_for(image, *loaded)) {
      log.error(
          "partition.metadata is another topic's, the partition is not served partition={} "
          "topic={} path={}",
          loaded->name(), other->name, dir.dir->path());
      lose(image, loaded->name());
      continue;
    }
    log.warn("replica is not in the metadata, renamed to -stray and kept partition={}",
             loaded->name());
    const auto renamed = co_await dir.dir->make_stray(loaded, worker_);
    if (!renamed) log.error("rename failed error=\"{}\"", renamed.error().to_string());
  }
}

env::Task<> Replicas::set_aside(const metadata::Image& image, OpenDir& dir,
                                storage::Quarantined quarantined) {
  auto& log = broker_.env().log();
  const auto& name = quarantined.name;
  const auto* topic = image.topic(std::string_view(name.topic));
  if (topic != nullptr && assigned_here(broker_, *topic, name.partition) != nullptr) {
    log.error("partition quarantined, nothing of it was changed partition={} error=\"{}\"", name,
              quarantined.error.to_string());
    untouchable_[name] = &dir;
    broker_.partitions().set_out_of_reach(name);
    quarantined_ = untouchable_.size();
    co_return;
  }
  log.warn(
      "damaged replica is not in the metadata, renamed to -stray and kept partition={} "
      "error=\"{}\"",
      name, quarantined.error.to_string());
  const auto renamed =
      co_await dir.dir->retire_quarantined(name, storage::DirectoryKind::stray, worker_);
  if (!renamed) log.error("rename failed error=\"{}\"", renamed.error().to_string());
}

void Replicas::add_partition(const metadata::Image& image, OpenDir& dir,
                             std::shared_ptr<storage::Log> log) {
  const auto* topic = image.topic(std::string_view(log->name().topic));
  auto settings = broker_.topic_configs().settings_of(image, topic->name);
  const auto id = log->name().partition;
  auto partition = std::make_shared<Partition>(broker_.config().node_id, topic->id, std::move(log),
                                               *dir.dir, std::move(settings), broker_.env());
  partition->attach();
  partition->apply(*topic->partition(id));
  broker_.partitions().add(std::move(partition));
  const bool known = topic->partition(id)->directory_of(broker_.config().node_id) == dir.id;
  if (!known) reports_.placed(topic->id, id, dir.id);
}

env::Task<> Replicas::apply(metadata::ImagePtr image, metadata::Delta delta) {
  std::vector<storage::KnownLog> missing;
  for (const auto& [id, change] : delta.topics) {
    if (change.before != nullptr && change.after == nullptr) {
      co_await delete_topic(*change.before);
    }
  }
  for (const Uuid& id : std::exchange(unmade_, {})) {
    const auto* topic = image->topic(id);
    if (topic != nullptr && !delta.topics.contains(id)) follow_topic(*topic, missing, *image);
  }
  for (const auto& [id, change] : delta.topics) {
    if (change.after != nullptr) follow_topic(*change.after, missing, *image);
  }
  co_await create_missing(*image, std::move(missing));
  apply_settings(*image, delta);
}

/// Gives news to the partitions that are here, and lists those that should be.
void Replicas::follow_topic(const metadata::Topic& topic, std::vector<storage::KnownLog>& missing,
                            const metadata::Image& image) {
  std::shared_ptr<const storage::LogConfig> config;
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    const PartitionId id(index);
    const auto* registration = assigned_here(broker_, topic, id);
    if (registration == nullptr) continue;
    if (const auto partition = broker_.partitions().find(topic.name, id)) {
      partition->apply(*registration);
      continue;
    }
    storage::TopicPartition name{topic.name, id};
    if (untouchable_.contains(name) || lost_.contains(name)) continue;
    if (config == nullptr) config = broker_.topic_configs().settings_of(image, topic.name)->log;
    missing.push_back({.name = std::move(name), .topic_id = topic.id, .config = config});
  }
}

env::Task<> Replicas::create_missing(const metadata::Image& image,
                                     std::vector<storage::KnownLog> wanted) {
  if (wanted.empty()) co_return;
  // Their files are open until all are durable.
  const auto at_once = std::clamp<std::size_t>(broker_.config().open_log_files_max / 8, 8, 256);
  for (auto& [dir, here] : place(image, std::move(wanted))) {
    for (std::span rest(here); !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), at_once));
      rest = rest.subspan(some.size());
      co_await create(image, *dir, some);
    }
  }
}

/// Each goes to the directory that was asked for, or the metadata names, or else to one that has
/// room, with the fewest logs.
std::map<OpenDir*, std::vector<storage::KnownLog>> Replicas::place(
    const metadata::Image& image, std::vector<storage::KnownLog> wanted) {
  std::map<OpenDir*, std::vector<storage::KnownLog>> placed;
  struct Online {
    bool below_reserve;
    std::uint64_t logs;
    OpenDir* dir;
  };
  std::vector<Online> online;
  for (OpenDir& dir : dirs_.opened()) {
    const auto stats = dir.dir->stats();
    if (!stats.offline) online.push_back({stats.below_reserve, stats.logs, &dir});
  }
  for (auto& log : wanted) {
    const auto* registration = image.partition(log.name.topic, log.name.partition);
    Uuid id = registration->directory_of(broker_.config().node_id);
    // AlterReplicaLogDirs may have come before the partition.
    if (const OpenDir* wish = broker_.moves().take_wish(log.name)) id = wish->id;
    auto to = std::ranges::find(online, id, [](const Online& one) { return one.dir->id; });
    if (to == online.end() && metadata::is_reserved_directory(id)) {
      to = std::ranges::min_element(
          online, {}, [](const Online& one) { return std::pair(one.below_reserve, one.logs); });
    }
    if (to == online.end()) {
      lose(image, log.name);
      continue;
    }
    ++to->logs;
    placed[to->dir].push_back(std::move(log));
  }
  return placed;
}

env::Task<> Replicas::create(const metadata::Image& image, OpenDir& dir,
                             std::span<const storage::KnownLog> wanted) {
  auto work = [&] { return dir.dir->create(wanted); };
  auto logs = co_await env::run_on(dir.dir->pool(), env::IoClass::flush, worker_, work);
  if (logs) {
    for (auto& log : *logs) add_partition(image, dir, std::move(log));
    co_return;
  }
  broker_.env().log().error("partitions could not be created path={} error=\"{}\"", dir.dir->path(),
                            logs.error().to_string());
  const bool again = logs.error().code == Errc::no_space;
  for (const auto& log : wanted) {
    if (again) {
      unmade_.insert(log.topic_id);
    } else {  // something of it may be there
      lose(image, log.name);
    }
  }
}

env::Task<> Replicas::delete_topic(const metadata::Topic& topic) {
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    if (lost_.erase({topic.name, PartitionId(index)}) > 0) {
      broker_.partitions().clear_out_of_reach({topic.name, PartitionId(index)});
    }
    if (const auto gone = vanished_.extract({topic.name, PartitionId(index)})) {
      for (const auto* dir : gone.mapped()) dir->dir->forget(gone.key());
    }
    broker_.partitions().forget_refused({topic.name, PartitionId(index)}, topic.id);
    co_await delete_quarantined({topic.name, PartitionId(index)});
    co_await broker_.moves().drop({topic.name, PartitionId(index)});
    const auto found = broker_.partitions().find(topic.name, PartitionId(index));
    if (found == nullptr || found->topic_id() != topic.id) continue;
    const auto partition = broker_.partitions().remove(topic.name, PartitionId(index));
    partition->close();
    const auto removed = co_await partition->directory().remove(partition->log_ptr(), worker_);
    if (!removed) {
      broker_.env().log().error("deletion failed partition={} error=\"{}\"", partition->name(),
                                removed.error().to_string());
    }
  }
}

/// Whoever deletes the topic gives up what could be saved of it.
env::Task<> Replicas::delete_quarantined(const storage::TopicPartition& name) {
  const auto found = untouchable_.find(name);
  if (found == untouchable_.end()) co_return;
  OpenDir& dir = *found->second;
  const auto removed =
      co_await dir.dir->retire_quarantined(name, storage::DirectoryKind::deleted, worker_);
  if (!removed) {
    broker_.env().log().error("deletion failed partition={} error=\"{}\"", name,
                              removed.error().to_string());
    co_return;
  }
  untouchable_.erase(found);
  broker_.partitions().clear_out_of_reach(name);
  quarantined_ = untouchable_.size();
}

void Replicas::apply_settings(const metadata::Image& image, const metadata::Delta& delta) {
  const bool of_broker =
      std::any_of(delta.configs.begin(), delta.configs.end(), [](const auto& resource) {
        return resource.type == static_cast<std::int8_t>(metadata::ResourceType::broker);
      });
  for (const auto& partition : broker_.partitions().all()) {
    const metadata::ConfigResource own{static_cast<std::int8_t>(metadata::ResourceType::topic),
                                       partition->name().topic};
    if (!of_broker && !delta.configs.contains(own)) continue;
    partition->set_settings(broker_.topic_configs().settings_of(image, partition->name().topic));
  }
}

}  // namespace moldau::broker
