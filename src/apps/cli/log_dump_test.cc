#include "apps/cli/log_dump.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "env/real/real_disk.h"
#include "protocol/records/group_records.h"
#include "protocol/records/metadata_record.h"
#include "protocol/versioned.h"
#include "records/builder.h"
#include "records/control.h"
#include "storage/index_format.h"

namespace moldau::apps {
namespace {

class LogDump : public testing::Test {
 protected:
  LogDump() {
    std::string name = std::filesystem::temp_directory_path() / "moldau-dump-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  ~LogDump() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, Bytes bytes) {
    ASSERT_TRUE(env::replace_file(disk_, directory_ + "/" + name, bytes));
  }

  struct Dump {
    std::vector<std::string> lines;
    std::uint64_t problems{0};
    std::string error;
  };
  Dump dump(const std::string& name, DumpOptions options = {}) {
    Dump result;
    const auto done = dump_file(disk_, directory_ + "/" + name, options,
                                [&](std::string_view line) { result.lines.emplace_back(line); });
    if (done) {
      result.problems = done->problems;
    } else {
      result.error = done.error().to_string();
    }
    return result;
  }

  /// Lines of a segment in the directory of that topic.
  std::vector<std::string> dump_topic(const std::string& directory, Bytes bytes,
                                      Format format = Format::table) {
    std::filesystem::create_directories(directory_ + "/" + directory);
    write(directory + "/" + "00000000000000000000.log", bytes);
    return dump(directory + "/" + "00000000000000000000.log",
                {.depth = DumpOptions::Depth::records, .format = format})
        .lines;
  }

  static std::vector<std::uint8_t> batch(std::int64_t base_offset) {
    records::BatchBuilder builder({.base_offset = Offset(base_offset),
                                   .leader_epoch = LeaderEpoch(3),
                                   .producer_id = ProducerId(7),
                                   .producer_epoch = ProducerEpoch(0),
                                   .base_sequence = 0});
    const records::Header header{.key = "h", .value = as_bytes("x")};
    builder.append({.timestamp = 1000,
                    .key = as_bytes("k"),
                    .value = as_bytes("one"),
                    .headers = {&header, 1}});
    builder.append({.timestamp = 1001, .value = as_bytes("\xff")});
    const auto bytes = std::move(builder).build();
    return {bytes.bytes().begin(), bytes.bytes().end()};
  }

