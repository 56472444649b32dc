#include "broker/fetch.h"

#include <algorithm>

#include "broker/broker.h"
#include "broker/moved_log.h"
#include "env/pool.h"
#include "net/answer.h"
#include "protocol/version_rules.h"
#include "records/batch.h"
#include "storage/index_format.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {

/// From this size on records go from their file to the stream (sendfile) and are not read into
/// memory: docs/performance.md, "What was tried".
constexpr std::uint64_t sent_from_file_min = 64 << 10;

/// For records that have left the page cache before a slow client has taken them.
class PartitionLoader final : public net::RangeLoader {
 public:
  PartitionLoader(Broker& broker, const Partition& partition, std::shared_ptr<const env::File> file)
      : broker_(broker),
        directory_(partition.directory()),
        held_(broker.answer_memory()),
        file_(std::move(file)) {}

  /// The last one to hold a file closes it, and where retention has removed it gives its blocks
  /// back: not on a worker.
  ~PartitionLoader() override {
    if (file_.use_count() > 1) return;
    directory_.pool().submit(env::IoClass::background, [file = std::move(file_)] {});
  }

  env::Task<Result<>> load(std::uint64_t position, std::uint64_t length,
                           env::Worker& home) override {
    auto work = [&] { return file_->load(position, length); };
    auto loaded = co_await env::run_on(directory_.pool(), env::IoClass::fetch, home, work);
    if (!loaded) {
      if (env::Log* said = broker_.read_failures().admit(home)) {
        said->error("read failed error=\"{}\"", loaded.error().to_string());
      }
    }
    co_return loaded;
  }

 private:
  Broker& broker_;
  storage::LogDir& directory_;
  const AnswerMemory::HeldFile held_;
  std::shared_ptr<const env::File> file_;
};

}  // namespace

Fetch::Fetch(Broker& broker, const RequestContext& context, FetchLimits limits,
             std::vector<FetchTarget> targets)
    : broker_(broker), context_(context), limits_(limits) {
  parts_.reserve(targets.size());
  for (auto& target : targets) {
    auto& part = parts_.emplace_back();
    part.target = std::move(target);
    find_partition(part);
  }
}

Fetch::~Fetch() {
  for (const auto& partition : watched_) partition->remove_waiter(waiter_.get());
}

env::Task<Result<std::vector<FetchPart>>> Fetch::run() {
  // Register, then look again: what comes between the first look and the registration must not be
  // slept over.
  while (true) {
    if (CO_TRY(co_await look())) {
      if (take_memory()) break;
      continue;
    }
    if (waiter_ == nullptr) {
      watch();
      continue;
    }
    const auto woken = co_await waiter_->signal.wait_until(limits_.deadline);
    if (!woken && woken.error().code == Errc::cancelled) {
      co_return std::unexpected(woken.error());
    }
  }
  for (auto& part : parts_) CO_TRY(co_await read(part));
  co_return std::move(parts_);
}

void Fetch::watch() {
  waiter_ = std::make_shared<FetchWaiter>(context_.worker);
  for (const auto& part : parts_) {
    if (part.partition == nullptr) continue;
    part.partition->add_waiter(waiter_);
    watched_.push_back(part.partition);
  }
}

void Fetch::find_partition(FetchPart& part) {
  const auto& key = part.target.key;
  part.data.partition_index = key.partition;
  if (part.target.found_at == context_.image->last_offset) {
    part.partition = part.target.partition.lock();
    if (part.partition != nullptr && !part.partition->is_closed()) return;
    part.partition = nullptr;
  }
  const bool by_id = protocol::names_topics_by_id(context_.api, context_.version);
  const auto* topic = by_id ? context_.image->topic(key.topic_id)
                            : context_.image->topic(std::string_view(key.topic));
  if (topic == nullptr) {
    part.data.error_code =
        by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition;
  } else if (topic->partition(key.partition) == nullptr) {
    part.data.error_code = ErrorCode::unknown_topic_or_partition;
  } else {
    part.partition = broker_.partitions().find(topic->name, key.partition);
    if (part.partition == nullptr) {
      part.data.error_code =
          broker_.partitions().why_missing(*context_.image, topic->name, key.partition);
    } else if (by_id && part.partition->topic_id() != key.topic_id) {
      part.partition = nullptr;
      part.data.error_code = ErrorCode::inconsistent_topic_id;
    }
  }
  if (part.has_error()) part.data.high_watermark = no_offset;
  part.target.partition = part.partition;
  part.target.found_at = context_.image->last_offset;
}

