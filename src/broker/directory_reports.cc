#include "broker/directory_reports.h"

#include "protocol/messages/assign_replicas_to_dirs.h"
#include "protocol/messages/broker_heartbeat.h"

namespace moldau::broker {
namespace {

using protocol::AssignReplicasToDirsRequest;
using protocol::AssignReplicasToDirsResponse;
using protocol::ErrorCode;

constexpr auto retry_after = std::chrono::seconds(1);
constexpr std::size_t placements_max = 2'250;  ///< in one request, as Apache's brokers

}  // namespace

DirectoryReports::DirectoryReports(env::Env& env, ControllerDriver& controller, NodeId self,
                                   const std::vector<OpenDir>& dirs)
    : env_(env),
      controller_(controller),
      self_(self),
      dirs_(dirs),
      news_(std::make_shared<env::Signal>(controller.worker())) {}

void DirectoryReports::placed(const Uuid& topic_id, PartitionId id, const Uuid& directory) {
  placed_.insert_or_assign(Replica{topic_id, id}, directory);
  if (const auto known = moved_.find(Replica{topic_id, id}); known != moved_.end()) {
    known->second = directory;
  }
  news_->notify();
}

env::Task<bool> DirectoryReports::moved(Uuid topic_id, PartitionId id, Uuid directory) {
  placed_.insert_or_assign(Replica{topic_id, id}, directory);
  moved_.insert_or_assign(Replica{topic_id, id}, directory);
  co_return co_await report_placements(epoch_);
}

std::function<void()> DirectoryReports::on_failure() const {
  return [news = news_] { news->notify(); };
}

env::Task<> DirectoryReports::report_while_fenced(BrokerEpoch epoch) {
  epoch_ = epoch;
  // What fails is told again by run().
  static_cast<void>(co_await report_placements(epoch));
  static_cast<void>(co_await report_failures(epoch, true));
}

env::Task<> DirectoryReports::run(BrokerEpoch epoch) {
  while (true) {
    const bool failures = co_await report_failures(epoch, false);
    const bool all = co_await report_placements(epoch) && failures;
    const auto woken =
        co_await news_->wait_until(all ? MonoTime::max() : env_.clock().now() + retry_after);
    if (!woken && woken.error().code == Errc::cancelled) co_return;
  }
}

/// False if it has to be tried again.
env::Task<bool> DirectoryReports::report_failures(BrokerEpoch epoch, bool fenced) {
  protocol::BrokerHeartbeatRequest request;
  request.broker_id = self_;
  request.broker_epoch = epoch;
  request.want_fence = fenced;
  request.current_metadata_offset = controller_.image()->last_offset;
  for (const OpenDir& dir : dirs_) {
    if (dir.dir->is_offline()) request.offline_log_dirs.push_back(dir.id);
  }
  if (request.offline_log_dirs.size() == failures_told_) co_return true;
  // The metadata log was in the first: there is no controller any more.
  if (dirs_.front().dir->is_offline()) co_return true;
  const auto reply = co_await controller_.run<protocol::BrokerHeartbeatResponse>(
      news_->home(), [&](metadata::Controller& controller, const metadata::Context& context) {
        return controller.broker_heartbeat(context, request);
      });
  if (!reply || reply->error_code != ErrorCode::none) co_return false;
  failures_told_ = request.offline_log_dirs.size();
  co_return true;
}

env::Task<bool> DirectoryReports::report_placements(BrokerEpoch epoch) {
  while (!placed_.empty()) {
    AssignReplicasToDirsRequest request;
    request.broker_id = self_;
    request.broker_epoch = epoch;
    std::map<Uuid, std::map<Uuid, std::vector<PartitionId>>> by_directory;
    const auto told = std::exchange(placed_, {});
    auto next = told.begin();
    for (std::size_t count = 0; next != told.end() && count < placements_max; ++next, ++count) {
      by_directory[next->second][next->first.topic_id].push_back(next->first.id);
    }
    placed_.insert(next, told.end());
    for (const auto& [directory, topics] : by_directory) {
      auto& to = request.directories.emplace_back();
      to.id = directory;
      for (const auto& [topic_id, partitions] : topics) {
        auto& topic = to.topics.emplace_back();
        topic.topic_id = topic_id;
        for (const PartitionId id : partitions) topic.partitions.push_back({id});
      }
    }
    const auto reply = co_await controller_.run<AssignReplicasToDirsResponse>(
        news_->home(), [&](metadata::Controller& controller, const metadata::Context& context) {
          return controller.assign_replicas_to_dirs(context, request);
        });
    // A topic that it refuses has been deleted meanwhile; old metadata has no place for
    // directories.
    if (reply && (reply->error_code == ErrorCode::none ||
                  reply->error_code == ErrorCode::unsupported_version)) {
      continue;
    }
    for (auto again = told.begin(); again != next; ++again) {
      const auto known = moved_.find(again->first);
      // Newer news stay.
      placed_.try_emplace(again->first, known == moved_.end() ? again->second : known->second);
    }
    co_return false;
  }
  co_return true;
}

}  // namespace moldau::broker
