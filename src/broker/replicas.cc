#include "broker/replicas.h"

#include <algorithm>

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

}  // namespace

env::Task<Result<>> Replicas::load(metadata::ImagePtr image) {
  auto describe = [this, image](const storage::TopicPartition& name) {
    const auto* topic = image->topic(std::string_view(name.topic));
    return storage::KnownLog{
        .name = name,
        .topic_id = topic == nullptr ? Uuid() : topic->id,
        .config = broker_.topic_configs().settings_of(*image, name.topic)->log};
  };
  std::size_t online = 0;
  for (OpenDir& dir : dirs_) {
    auto report = co_await dir.dir->load(worker_, describe);
    if (!report) {
      broker_.env().log().error("log directory is offline path={} error=\"{}\"", dir.dir->path(),
                                report.error().to_string());
      continue;
    }
    ++online;
    co_await adopt(*image, dir, std::move(*report));
  }
  if (online == 0) co_return fail(Errc::io, "no log directory could be loaded");

  std::vector<storage::KnownLog> missing;
  for (const auto& [id, topic] : image->topics_by_id) follow_topic(*topic, missing, *image);
  if (online < dirs_.size()) leave_to_lost_directories(*image, missing);
  co_await create_missing(*image, std::move(missing));
  co_return Result<>();
}

/// What the metadata does not place in a directory that is here is in one that is not, until that
/// comes back or the topic is deleted.
void Replicas::leave_to_lost_directories(const metadata::Image& image,
                                         std::vector<storage::KnownLog>& missing) {
  std::erase_if(missing, [&](const storage::KnownLog& log) {
    const auto* registration = image.partition(log.name.topic, log.name.partition);
    const Uuid wanted = registration->directory_of(broker_.config().node_id);
    const bool is_here = std::ranges::any_of(
        dirs_, [&](const OpenDir& dir) { return dir.id == wanted && !dir.dir->is_offline(); });
    if (is_here) return false;
    broker_.env().log().error("partition may be in a log directory that is offline partition={}",
                              log.name);
    lost_.insert(log.name);
    return true;
  });
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
      add_partition(image, dir, std::move(loaded));
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
  for (OpenDir& dir : dirs_) {
    std::vector<storage::KnownLog> here;
    for (const auto& log : wanted) {
      if (&directory_for(image, log.name) == &dir) here.push_back(log);
    }
    if (here.empty()) continue;
    auto work = [&] { return dir.dir->create(here); };
    auto logs = co_await env::run_on(dir.dir->pool(), env::IoClass::flush, worker_, work);
    if (!logs) {
      broker_.env().log().error("partitions could not be created path={} error=\"{}\"",
                                dir.dir->path(), logs.error().to_string());
      if (logs.error().code != Errc::no_space) continue;
      for (const auto& log : here) unmade_.insert(log.topic_id);
      continue;
    }
    for (auto& log : *logs) add_partition(image, dir, std::move(log));
  }
}

/// The directory that the metadata names, or else the one with the fewest logs.
OpenDir& Replicas::directory_for(const metadata::Image& image,
                                 const storage::TopicPartition& name) {
  const auto* registration = image.partition(name.topic, name.partition);
  const Uuid wanted = registration->directory_of(broker_.config().node_id);
  for (OpenDir& dir : dirs_) {
    if (dir.id == wanted && !dir.dir->is_offline()) return dir;
  }
  return *std::min_element(dirs_.begin(), dirs_.end(), [](const auto& a, const auto& b) {
    return std::pair(a.dir->is_offline(), a.dir->stats().logs) <
           std::pair(b.dir->is_offline(), b.dir->stats().logs);
  });
}

env::Task<> Replicas::delete_topic(const metadata::Topic& topic) {
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    lost_.erase({topic.name, PartitionId(index)});
    co_await delete_quarantined({topic.name, PartitionId(index)});
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