env::Task<Result<bool>> Fetch::look() {
  memory_left_ = broker_.answer_memory().left();
  const auto max_bytes = std::min(limits_.max_bytes, memory_left_);
  const auto min_bytes = std::max<std::int64_t>(std::min(limits_.min_bytes, max_bytes), 1);
  std::int64_t bytes = 0;
  if (waiter_ != nullptr) waiter_->begin_look();
  bool enough =
      limits_.min_bytes <= 0 || parts_.empty() || broker_.env().clock().now() >= limits_.deadline;
  for (auto& part : parts_) {
    if (part.partition != nullptr) {
      CO_TRY(co_await look_at(part, max_bytes - bytes, bytes == 0));
    }
    bytes += static_cast<std::int64_t>(part.plan.length);
    enough = enough || part.has_error() || part.diverges();
  }
  enough = enough || bytes >= min_bytes;
  if (waiter_ != nullptr && !enough) waiter_->wait_for(min_bytes - bytes);
  co_return enough;
}

/// Between the plans and now others may have taken what was left; not after this. What is planned
/// with nothing left is the least that an answer can be.
bool Fetch::take_memory() {
  std::int64_t bytes = 0;
  for (auto& part : parts_) {
    part.cached = cached_to_send(part);
    part.loader.reset();
    if (part.cached) {
      part.loader = std::make_shared<PartitionLoader>(broker_, *part.partition, part.plan.file);
    }
    if (!part.cached) bytes += static_cast<std::int64_t>(part.plan.length);
  }
  const auto left = broker_.answer_memory().left();
  if (bytes > left && left < memory_left_) return false;
  for (auto& part : parts_) {
    if (part.plan.length > 0 && !part.cached) {
      part.memory = broker_.answer_memory().take(part.plan.length);
    }
  }
  return true;
}

/// Nothing if the records must be read into memory: few, or nobody can tell whether sending them
/// would wait for the device, or aborted transactions are to be looked for among them, or too many
/// files are held open by answers that nobody takes.
std::optional<env::Cached> Fetch::cached_to_send(const FetchPart& part) const {
  const auto& plan = part.plan;
  if (plan.length < std::max(sent_from_file_min, plan.first_batch)) return std::nullopt;
  if (broker_.answer_memory().held_files() >= AnswerMemory::held_files_max) return std::nullopt;
  if (limits_.isolation == FetchIsolation::transactions_committed &&
      !part.partition->log_ptr()->knows_no_aborted(part.target.fetch_offset)) {
    return std::nullopt;
  }
  const auto cached = plan.file->cached(plan.position, plan.length);
  return cached == env::Cached::unknown ? std::nullopt : std::optional(cached);
}

