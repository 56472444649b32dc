#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/answer_memory.h"
#include "broker/fetch_session.h"
#include "broker/partition.h"
#include "broker/request_context.h"
#include "env/task.h"
#include "net/answer.h"
#include "protocol/messages/fetch.h"
#include "storage/log.h"

namespace moldau::broker {

class Broker;

/// Who reads decides how far: consumers to the high watermark or the last stable offset, replicas
/// to the end of the log.
enum class FetchIsolation : std::uint8_t { log_end, high_watermark, transactions_committed };

struct FetchLimits {
  FetchIsolation isolation{FetchIsolation::high_watermark};
  std::int64_t max_bytes{0};
  std::int64_t min_bytes{0};
  MonoTime deadline;
};

/// One partition's part of an answer while it is being made.
struct FetchPart {
  FetchTarget target;
  std::shared_ptr<Partition> partition;  ///< null if the fetch has no access to it
  protocol::FetchResponse::PartitionData data;
  storage::ReadPlan plan;
  /// Of what is planned, if it goes from its file to the stream; else `memory` is for it.
  std::optional<env::Cached> cached;
  std::shared_ptr<net::RangeLoader> loader;  ///< then
  AnswerMemory::Taken memory;

  bool has_error() const { return data.error_code != protocol::ErrorCode::none; }
  bool diverges() const { return data.diverging_epoch.epoch != no_leader_epoch; }
};

/// Serves the partitions of one Fetch: finds out what there is, waits until it is enough, late or
/// an error, then reads the bytes. Lives in the handler's coroutine, on the connection's worker.
class Fetch {
 public:
  Fetch(Broker& broker, const RequestContext& context, FetchLimits limits,
        std::vector<FetchTarget> targets);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  /// Parts in the order of the targets. Errors: cancelled.
  env::Task<Result<std::vector<FetchPart>>> run();

 private:
  void find_partition(FetchPart& part);
  /// Fills in positions and plans of all parts; true if the answer may go out.
  env::Task<Result<bool>> look();
  /// Takes the memory for what is planned and does not stay in its file; false if others were
  /// faster and there must be less.
  bool take_memory();
  std::optional<env::Cached> cached_to_send(const FetchPart& part) const;
  env::Task<Result<>> look_at(FetchPart& part, std::int64_t max_bytes, bool first);
  bool check_epochs(FetchPart& part, const storage::Positions& positions);
  Offset limit_of(const storage::Positions& positions) const;
  void watch();
  env::Task<Result<>> read(FetchPart& part);
  env::Task<Result<bool>> refer(FetchPart& part);
  void fail_to_read(FetchPart& part, const Error& error);
  env::Task<Result<>> add_aborted_transactions(FetchPart& part);

  Broker& broker_;
  const RequestContext& context_;
  const FetchLimits limits_;
  std::int64_t memory_left_{0};  ///< when the plans were made
  std::vector<FetchPart> parts_;
  std::shared_ptr<FetchWaiter> waiter_;              ///< once it has had to wait
  std::vector<std::shared_ptr<Partition>> watched_;  ///< where it is registered
};

}  // namespace moldau::broker
