#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/scenario_test.h"
#include "protocol/codec.h"
#include "raft/control_records.h"
#include "raft/raft.h"
#include "raft/snapshot_reader.h"

/// testdata/*.txt: stories of one node, its disk and its crashes. Commands:
///   format [kraft-version=1] [voters=1] [bootstrap-snapshot=no]   an empty, formatted directory
///   boot [self=1] [listener-port=9093] [batch-max=N]   reads the disk, makes the machine, starts
///   it ready          takes a Ready and does its duties, but flushes nothing flush [to=N]   the
///   log is durable to N (its end), and the machine is told crash          what was not flushed is
///   gone, and the machine append values=N [size=10] [split] resign, state, describe [topic=...]
///   time ms=N      the clock moves to N
///   wants-snapshot; begin-snapshot offset=N epoch=N; snapshot-stored; snapshot-failed
///   set-quorum-state epoch=N leader=N voted=N; delete-quorum-state
namespace moldau::raft {
namespace {

const Uuid directory = *Uuid::parse("be0r1OWIRPehIPxiUmiWTw");

std::string describe(const ControlRecord& record) {
  if (const auto* change = std::get_if<protocol::LeaderChangeMessage>(&record)) {
    return fmt::format("LeaderChange({})", change->leader_id);
  }
  if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
    return fmt::format("KRaftVersion({})", version->kraft_version);
  }
  if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
    std::string list;
    for (const Voter& voter : VoterSet::from_record(*voters).voters()) {
      list += fmt::format("{}{}@{}", list.empty() ? "" : ",", voter.key.id,
                          voter.endpoints.empty() ? 0 : voter.endpoints[0].port);
    }
    return fmt::format("Voters({})", list);
  }
  return "other";
}

std::string describe(const LogBatch& batch) {
  std::string text =
      fmt::format("{}..{} epoch={}", batch.base_offset, batch.last_offset, batch.epoch);
  const auto view = records::BatchView::parse(batch.bytes.bytes());
  EXPECT_TRUE(view && view->verify_crc());
  EXPECT_EQ(view->base_offset(), batch.base_offset);
  EXPECT_EQ(view->last_offset(), batch.last_offset);
  EXPECT_EQ(view->partition_leader_epoch(), batch.epoch);
  EXPECT_EQ(view->max_timestamp(), batch.timestamp);
  if (!view->is_control()) return text;
  for (const auto& [offset, record, value] : *read_control_batch(*view))
    text += " " + describe(record);
  return text;
}

std::string describe(const ElectionState& state) {
  return fmt::format("epoch={} leader={} voted={}", state.epoch, state.leader, state.voted.id);
}

class World {
 public:
  std::string run(const scenario::Command& command) {
    if (command.name == "format") return format(command);
    if (command.name == "boot") return boot(command);
    if (command.name == "time") {
      now_ = command.number("ms");
      return {};
    }
    if (command.name == "crash") {
      log_.resize(durable_batches_);
      raft_.reset();
      return {};
    }
    if (command.name == "set-quorum-state") {
      const NodeId voted(static_cast<int>(command.number("voted", -1)));
      quorum_state_ =
          encode_quorum_state({.epoch = LeaderEpoch(static_cast<int>(command.number("epoch"))),
                               .leader = NodeId(static_cast<int>(command.number("leader", -1))),
                               .voted = {voted, voted == no_node ? Uuid{} : directory}},
                              1, {});
      return {};
    }
    if (command.name == "delete-quorum-state") {
      quorum_state_.reset();
      return {};
    }
    if (!raft_) return "not booted";
    return run_booted(command);
  }

 private:
  std::string run_booted(const scenario::Command& command) {
    if (command.name == "ready") return ready();
    if (command.name == "flush") return flush(command);
    if (command.name == "append") return append(command);
    if (command.name == "resign") {
      raft_->resign();
      return {};
    }
    if (command.name == "state") {
      return fmt::format("{} {} kraft.version={} end={} durable={} hw={}", name(raft_->role()),
                         describe(raft_->election()), raft_->kraft_version(), raft_->log_end(),
                         raft_->durable_end(), raft_->high_watermark().value_or(no_offset));
    }
    if (command.name == "describe") return describe_quorum(command);
    if (command.name == "wants-snapshot") {
      const auto deadline = raft_->snapshot_deadline();
      return fmt::format("{} deadline={}", raft_->wants_snapshot(mono()),
                         deadline ? to_ms(deadline->time_since_epoch()) : -1);
    }
    if (command.name == "begin-snapshot") return begin_snapshot(command);
    if (command.name == "snapshot-stored") {
      raft_->on_snapshot_stored(mono());
      return {};
    }
    if (command.name == "snapshot-failed") {
      raft_->on_snapshot_failed(mono());
      return {};
    }
    return "unknown command";
  }

  MonoTime mono() const { return MonoTime(milliseconds(now_)); }
  WallMs wall() const { return WallMs{1'000'000 + now_}; }

  static Voter voter(int id, std::int64_t port) {
    return {.key = {NodeId(id), directory},
            .endpoints = {{"CONTROLLER", "localhost", static_cast<std::uint16_t>(port)}}};
  }

  std::string format(const scenario::Command& command) {
    std::vector<Voter> voters;
    for (const std::string& id : command.list("voters"))
      voters.push_back(voter(std::stoi(id), 9093));
    if (voters.empty()) voters.push_back(voter(1, 9093));
    kraft_version_ = static_cast<std::int16_t>(command.number("kraft-version", 1));
    voters_ = VoterSet(voters);
    snapshot_.reset();
    if (kraft_version_ == 0) return {};
    store_snapshot(*build_snapshot({.id = bootstrap_snapshot_id,
                                    .last_contained_log_timestamp = 0,
                                    .kraft_version = 1,
                                    .voters = voters_},
                                   {}, wall()),
                   bootstrap_snapshot_id);
    return {};
  }

