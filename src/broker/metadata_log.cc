#include "broker/metadata_log.h"

#include "broker/format.h"
#include "env/pool.h"
#include "metadata/snapshot.h"
#include "raft/snapshot_reader.h"

namespace moldau::broker {
namespace {

constexpr std::uint64_t snapshot_bytes_max = std::uint64_t{4} << 30;
constexpr std::uint64_t quorum_state_bytes_max = 1 << 20;

/// Kafka's settings of the metadata log (facts §4.1): retention is by snapshot only.
std::shared_ptr<const storage::LogConfig> metadata_log_config(const StaticConfig& properties) {
  auto config = std::make_shared<storage::LogConfig>();
  config->segment_bytes = properties.integer("metadata.log.segment.bytes");
  config->segment_ms = properties.integer("metadata.log.segment.ms");
  config->cleanup_delete = false;
  config->retention_ms = storage::unlimited;
  config->retention_bytes = storage::unlimited;
  return config;
}

raft::Config raft_config(const BrokerConfig& config, Uuid directory_id) {
  const auto voter = self_voter(config, directory_id);
  return {.self = voter.key,
          .listeners = voter.endpoints,
          .snapshot_bytes = static_cast<std::uint64_t>(
              config.properties.integer("metadata.log.max.record.bytes.between.snapshots")),
          .snapshot_interval =
              milliseconds(config.properties.integer("metadata.log.max.snapshot.interval.ms"))};
}

}  // namespace

MetadataLog::MetadataLog(env::Env& env, storage::LogDir& dir, std::shared_ptr<env::Signal> progress)
    : env_(env),
      dir_(dir),
      progress_(std::move(progress)),
      directory_(fmt::format("{}/{}", dir.path(), metadata_directory)) {}

env::Task<Result<std::shared_ptr<MetadataLog>>> MetadataLog::open(
    env::Env& env, const BrokerConfig& config, storage::LogDir& dir, Uuid directory_id,
    std::shared_ptr<env::Signal> progress) {
  std::shared_ptr<MetadataLog> opened(new MetadataLog(env, dir, progress));
  const auto log_config = metadata_log_config(config.properties);
  auto open_log = [&] { return opened->open_log(log_config); };
  CO_TRY(co_await env::run_on(dir.pool(), env::IoClass::background, progress->home(), open_log));
  raft::LogState state;
  auto load = [&] { return opened->load_snapshot(state); };
  CO_TRY(co_await env::run_on(dir.pool(), env::IoClass::background, progress->home(), load));
  CO_TRY(co_await opened->replay_log(state));
  auto election = CO_TRY(opened->read_election());
  opened->raft_ = CO_TRY(raft::Raft::make(raft_config(config, directory_id), election,
                                          std::move(state), env.clock().now()));
  opened->log_->set_listener(opened);
  co_return opened;
}

Result<> MetadataLog::open_log(std::shared_ptr<const storage::LogConfig> config) {
  const storage::TopicPartition name{std::string(metadata_topic), PartitionId(0)};
  const storage::KnownLog known{
      .name = name, .topic_id = cluster_metadata_topic_id, .config = std::move(config)};
  auto loaded = dir_.load_one(known);
  if (loaded) {
    log_ = std::move(*loaded);
    return {};
  }
  if (loaded.error().code != Errc::not_found) return std::unexpected(std::move(loaded).error());
  log_ = TRY(dir_.create({&known, 1})).front();
  return {};
}

/// The newest snapshot that is whole counts; an older one, and the log from there, would do too,
/// but a damaged newest one is damage that somebody must look at.
Result<> MetadataLog::load_snapshot(raft::LogState& state) {
  std::optional<raft::OffsetAndEpoch> newest;
  for (const auto& entry : TRY(env_.disk().list(directory_))) {
    const auto id = raft::parse_snapshot_file_name(entry.name);
    if (id && (!newest || *newest < *id)) newest = id;
    if (entry.name.ends_with(raft::partial_snapshot_suffix) ||
        entry.name.ends_with(raft::deleted_snapshot_suffix)) {
      TRY(env_.disk().remove_file(path(entry.name)));
    }
  }
  if (!newest) return {};
  const auto file_name = raft::snapshot_file_name(*newest);
  const auto bytes = TRY(env::read_file(env_.disk(), path(file_name), snapshot_bytes_max));
  metadata::SnapshotLoader loader;
  auto read = raft::read_snapshot(
      *newest, bytes, [&](const records::BatchView& batch) { return loader.add_batch(batch); });
  if (!read) return std::unexpected(std::move(read).error().within(path(file_name)));
  const auto& contents = *read;
  state.load_snapshot(contents);
  if (*newest == raft::bootstrap_snapshot_id) return {};
  snapshot_image_ = loader.finish({.offset = newest->offset - 1,
                                   .epoch = newest->epoch,
                                   .timestamp = contents.last_contained_log_timestamp});
  replay_start_ = newest->offset;
  return {};
}

env::Task<Result<>> MetadataLog::replay_log(raft::LogState& state) {
  while (true) {
    const Offset from = state.end().offset;
    auto read = [&] { return read_some(from); };
    const auto bytes = CO_TRY(
        co_await env::run_on(dir_.pool(), env::IoClass::background, progress_->home(), read));
    records::BatchIterator batches(bytes.bytes());
    while (const auto batch = batches.next()) {
      if (batch->next_offset() <= from) continue;
      CO_TRY(check_intact(*batch));
      CO_TRY(state.append(*batch));
    }
    CO_TRY(Result<>(batches.status()));
    if (state.end().offset == from) co_return Result<>();
  }
}

/// A log that was stopped cleanly is not read by recovery: here is the first look at its checksums.
Result<> MetadataLog::check_intact(const records::BatchView& batch) const {
  auto intact = batch.verify_crc();
  if (!intact) return std::unexpected(std::move(intact).error().within(directory_));
  return intact;
}

Result<SharedBytes> MetadataLog::read_some(Offset from) {
  const auto positions = log_->positions();
  if (from >= positions.written_end) return SharedBytes();
  const auto plan = TRY(log_->read({.from = from,
                                    .limit = positions.written_end,
                                    .max_bytes = raft::batch_bytes_max,
                                    .minimum = storage::ReadMinimum::first_batch_at_least,
                                    .mode = storage::ReadMode::blocking}));
  if (plan.status != storage::ReadStatus::ok || plan.file == nullptr) {
    return fail(Errc::corrupt, fmt::format("metadata log: offset {} is not in the log, which "
                                           "starts at {}",
                                           from, positions.log_start));
  }
  Block block(plan.length);
  const auto size = TRY(plan.file->pread(block.bytes(), plan.position));
  return SharedBytes(std::move(block)).slice(0, size);
}

Result<std::optional<raft::ElectionState>> MetadataLog::read_election() {
  const auto bytes =
      env::read_file(env_.disk(), path(raft::quorum_state_file_name), quorum_state_bytes_max);
  if (!bytes && bytes.error().code == Errc::not_found) return std::nullopt;
  if (!bytes) return std::unexpected(bytes.error());
  return TRY(raft::decode_quorum_state(as_text(*bytes)));
}

env::Task<Result<>> MetadataLog::perform(const raft::Ready& ready) {
  if (ready.election_state) {
    const std::string text =
        raft::encode_quorum_state(*ready.election_state, raft_->kraft_version(), raft_->voters());
    auto write = [&] {
      return env::replace_file(env_.disk(), path(raft::quorum_state_file_name), as_bytes(text));
    };
    CO_TRY(co_await env::run_on(dir_.pool(), env::IoClass::flush, progress_->home(), write));
  }
  if (!ready.append.empty()) CO_TRY(write_uncommitted());
  if (ready.delete_before) {
    const Offset offset = *ready.delete_before;
    auto remove = [&] {
      const auto deleted = delete_before(offset);
      if (!deleted) {  // goes with the next
        env_.log().warn("old metadata stays error=\"{}\"", deleted.error().to_string());
      }
    };
    co_await env::run_on(dir_.pool(), env::IoClass::background, progress_->home(), remove);
  }
  co_return Result<>();
}

Result<> MetadataLog::write_uncommitted() {
  const Offset end = log_->assigned_end();
  for (const auto& batch : raft_->uncommitted()) {
    if (batch.base_offset < end) continue;
    auto appended = log_->append_as_follower(batch.bytes, storage::Gap::refused);
    if (!appended && appended.error().code == Errc::unavailable) return {};
    TRY(std::move(appended));
  }
  return {};
}

env::Task<Result<>> MetadataLog::visit_committed(
    const raft::Committed& committed,
    const std::function<Result<>(const records::BatchView&)>& visit) {
  Offset from = committed.begin;
  const Offset in_memory =
      committed.batches.empty() ? committed.end : committed.batches.front().base_offset;
  while (from < in_memory) {
    auto read = [&] { return read_some(from); };
    const auto bytes = CO_TRY(
        co_await env::run_on(dir_.pool(), env::IoClass::background, progress_->home(), read));
    records::BatchIterator batches(bytes.bytes());
    const Offset before = from;
    while (const auto batch = batches.next()) {
      if (batch->next_offset() <= from || batch->base_offset() >= in_memory) continue;
      CO_TRY(check_intact(*batch));
      CO_TRY(visit(*batch));
      from = batch->next_offset();
    }
    if (from == before) {
      co_return fail(Errc::corrupt, fmt::format("metadata log: nothing readable at {}", from));
    }
  }
  for (const auto& batch : committed.batches) {
    CO_TRY(visit(CO_TRY(records::BatchView::parse(batch.bytes.bytes()))));
  }
  co_return Result<>();
}

env::Task<Result<>> MetadataLog::store_snapshot(metadata::ImagePtr image,
                                                raft::SnapshotOptions options) {
  const std::string name = raft::snapshot_file_name(options.id);
  auto write = [&]() -> Result<> {
    const std::string partial = path(name) + std::string(raft::partial_snapshot_suffix);
    const auto file = TRY(env_.disk().open(partial, env::OpenMode::create));
    TRY(file->truncate(0));
    std::uint64_t position = 0;
    auto put = [&](const SharedBytes& piece) -> Result<> {
      const Bytes bytes = piece.bytes();
      TRY(file->pwritev({&bytes, 1}, position));
      position += bytes.size();
      return {};
    };
    raft::SnapshotWriter writer(options, env_.clock().wall());
    TRY(put(writer.header()));
    TRY(metadata::write_snapshot(*image, [&](const metadata::Record& record) -> Result<> {
      const auto value = TRY(metadata::encode_record(record));
      if (const auto batch = TRY(writer.append(value.bytes()))) TRY(put(*batch));
      return {};
    }));
    for (const auto& piece : writer.finish()) TRY(put(piece));
    TRY(synced(file->datasync()));
    TRY(env_.disk().rename(partial, path(name)));
    return synced(env_.disk().sync_directory(directory_));
  };
  co_return co_await env::run_on(dir_.pool(), env::IoClass::background, progress_->home(), write);
}

/// The log and its snapshots; that of formatting stays: Apache keeps it too.
Result<> MetadataLog::delete_before(Offset offset) {
  TRY(log_->delete_below(offset));
  for (const auto& entry : TRY(env_.disk().list(directory_))) {
    const auto id = raft::parse_snapshot_file_name(entry.name);
    if (!id || id->offset >= offset || *id == raft::bootstrap_snapshot_id) continue;
    TRY(env_.disk().remove_file(path(entry.name)));
  }
  return synced(env_.disk().sync_directory(directory_));
}

/// A sync that fails is the end of its directory, here as in the logs (docs/append.md, step 6).
Result<> MetadataLog::synced(Result<> outcome) {
  if (!outcome && outcome.error().code != Errc::cancelled) dir_.take_offline(outcome.error());
  return outcome;
}

std::string MetadataLog::path(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

void MetadataLog::on_limit(storage::Log& log, storage::Wakeups& wakeups) {
  log.advance_high_watermark(log.positions().limit, wakeups);
  wakeups.add(progress_->home(), [self = shared_from_this()] { self->progress_->notify(); });
}

void MetadataLog::on_offline(storage::Log&, const Error&, storage::Wakeups& wakeups) {
  wakeups.add(progress_->home(), [self = shared_from_this()] { self->progress_->notify(); });
}

void MetadataLog::on_repaired(storage::Log&, storage::Wakeups& wakeups) {
  wakeups.add(progress_->home(), [self = shared_from_this()] { self->progress_->notify(); });
}

}  // namespace moldau::broker