/// `first`: no part before this one has bytes, so that its first batch is sent whatever its size.
env::Task<Result<>> Fetch::look_at(FetchPart& part, std::int64_t max_bytes, bool first) {
  auto& data = part.data;
  data.error_code = part.partition->check_leader(part.target.current_leader_epoch);
  part.plan = {};
  const auto log = part.partition->log_ptr();
  const auto positions = log->positions();
  if (data.error_code == ErrorCode::none && limits_.isolation == FetchIsolation::log_end) {
    // No other replica is assigned to any partition that this broker leads.
    data.error_code = part.target.current_leader_epoch == no_leader_epoch
                          ? ErrorCode::not_leader_or_follower
                          : ErrorCode::unknown_leader_epoch;
  }
  const bool diverges = data.error_code == ErrorCode::none && check_epochs(part, positions);
  if (data.error_code == ErrorCode::none && !diverges &&
      (part.target.fetch_offset < positions.log_start ||
       part.target.fetch_offset > positions.written_end)) {
    data.error_code = ErrorCode::offset_out_of_range;
  }
  if (data.error_code != ErrorCode::none) {
    data.high_watermark = data.last_stable_offset = data.log_start_offset = no_offset;
    co_return Result<>();
  }
  data.high_watermark = positions.high_watermark;
  data.last_stable_offset = positions.last_stable_offset;
  data.log_start_offset = positions.log_start;
  if (diverges) co_return Result<>();

  const Offset limit = limit_of(positions);
  const auto bytes = std::min<std::int64_t>(max_bytes, part.target.partition_max_bytes);
  if (part.target.fetch_offset >= limit || (!first && bytes <= 0)) co_return Result<>();
  storage::Log::ReadRequest request{
      .from = part.target.fetch_offset,
      .limit = limit,
      .max_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)),
      .minimum = first ? storage::ReadMinimum::first_batch_at_least : storage::ReadMinimum::nothing,
      .mode = storage::ReadMode::cached};
  auto plan = log->read(request);
  const bool moved = !plan && co_await has_moved(*part.partition, log, context_.worker);
  if (moved || (!plan && plan.error().code == Errc::unavailable)) {
    request.mode = storage::ReadMode::blocking;
    auto work = [&](storage::Log& now) { return now.read(request); };
    plan = co_await run_on_log(*part.partition, env::IoClass::fetch, context_.worker, work);
  }
  const auto& name = part.partition->name();
  if (!plan && broker_.partitions().find(name.topic, name.partition) != part.partition) {
    data.error_code = ErrorCode::unknown_topic_or_partition;  // deleted meanwhile
  } else if (!plan) {
    if (env::Log* said = broker_.read_failures().admit(context_.worker)) {
      said->error("fetch failed partition={} offset={} error=\"{}\"", name,
                  part.target.fetch_offset, plan.error().to_string());
    }
    data.error_code = ErrorCode::kafka_storage_error;
  } else if (plan->status == storage::ReadStatus::offset_out_of_range) {
    data.error_code = ErrorCode::offset_out_of_range;
    data.high_watermark = data.last_stable_offset = data.log_start_offset = no_offset;
  } else {
    part.plan = std::move(*plan);
  }
  co_return Result<>();
}

/// True if what the client has read is not in this log: it must truncate first (KIP-595, KIP-320).
/// The error is set if the log does not know that epoch.
bool Fetch::check_epochs(FetchPart& part, const storage::Positions& positions) {
  const LeaderEpoch fetched = part.target.last_fetched_epoch;
  if (fetched == no_leader_epoch) return false;
  const auto end = part.partition->log_ptr()->end_offset_for_epoch(fetched);
  if (end.epoch == no_leader_epoch || end.end_offset == no_offset) {
    part.data.error_code = ErrorCode::offset_out_of_range;
    return false;
  }
  if (end.epoch >= fetched && end.end_offset >= part.target.fetch_offset) return false;
  part.data.diverging_epoch.epoch = end.epoch;
  part.data.diverging_epoch.end_offset = std::min(end.end_offset, positions.written_end);
  return true;
}

Offset Fetch::limit_of(const storage::Positions& positions) const {
  switch (limits_.isolation) {
    case FetchIsolation::log_end:
      return positions.written_end;
    case FetchIsolation::high_watermark:
      return positions.high_watermark;
    case FetchIsolation::transactions_committed:
      return positions.last_stable_offset;
  }
  return positions.high_watermark;
}