  void store_snapshot(const std::vector<SharedBytes>& pieces, OffsetAndEpoch id) {
    std::vector<std::uint8_t> file;
    for (const SharedBytes& piece : pieces) {
      file.insert(file.end(), piece.bytes().begin(), piece.bytes().end());
    }
    snapshot_ = {id, std::move(file)};
  }

  std::string boot(const scenario::Command& command) {
    LogState state(kraft_version_ == 0 ? voters_ : VoterSet{});
    if (snapshot_) {
      const auto contents = read_snapshot(snapshot_->first, snapshot_->second,
                                          [](const records::BatchView&) { return Result<>(); });
      if (!contents) return contents.error().to_string();
      state.load_snapshot(*contents);
    }
    for (const LogBatch& batch : log_) {
      if (batch.base_offset < state.end().offset) continue;
      const auto appended = state.append(*records::BatchView::parse(batch.bytes.bytes()));
      if (!appended) return appended.error().to_string();
    }
    std::optional<ElectionState> election;
    if (quorum_state_) election = *decode_quorum_state(*quorum_state_);
    const int self = static_cast<int>(command.number("self", 1));
    Config config{.self = {NodeId(self), directory},
                  .listeners = voter(self, command.number("listener-port", 9093)).endpoints};
    config.batch_bytes_max = static_cast<std::size_t>(command.number("batch-max", batch_bytes_max));
    config.snapshot_bytes = static_cast<std::uint64_t>(command.number("snapshot-bytes", 20 << 20));
    auto raft = Raft::make(config, election, std::move(state), mono());
    if (!raft) return raft.error().to_string();
    raft_ = std::move(*raft);
    std::string text = fmt::format("{} epoch={}", name(raft_->role()), raft_->epoch());
    raft_->start(wall());
    return text;
  }

  std::string ready() {
    const Ready ready = raft_->take_ready();
    if (ready.empty()) return "nothing";
    std::string text;
    if (ready.election_state) {
      quorum_state_ = encode_quorum_state(*ready.election_state, raft_->kraft_version(), voters_);
      text += "1 quorum-state " + describe(*ready.election_state) + "\n";
    }
    for (const LogBatch& batch : ready.append) {
      log_.push_back(batch);
      text += "2 append " + describe(batch) + "\n";
    }
    if (ready.committed) {
      text += fmt::format("3 committed [{},{})", ready.committed->begin, ready.committed->end);
      for (const LogBatch& batch : ready.committed->batches) {
        text += fmt::format(" {}..{}", batch.base_offset, batch.last_offset);
      }
      text += "\n";
    }
    if (ready.active_epoch) text += fmt::format("4 active in epoch {}\n", *ready.active_epoch);
    if (ready.leadership_lost) text += "5 leadership lost\n";
    if (ready.delete_before) text += fmt::format("6 delete before {}\n", *ready.delete_before);
    return text;
  }

  std::string flush(const scenario::Command& command) {
    const Offset end(command.has("to") ? command.number("to") : raft_->log_end().value());
    durable_batches_ = 0;
    while (durable_batches_ < log_.size() && log_[durable_batches_].last_offset < end) {
      ++durable_batches_;
    }
    raft_->on_durable(end);
    return {};
  }

  std::string append(const scenario::Command& command) {
    const std::vector<std::uint8_t> value(static_cast<std::size_t>(command.number("size", 10)),
                                          'x');
    const std::vector<SharedBytes> values(static_cast<std::size_t>(command.number("values", 1)),
                                          SharedBytes::copy(value));
    const bool split = !command.words.empty() && command.words[0] == "split";
    const auto appended = raft_->append(values, split ? Split::allowed : Split::forbidden, wall());
    if (!appended) return appended.error().to_string();
    return fmt::format("{}..{}", appended->base_offset, appended->last_offset);
  }

  std::string describe_quorum(const scenario::Command& command) {
    protocol::DescribeQuorumRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = Text(command.text("topic", "__cluster_metadata"));
    topic.partitions.emplace_back();
    return protocol::to_json(raft_->describe_quorum(request, wall()), 2);
  }

  std::string begin_snapshot(const scenario::Command& command) {
    const OffsetAndEpoch id{Offset(command.number("offset")),
                            LeaderEpoch(static_cast<int>(command.number("epoch")))};
    const auto options = raft_->begin_snapshot(id, 77);
    if (!options) return options.error().to_string();
    store_snapshot(*build_snapshot(*options, {}, wall()), id);
    return fmt::format("{} kraft.version={} voters={}", snapshot_file_name(id),
                       options->kraft_version, options->voters.size());
  }

  std::int64_t now_{0};
  std::int16_t kraft_version_{1};
  VoterSet voters_;
  // The disk.
  std::optional<std::string> quorum_state_;
  std::optional<std::pair<OffsetAndEpoch, std::vector<std::uint8_t>>> snapshot_;
  std::vector<LogBatch> log_;
  std::size_t durable_batches_{0};

  std::optional<Raft> raft_;
};

TEST(RaftScenarios, do_what_their_files_say) {
  scenario::run_directory("src/raft/testdata", []() -> scenario::Handler {
    return [world = std::make_shared<World>()](const scenario::Command& command) {
      return world->run(command);
    };
  });
}

}  // namespace
}  // namespace moldau::raft