  env::RealDisk disk_;
  std::string directory_;
};

const std::string segment = "00000000000000000005.log";

TEST_F(LogDump, a_damaged_batch_is_told_and_the_next_one_is_still_read) {
  auto bytes = batch(5);
  bytes.back() ^= 1;
  const auto second = batch(7);
  bytes.insert(bytes.end(), second.begin(), second.end());
  write(segment, bytes);
  const auto result = dump(segment);
  EXPECT_EQ(result.problems, 1u);
  ASSERT_EQ(result.lines.size(), 3u);
  EXPECT_TRUE(result.lines[1].starts_with("BAD position=0 corrupt")) << result.lines[1];
  EXPECT_NE(result.lines[2].find("base_offset=7 last_offset=8 count=2"), std::string::npos);
}

TEST_F(LogDump, a_torn_tail_is_told_with_its_size) {
  auto bytes = batch(5);
  bytes.pop_back();
  write(segment, bytes);
  const auto result = dump(segment);
  EXPECT_EQ(result.problems, 1u);
  ASSERT_FALSE(result.lines.empty());
  EXPECT_TRUE(result.lines.back().starts_with("BAD position=0 truncated")) << result.lines.back();
}

TEST_F(LogDump, offsets_that_go_back_are_told) {
  auto bytes = batch(5);
  const auto again = batch(6);
  bytes.insert(bytes.end(), again.begin(), again.end());
  write(segment, bytes);
  EXPECT_EQ(dump(segment).problems, 1u);
}

TEST_F(LogDump, records_are_printed_if_asked_for) {
  write(segment, batch(5));
  const auto result = dump(segment, {.depth = DumpOptions::Depth::records});
  EXPECT_EQ(result.problems, 0u);
  ASSERT_EQ(result.lines.size(), 3u);
  EXPECT_NE(result.lines[0].find("leader_epoch=3"), std::string::npos);
  EXPECT_NE(result.lines[0].find("producer_id=7 producer_epoch=0 base_sequence=0"),
            std::string::npos);
  EXPECT_EQ(result.lines[1], R"(  offset=5 timestamp=1000 key="k" value="one" header="h":"x")");
  EXPECT_EQ(result.lines[2], R"(  offset=6 timestamp=1001 key=null value={"base64":"/w=="})");
}

TEST_F(LogDump, index_offsets_are_absolute_and_damage_is_told) {
  const std::vector<storage::OffsetIndexEntry> entries{{10, 4096}, {20, 9000}};
  write("00000000000000000100.index", storage::format_index(entries));
  EXPECT_EQ(dump("00000000000000000100.index").lines,
            (std::vector<std::string>{"offset=110 position=4096", "offset=120 position=9000"}));
  const std::uint8_t odd[] = {1, 2, 3};
  write("00000000000000000100.index", odd);
  EXPECT_EQ(dump("00000000000000000100.index").problems, 1u);
}

TEST_F(LogDump, checkpoints_are_printed_line_by_line) {
  write("recovery-point-offset-checkpoint", as_bytes("0\n2\na-b 0 5\nc 12 99\n"));
  EXPECT_EQ(dump("recovery-point-offset-checkpoint").lines,
            (std::vector<std::string>{"partition=a-b-0 offset=5", "partition=c-12 offset=99"}));
  write("leader-epoch-checkpoint", as_bytes("0\n1\n4 100\n"));
  EXPECT_EQ(dump("leader-epoch-checkpoint").lines,
            std::vector<std::string>{"epoch=4 start_offset=100"});
}

TEST_F(LogDump, a_name_in_a_checkpoint_can_not_command_a_terminal) {
  const std::string name = "recovery-point-offset-checkpoint";
  write(name, as_bytes("0\n1\na\x1b[2J 0 5\n"));
  EXPECT_EQ(dump(name).lines, std::vector<std::string>{R"(partition="a\u001b[2J-0" offset=5)"});
  write(name, as_bytes("0\n1\na\x1b[2J\n"));
  const auto bad = dump(name);
  EXPECT_EQ(bad.problems, 1u);
  EXPECT_EQ(bad.lines, std::vector<std::string>{R"(BAD "corrupt: checkpoint line 'a\u001b[2J'")"});
}

TEST_F(LogDump, what_is_no_log_file_is_refused_with_what_could_be_given) {
  write("notes.txt", as_bytes("hello"));
  EXPECT_NE(dump("notes.txt").error.find("Name a .log"), std::string::npos);
  EXPECT_TRUE(dump("00000000000000000000.log").error.starts_with("not_found"));
}

SharedBytes batch_of(std::optional<Bytes> key, std::optional<Bytes> value,
                     records::BatchKind kind = records::BatchKind::data) {
  records::BatchBuilder builder({.base_offset = Offset(0), .kind = kind});
  builder.append({.timestamp = 1000, .key = key, .value = value});
  return std::move(builder).build();
}

TEST_F(LogDump, a_committed_offset_is_printed_as_what_it_is_and_a_tombstone_too) {
  const auto key = *protocol::encode_record_key(
      protocol::OffsetCommitKey{.group = "g", .topic = "t", .partition = PartitionId(3)});
  protocol::OffsetCommitValue value;
  value.offset = Offset(42);
  const auto encoded = *protocol::encode_versioned(value, 3);
  const auto bytes = batch_of(key.bytes(), encoded.bytes());
  EXPECT_EQ(dump_topic("__consumer_offsets-7", bytes.bytes()).at(1),
            R"(  offset=0 timestamp=1000 record={"type":"OffsetCommit","key":{"group":"g",)"
            R"("topic":"t","partition":3},"version":3,"value":{"offset":42,"leaderEpoch":-1,)"
            R"("metadata":"","commitTimestamp":0}})");
  EXPECT_EQ(dump_topic("__consumer_offsets-8", batch_of(key.bytes(), std::nullopt).bytes()).at(1),
            R"(  offset=0 timestamp=1000 record={"type":"OffsetCommit","key":{"group":"g",)"
            R"("topic":"t","partition":3},"value":null})");
  EXPECT_NE(dump_topic("my__consumer_offsets-7", bytes.bytes()).at(1).find(" key="),
            std::string::npos);
}

SharedBytes metadata_batch(const protocol::MetadataRecord& record) {
  const auto value = *protocol::encode_metadata_record(record, 0);
  return batch_of(std::nullopt, value.bytes());
}

protocol::UserScramCredentialRecord scram_record() {
  return {.name = "alice",
          .mechanism = 1,
          .salt = SharedBytes::copy(as_bytes("SALT")),
          .stored_key = SharedBytes::copy(as_bytes("STORED")),
          .server_key = SharedBytes::copy(as_bytes("SERVER")),
          .iterations = 4096};
}

protocol::ConfigRecord config_record(std::string_view name, std::string_view value) {
  return {.resource_type = 4,
          .resource_name = "1",
          .name = Text::copy(name),
          .value = Text::copy(value)};
}

TEST_F(LogDump, credentials_are_hidden_also_in_a_copy_of_the_metadata_log) {
  const std::string hidden = R"(  offset=0 timestamp=1000 key=null value="[hidden]")";
  EXPECT_EQ(dump_topic("t-0", metadata_batch(scram_record()).bytes()).at(1), hidden);
  const auto password = metadata_batch(config_record("ssl.keystore.password", "PASSWORD"));
  EXPECT_EQ(dump_topic("t-0", password.bytes()).at(1), hidden);
  const auto copy = "t-0/00000000000000000000.log";
  DumpOptions options{.depth = DumpOptions::Depth::records, .secrets = protocol::Secrets::shown};
  EXPECT_TRUE(dump(copy, options).lines.at(1).contains("PASSWORD"));
  const auto harmless = metadata_batch(config_record("retention.ms", "77777"));
  EXPECT_TRUE(dump_topic("t-0", harmless.bytes()).at(1).contains("77777"));
}

TEST_F(LogDump, scram_keys_of_the_metadata_log_are_hidden_unless_they_are_asked_for) {
  write("bootstrap.checkpoint", metadata_batch(scram_record()).bytes());
  DumpOptions options{.depth = DumpOptions::Depth::records};
  const auto hidden = dump("bootstrap.checkpoint", options).lines.at(1);
  EXPECT_TRUE(hidden.contains(R"("name":"alice")")) << hidden;
  EXPECT_TRUE(hidden.contains(R"("salt":"[hidden]")")) << hidden;
  EXPECT_FALSE(hidden.contains("U0FMVA")) << hidden;
  options.secrets = protocol::Secrets::shown;
  EXPECT_TRUE(dump("bootstrap.checkpoint", options).lines.at(1).contains("U0FMVA"));
}

TEST_F(LogDump, a_control_record_says_what_it_ends) {
  const auto key = records::control_key(records::ControlType::abort);
  const auto value = records::EndTxnMarker{.coordinator_epoch = 2}.encode();
  const auto bytes = batch_of(Bytes(key), Bytes(value), records::BatchKind::control);
  EXPECT_EQ(dump_topic("orders-0", bytes.bytes()).at(1),
            R"(  offset=0 timestamp=1000 record={"type":"Abort","version":0,)"
            R"("value":{"coordinatorEpoch":2}})");
}

TEST_F(LogDump, a_record_of_an_unknown_type_is_no_damage_and_a_broken_one_is) {
  const std::uint8_t unknown[] = {0, 99, 1};
  const std::uint8_t broken[] = {0};
  DumpOptions options{.depth = DumpOptions::Depth::records, .topic = "__consumer_offsets"};
  write(segment, batch_of(Bytes(unknown), std::nullopt).bytes());
  EXPECT_EQ(dump(segment, options).problems, 0u);
  EXPECT_TRUE(dump(segment, options).lines.at(1).contains("error=\"unsupported"));
  write(segment, batch_of(Bytes(broken), std::nullopt).bytes());
  EXPECT_EQ(dump(segment, options).problems, 1u);
}

TEST_F(LogDump, json_has_an_object_a_line) {
  write(segment, batch(5));
  DumpOptions options{.depth = DumpOptions::Depth::records, .format = Format::json};
  const auto lines = dump(segment, options).lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with(R"({"kind":"batch","position":0,"size":)")) << lines[0];
  EXPECT_EQ(lines[1], R"({"kind":"record","offset":5,"timestamp":1000,"key":"k","value":"one",)"
                      R"("headers":[{"name":"h","value":"x"}]})");
  options.file_label = "a file";
  write("leader-epoch-checkpoint", as_bytes("0\n1\n4 100\n"));
  EXPECT_EQ(dump("leader-epoch-checkpoint", options).lines.at(0),
            R"({"file":"a file","kind":"leaderEpoch","epoch":4,"startOffset":100})");
  auto damaged = batch(5);
  damaged.back() ^= 1;
  write(segment, damaged);
  EXPECT_TRUE(
      dump(segment, options).lines.back().contains(R"("kind":"bad","position":0,"error":)"));
}

}  // namespace
}  // namespace moldau::apps
