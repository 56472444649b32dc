#include "sim/fetcher.h"

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;

namespace {
constexpr std::int16_t topic_ids_since = 13;
constexpr std::int16_t log_start_since = 5;
constexpr std::int32_t session_epoch_none = -1;
}  // namespace

env::Task<Result<Fetcher::Summaries>> Fetcher::fetch(std::vector<FetchTarget> targets,
                                                     Duration wait) {
  CO_TRY(co_await connection_.ensure());
  const FetchRequest request = make_request(targets, wait);
  Reads reads;
  for (const FetchTarget& target : targets) {
    const int number = bench_.history.next_read();
    reads[target.where] = {number, target.from};
    bench_.history.add(ReadBegun{bench_.now(), number, target.where, target.from, wait});
  }
  auto answer = co_await connection_.call<FetchResponse>(request, plan_.version);
  if (!answer) {
    lose(reads);
    end_session();
    co_return std::unexpected(answer.error());
  }
  const ErrorCode error = (*answer)->error_code;
  if (error == ErrorCode::none) co_return take(answer->message, std::move(reads));
  lose(reads);
  end_session();
  const bool is_of_session = error == ErrorCode::fetch_session_id_not_found ||
                             error == ErrorCode::invalid_fetch_session_epoch ||
                             error == ErrorCode::fetch_session_topic_id_error ||
                             error == ErrorCode::unknown_topic_id ||
                             error == ErrorCode::inconsistent_topic_id;
  if (!is_of_session) {
    bench_.history.add(AnswerImpossible{bench_.now(), fmt::format("a Fetch fails: {}", error)});
  }
  co_return fail(Errc::unavailable, "fetch session");
}

FetchRequest Fetcher::make_request(const std::vector<FetchTarget>& targets, Duration wait) {
  FetchRequest request;
  request.max_wait_ms = static_cast<std::int32_t>(to_ms(wait));
  request.min_bytes = 1;
  request.max_bytes = plan_.max_bytes;
  request.isolation_level = plan_.isolation_level;
  request.session_id = session_id_;
  request.session_epoch = plan_.sessions ? session_epoch_ : session_epoch_none;
  if (!plan_.sessions || session_epoch_ == 0) {
    session_.clear();
    add_topics(request, targets);
  } else {
    std::vector<FetchTarget> changed;
    std::ranges::copy_if(targets, std::back_inserter(changed), [this](const FetchTarget& target) {
      const auto known = session_.find(target.where);
      return known == session_.end() || known->second.from != target.from;
    });
    add_topics(request, changed);
    forget_topics(request, targets);
  }
  if (plan_.sessions) {
    for (const FetchTarget& target : targets) session_[target.where].from = target.from;
  }
  return request;
}

void Fetcher::add_topics(FetchRequest& request, const std::vector<FetchTarget>& targets) const {
  for (const FetchTarget& target : targets) {
    const TopicKnowledge& known = bench_.history.catalog().at(target.where.topic);
    if (request.topics.empty() || request.topics.back().topic_id != known.id) {
      auto& topic = request.topics.emplace_back();
      topic.topic_id = known.id;
      topic.topic = Text::copy(known.name);
    }
    auto& partition = request.topics.back().partitions.emplace_back();
    partition.partition = PartitionId(target.where.partition);
    partition.fetch_offset = target.from;
    partition.partition_max_bytes = plan_.partition_max_bytes;
  }
}

void Fetcher::forget_topics(FetchRequest& request, const std::vector<FetchTarget>& targets) {
  std::erase_if(session_, [&](const auto& entry) {
    const PartitionRef where = entry.first;
    const bool stays = std::ranges::any_of(
        targets, [&](const FetchTarget& target) { return target.where == where; });
    if (stays) return false;
    const TopicKnowledge& known = bench_.history.catalog().at(where.topic);
    auto& topic = request.forgotten_topics_data.emplace_back();
    topic.topic_id = known.id;
    topic.topic = Text::copy(known.name);
    topic.partitions.emplace_back(where.partition);
    return true;
  });
}

Fetcher::Summaries Fetcher::take(const FetchResponse& response, Reads reads) {
  Summaries summaries;
  for (const auto& topic : response.responses) {
    for (const auto& data : topic.partitions) {
      const auto where = place(topic, data.partition_index, reads);
      if (!where) {
        bench_.history.add(
            AnswerImpossible{bench_.now(), "a Fetch answer names what was not asked for"});
        continue;
      }
      summaries[*where] = take_partition(data, *where, reads.at(*where));
      reads.erase(*where);
    }
  }
  const bool is_incremental = plan_.sessions && session_epoch_ > 0;
  for (const auto& [where, read] : reads) {
    if (is_incremental) {
      summaries[where] = take_unchanged(where, read);
    } else {
      bench_.history.add(AnswerImpossible{bench_.now(), "a Fetch answer lacks a partition"});
    }
  }
  if (plan_.sessions) {
    session_id_ = response.session_id;
    session_epoch_ = session_id_ == 0 ? 0 : session_epoch_ + 1;
  }
  return summaries;
}

FetchedSummary Fetcher::take_partition(const FetchResponse::PartitionData& data, PartitionRef where,
                                       const Read& read) {
  const Bytes bytes = data.records ? data.records->bytes() : Bytes();
  Fetched fetched{.at = bench_.now(),
                  .read = read.number,
                  .where = where,
                  .error = data.error_code,
                  .from = read.from,
                  .high_watermark = data.high_watermark,
                  .log_start = data.log_start_offset,
                  .records = read_batches(bytes, read.from, scratch_),
                  .bytes = bytes.size()};
  FetchedSummary summary{data.error_code, data.high_watermark, read.from, no_offset, bytes.size()};
  summary.next = end_of_batches(bytes, read.from);
  const bool tells_start = plan_.version >= log_start_since;
  if (!tells_start) fetched.log_start = no_offset;
  summary.log_start = fetched.log_start;
  if (plan_.sessions) {
    session_[where].high_watermark = data.high_watermark;
    session_[where].log_start = fetched.log_start;
  }
  bench_.history.add(std::move(fetched));
  return summary;
}

FetchedSummary Fetcher::take_unchanged(PartitionRef where, const Read& read) {
  const Known& known = session_[where];
  bench_.history.add(Fetched{.at = bench_.now(),
                             .read = read.number,
                             .where = where,
                             .error = ErrorCode::none,
                             .from = read.from,
                             .high_watermark = known.high_watermark,
                             .log_start = known.log_start,
                             .records = {}});
  return {ErrorCode::none, known.high_watermark, read.from, known.log_start, 0};
}

std::optional<PartitionRef> Fetcher::place(const FetchResponse::FetchableTopicResponse& topic,
                                           PartitionId partition, const Reads& reads) const {
  for (const auto& [where, read] : reads) {
    const TopicKnowledge& known = bench_.history.catalog().at(where.topic);
    const bool is_same =
        plan_.version >= topic_ids_since ? topic.topic_id == known.id : topic.topic == known.name;
    if (is_same && where.partition == partition.value()) return where;
  }
  return std::nullopt;
}

void Fetcher::lose(const Reads& reads) {
  for (const auto& [where, read] : reads) {
    bench_.history.add(ReadLost{bench_.now(), read.number, where});
  }
}

void Fetcher::end_session() {
  session_id_ = 0;
  session_epoch_ = 0;
  session_.clear();
}

}  // namespace moldau::sim
