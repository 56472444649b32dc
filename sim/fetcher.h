#pragma once

#include <map>
#include <vector>

#include "protocol/messages/fetch.h"
#include "sim/bench.h"

namespace moldau::sim {

struct FetchTarget {
  PartitionRef where;
  Offset from;
};

struct FetchedSummary {
  protocol::ErrorCode error{};
  Offset high_watermark{no_offset};
  Offset next{no_offset};  ///< behind the last record, or where it was asked from
  Offset log_start{no_offset};
  std::uint64_t bytes{0};  ///< of all batches
};

/// Fetches as Kafka's consumer does, within a session if the plan says so (KIP-227), and puts all
/// it sees into the history. A partition that an answer within a session leaves out has not
/// changed: that counts as an answer, too.
class Fetcher {
 public:
  Fetcher(Bench& bench, Connection& connection, const ConsumerPlan& plan)
      : bench_(bench), connection_(connection), plan_(plan) {}

  using Summaries = std::map<PartitionRef, FetchedSummary>;
  /// Errors: cancelled, or why the request failed; the history knows.
  env::Task<Result<Summaries>> fetch(std::vector<FetchTarget> targets, Duration wait);

 private:
  struct Known {  // of a partition within the session
    Offset from;
    Offset high_watermark{no_offset};
    Offset log_start{no_offset};
  };
  struct Read {
    int number;
    Offset from;
  };
  using Reads = std::map<PartitionRef, Read>;

  protocol::FetchRequest make_request(const std::vector<FetchTarget>& targets, Duration wait);
  void add_topics(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets) const;
  void forget_topics(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets);
  Summaries take(const protocol::FetchResponse& response, Reads reads);
  FetchedSummary take_partition(const protocol::FetchResponse::PartitionData& data,
                                PartitionRef where, const Read& read);
  FetchedSummary take_unchanged(PartitionRef where, const Read& read);
  std::optional<PartitionRef> place(const protocol::FetchResponse::FetchableTopicResponse& topic,
                                    PartitionId partition, const Reads& reads) const;
  void lose(const Reads& reads);
  void end_session();

  Bench& bench_;
  Connection& connection_;
  const ConsumerPlan plan_;
  records::Decompressor scratch_;
  std::int32_t session_id_{0};
  std::int32_t session_epoch_{0};
  std::map<PartitionRef, Known> session_;
};

}  // namespace moldau::sim
