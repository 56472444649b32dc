"""The bugs to plant: each is a list of (file, text, replacement). The text must be in the file exactly
once, so that a patch that no longer fits is noticed. `otherwise` names the test that finds what no
seed shows in the time there is, as (ctest's executable, filter), or as ("power cuts", arguments of
tests/powercut/broker_power_cut_test.py)."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Bug:
    name: str
    what: str
    patches: tuple
    otherwise: tuple = ()


def _bug(name, what, *patches, otherwise=()):
    return Bug(name, what, patches, otherwise)


BUGS = [
    _bug("ack-before-flush", "what is written counts as durable",
         ("src/storage/flush.cc",
          "return config->durability == Durability::page_cache ? written.offset : durable.offset;",
          "return written.offset;"),
         ("src/storage/write.cc", "page_cache = config->durability == Durability::page_cache;",
          "page_cache = true;"),
         ("src/storage/write.cc", "if (!page_cache || taken.front().roll_before != nullptr)",
          "if (!taken.empty())")),
    _bug("target-taken-after-the-sync", "durable_end is what was written when the round ended",
         ("src/storage/flush.cc",
          "    if (item.target.offset > durable.offset) {\n      durable = item.target;",
          "    if (written.offset > durable.offset) {\n      durable = written;")),
    _bug("written-before-data", "written_end is published before the write",
         ("src/storage/write.cc", "    TRY(write_items(*file, active->size(), taken));",
          "    {\n      env::Lock lock(mutex);\n"
          "      written.offset = taken.back().header.next_offset();\n      publish();\n    }\n"
          "    TRY(write_items(*file, active->size(), taken));")),
    _bug("index-points-behind", "index entries point to the end of their batch",
         ("src/storage/segment.cc", "static_cast<std::int32_t>(position)});",
          "static_cast<std::int32_t>(position + batch.size)});")),
    _bug("repair-does-not-cut", "a failed append leaves its bytes in the file",
         ("src/storage/repair.cc", "  TRY(file->truncate(cursor.position));\n", ""),
         otherwise=("storage_test", "*ppend*")),
    _bug("repair-forgets-producers", "a failed append stays in the producers' state",
         ("src/storage/repair.cc", "  producers = std::move(rebuilt);\n", ""),
         otherwise=("storage_test", "Append.*")),
    _bug("offsets-lost-in-failure", "the offsets of a failed append are not given again",
         ("src/storage/repair.cc",
          "      assigned_end = written.offset;\n      planned = actual;\n      fail_waiters(written",
          "      planned = actual;\n      fail_waiters(written"),
         otherwise=("storage_test", "Append.*")),
    _bug("duplicate-does-not-wait", "a duplicate is answered when its original is written",
         ("src/storage/append.cc",
          "  const auto reached = request.wait_for == WaitFor::limit ? limit() : high_watermark;",
          "  const auto reached = written.offset;"),
         otherwise=("storage_test", "*duplicate*")),
    _bug("duplicates-are-appended", "a retry with a known sequence number is not recognised",
         ("src/storage/producer_state.cc", "        return {SequenceVerdict::duplicate, kept};",
          "        return {SequenceVerdict::accept};")),
    _bug("marker-kept", ".kafka_cleanshutdown is not unlinked before the first append",
         ("src/storage/log_dir.cc",
          "    TRY(disk().remove_file(in_root(clean_shutdown_file)));\n", "")),
    _bug("marker-unlink-not-synced", "the unlinking of the marker is not synced",
         ("src/storage/log_dir.cc",
          "  TRY(disk().sync_directory(options.path));\n  note_free_space();", "  note_free_space();"),
         otherwise=("storage_test", "Recovery.marker*")),
    _bug("marker-before-sync", "the marker is written without a sync of the logs",
         ("src/storage/close.cc",
          "auto synced = sync_all(disk(), file_system(), options.flush_strategy, items);",
          "static_cast<void>(items);\n  auto synced = Result<>();"),
         otherwise=("storage_test", "Recovery.clean_stop*")),
    _bug("directory-not-synced-at-create", "the name of a new partition's directory is not synced",
         ("src/storage/log_dir.cc", "    made.back().dirty.directory = true;\n", "")),
    _bug("new-segment-not-synced", "the name of a new segment is not synced",
         ("src/storage/write.cc",
          "  dirty.files.insert(dirty.files.begin(), made.files.begin(), made.files.end());\n"
          "  dirty.directory = true;",
          "  dirty.files.insert(dirty.files.begin(), made.files.begin(), made.files.end());")),
    _bug("recovery-point-ahead", "the recovery point is what was written",
         ("src/storage/checkpointing.cc",
          "                           ? std::min(state.durable.offset, *state.epochs_unsaved_from)\n"
          "                           : state.durable.offset;",
          "                           ? std::min(state.written.offset, *state.epochs_unsaved_from)\n"
          "                           : state.written.offset;")),
    _bug("crc-not-checked", "recovery takes batches without looking at their CRC",
         ("src/storage/directory_scan.cc", "    TRY(view.verify_crc());\n",
          "    static_cast<void>(view);\n"),
         otherwise=("storage_test", "Recovery.flipped*")),
    _bug("recovery-forgets-producers", "recovery does not rebuild the producers' state",
         ("src/storage/recovery.cc",
          "  const auto completed = TRY(replay_producer(log_.producers, header, scanner, now_));",
          "  static_cast<void>(scanner);\n  const std::optional<CompletedTxn> completed;")),
    _bug("recovery-not-synced", "recovered bytes are served before they are synced",
         ("src/storage/log_dir_load.cc",
          "    return sync_all(state.disk(), state.file_system(), state.options.flush_strategy, "
          "recovered);", "    static_cast<void>(state);\n    static_cast<void>(recovered);\n"
          "    return Result<>();")),
    _bug("high-watermark-is-written-end", "the high watermark runs ahead of what is durable",
         ("src/replication/leader.cc", "  Offset least = ends.limit;",
          "  Offset least = ends.written_end;"),
         ("src/storage/log.cc",
          "  const auto reachable = std::min(high_watermark, state_->limit());",
          "  const auto reachable = std::min(high_watermark, state_->written.offset);"),
         otherwise=("storage_test", "Append.high_watermark*")),
    _bug("fetch-above-high-watermark", "consumers read up to the log's end",
         ("src/broker/fetch.cc", "      return positions.high_watermark;\n    case FetchIsolation::tr",
          "      return positions.written_end;\n    case FetchIsolation::tr")),
    _bug("fetches-not-woken", "a long poll is not told of new records",
         ("src/broker/partition.cc", "  if (advance(wakeups)) wake_fetches(wakeups);",
          "  static_cast<void>(advance(wakeups));"),
         otherwise=("broker_test", "*long_poll*")),
    _bug("failed-sync-retried", "a failed fdatasync is tried again, and that one succeeds",
         ("src/storage/flusher.cc", "  auto result = round->files[index]->datasync();",
          "  auto result = round->files[index]->datasync();\n"
          "  if (!result) result = round->files[index]->datasync();")),
    _bug("quarantine-cuts", "damage below the recovery point is cut like a torn tail",
         ("src/storage/recovery.cc", "  if (short_of_point) {", "  if (short_of_point && last && !last) {"),
         otherwise=("storage_test", "*ecovery*")),
    _bug("metadata-answered-before-commit", "the controller answers before its records are durable",
         ("src/broker/controller_driver.cc",
          "  while (!parked_.empty() && parked_.front().end <= applied_end_) {",
          "  while (!parked_.empty()) {")),
    _bug("quorum-state-not-synced", "quorum-state is overwritten in place and not synced",
         ("src/broker/metadata_log.cc",
          "    auto write = [&] {\n"
          "      return env::replace_file(env_.disk(), path(raft::quorum_state_file_name), "
          "as_bytes(text));\n    };",
          "    auto write = [&]() -> Result<> {\n"
          "      const auto file = TRY(env_.disk().open(path(raft::quorum_state_file_name),\n"
          "                                             env::OpenMode::create));\n"
          "      TRY(file->truncate(0));\n      const Bytes bytes = as_bytes(text);\n"
          "      return file->pwritev({&bytes, 1}, 0);\n    };")),
    _bug("snapshot-not-synced", "a metadata snapshot is renamed before its bytes are durable",
         ("src/broker/metadata_log.cc", "    TRY(file->datasync());\n", ""),
         otherwise=("power cuts", "--rounds 25 --flush-strategy fdatasync")),
    _bug("epoch-bump-lost", "a producer's new epoch is not remembered",
         ("src/storage/producer_state.cc", "  epoch = new_epoch;\n", "  static_cast<void>(new_epoch);\n")),
    _bug("replace-without-sync", "small files are renamed before their bytes are durable",
         ("src/env/disk.cc", "    TRY(file->datasync());\n", "")),
    _bug("no-next-round", "a log that is written during a round is not flushed again",
         ("src/storage/flusher.cc", "    sleeps = dirty_.empty() || dir_.is_offline();",
          "    sleeps = true;")),
    _bug("group-answered-before-commit", "a coordinator answers before its records are committed",
         ("src/broker/coordinator_shard.cc", "  if (committed_ >= end_) {\n    ready.push_back",
          "  if (end_ >= Offset(0)) {\n    ready.push_back")),
    _bug("offset-fetch-does-not-wait", "what reads a coordinator's state is answered at once",
         ("src/broker/coordinator_shard.h",
          "        operation.reply = std::move(*step.reply);\n        settle(std::move(shared), ready);",
          "        operation.reply = std::move(*step.reply);\n"
          "        if (step.records.empty()) {\n          ready.push_back(std::move(shared));\n"
          "        } else {\n          settle(std::move(shared), ready);\n        }")),
    _bug("failed-group-append-answered", "a coordinator takes a failed append for a commit",
         ("src/broker/coordinator_shard.cc",
          "    if (outcome == storage::AppendOutcome::failed) {\n      throw_away",
          "    if (generation > generation_) {\n      throw_away")),
    _bug("load-takes-one-record-a-batch", "a coordinator's load forgets all of a batch but its first",
         ("src/broker/coordinator_shard.cc", "      TRY(load_record(*record.key, record.value));\n",
          "      return load_record(*record.key, record.value);\n")),
    _bug("load-ignores-offset-tombstones", "a deleted offset is back after a restart",
         ("src/coordinator/group/groups.cc",
          "      state_->offsets.erase(offset->group, offset->topic, offset->partition);",
          "      if (!state_->is_loaded) return true;\n"
          "      state_->offsets.erase(offset->group, offset->topic, offset->partition);")),
    _bug("load-forgets-generation", "a group begins with generation 1 again after a restart",
         ("src/coordinator/group/classic_group.cc", "  group->generation_ = value.generation;\n", "")),
    _bug("commit-of-any-generation", "a member's commit is taken whatever its generation",
         ("src/coordinator/group/heartbeat_leave.cc",
          "  if (generation != generation_) return ErrorCode::illegal_generation;\n", "")),
    _bug("replaced-member-commits", "a static member's id stays valid when another has replaced it",
         ("src/coordinator/group/classic_group.cc",
          "    if (*known != member_id) return ErrorCode::fenced_instance_id;",
          "    if (*known != member_id) return ErrorCode::none;"),
         ("src/coordinator/group/heartbeat_leave.cc",
          "  set_session(*find(request.member_id), context.now);\n  return ErrorCode::none;",
          "  if (auto* member = find(request.member_id)) set_session(*member, context.now);\n"
          "  return ErrorCode::none;")),
    _bug("followers-do-not-wait", "a follower is told its assignment before the leader has spoken",
         ("src/coordinator/group/sync.cc",
          "  if (state_ == GroupState::stable) return assigned(member);",
          "  if (state_ == GroupState::stable || !is_leader(member)) return assigned(member);")),
    _bug("group-deadlines-slept-over", "a coordinator does not wake up for an earlier deadline",
         ("src/broker/coordinator_shard.cc",
          "  return state_ != State::active || machine_deadline().value_or(MonoTime::max()) < armed_;",
          "  return state_ != State::active;")),
    _bug("offset-tombstones-by-name", "a deleted topic takes offsets of another one of its name along",
         ("src/coordinator/group/groups_offsets.cc",
          "        if (!is_of_topic(committed, topic_id)) continue;\n",
          "        static_cast<void>(topic_id);\n        static_cast<void>(committed);\n"),
         otherwise=("coordinator_test", "*cenario*")),
]