/// Leaves the planned bytes in their file, if they can be had from the page cache; false if they
/// must be read into memory after all.
env::Task<Result<bool>> Fetch::refer(FetchPart& part) {
  const auto& plan = part.plan;
  const auto loader = std::move(part.loader);
  if (part.cached == env::Cached::no) {
    if (!co_await loader->load(plan.position, plan.length, context_.worker)) {
      part.data.error_code = ErrorCode::kafka_storage_error;
      co_return true;
    }
    // There may be no cache, or too little of it.
    if (plan.file->cached(plan.position, plan.length) != env::Cached::yes) co_return false;
  }
  part.data.records = net::in_file(
      {.loader = loader, .file = plan.file, .position = plan.position, .length = plan.length});
  broker_.requests().bytes_out.add(plan.length);
  co_return true;
}

void Fetch::fail_to_read(FetchPart& part, const Error& error) {
  if (env::Log* said = broker_.read_failures().admit(context_.worker)) {
    said->error("read failed partition={} error=\"{}\"", part.partition->name(), error.to_string());
  }
  part.data.error_code = ErrorCode::kafka_storage_error;
}

/// Puts the planned bytes into the answer with one read, and never null ones (librdkafka).
env::Task<Result<>> Fetch::read(FetchPart& part) {
  auto& data = part.data;
  data.records = SharedBytes();
  if (part.partition != nullptr) data.aborted_transactions.reset();
  if (limits_.isolation == FetchIsolation::transactions_committed && !part.has_error()) {
    data.aborted_transactions.emplace();
  }
  if (part.plan.file == nullptr || part.plan.length == 0) co_return Result<>();
  if (part.cached) {
    if (CO_TRY(co_await refer(part))) co_return Result<>();
    part.memory = broker_.answer_memory().take(part.plan.length);
  }

  auto cached = part.plan.file->pread_cached(part.memory.bytes(), part.plan.position);
  std::optional<std::size_t> size = cached ? *cached : std::nullopt;
  if (!size) {
    auto work = [&] { return part.plan.file->pread(part.memory.bytes(), part.plan.position); };
    auto cold = co_await env::run_on(part.partition->directory().pool(), env::IoClass::fetch,
                                     context_.worker, work);
    if (!cold) {
      fail_to_read(part, cold.error());
      co_return Result<>();
    }
    size = *cold;
  }
  const SharedBytes bytes = std::move(part.memory).freeze(*size);
  const auto first = records::peek_frame(bytes.bytes());
  if (!first || first->size > bytes.size()) co_return Result<>();  // less than a batch is no use
  data.records = bytes;
  broker_.requests().bytes_out.add(*size);
  if (data.aborted_transactions) CO_TRY(co_await add_aborted_transactions(part));
  co_return Result<>();
}

/// The aborted transactions that overlap what is being sent, so that the consumer drops them.
env::Task<Result<>> Fetch::add_aborted_transactions(FetchPart& part) {
  Offset end = part.target.fetch_offset;
  records::BatchIterator batches(part.data.records->bytes());
  while (const auto batch = batches.next()) end = batch->next_offset();
  if (end == part.target.fetch_offset) co_return Result<>();
  if (part.partition->log_ptr()->knows_no_aborted(part.target.fetch_offset)) co_return Result<>();
  auto work = [&](storage::Log& log) {
    return log.aborted_transactions(part.target.fetch_offset, end);
  };
  auto aborted = co_await run_on_log(*part.partition, env::IoClass::fetch, context_.worker, work);
  if (!aborted) {
    part.data.error_code = ErrorCode::kafka_storage_error;
    part.data.records = SharedBytes();
    co_return Result<>();
  }
  std::sort(aborted->begin(), aborted->end(),
            [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  for (const auto& transaction : *aborted) {
    auto& entry = part.data.aborted_transactions->emplace_back();
    entry.producer_id = transaction.producer_id;
    entry.first_offset = transaction.first_offset;
  }
  co_return Result<>();
}

}  // namespace moldau::broker
