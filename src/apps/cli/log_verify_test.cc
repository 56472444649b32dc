#include "apps/cli/log_verify.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "env/real/real_disk.h"
#include "records/builder.h"
#include "storage/index_format.h"

namespace moldau::apps {
namespace {

const std::string segment = "00000000000000000000.log";

/// A log directory with one partition of two batches, as a clean stop leaves it.
class LogVerify : public testing::Test {
 protected:
  LogVerify() {
    std::string name = std::filesystem::temp_directory_path() / "moldau-verify-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(directory_ + "/t-0");
    write("meta.properties", as_bytes("version=1\ncluster.id=c\nnode.id=1\n"));
    write("recovery-point-offset-checkpoint", as_bytes("0\n1\nt 0 4\n"));
    write(".kafka_cleanshutdown", as_bytes("{\"version\":0,\"brokerEpoch\":1}"));
    write("t-0/leader-epoch-checkpoint", as_bytes("0\n1\n0 0\n"));
    log_ = batch(0);
    const auto second = batch(2);
    log_.insert(log_.end(), second.begin(), second.end());
    write("t-0/" + segment, log_);
    write("t-0/00000000000000000000.index", Bytes{});
    const std::vector<storage::TimeIndexEntry> times{{1001, 1}};
    write("t-0/00000000000000000000.timeindex", storage::format_index(times));
  }
  ~LogVerify() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, Bytes bytes) {
    ASSERT_TRUE(env::replace_file(disk_, directory_ + "/" + name, bytes));
  }
  static std::vector<std::uint8_t> batch(std::int64_t base_offset) {
    records::BatchBuilder builder(
        {.base_offset = Offset(base_offset), .leader_epoch = LeaderEpoch(0)});
    builder.append({.timestamp = 1000, .value = as_bytes("one")});
    builder.append({.timestamp = 1001, .value = as_bytes("two")});
    const auto bytes = std::move(builder).build();
    return {bytes.bytes().begin(), bytes.bytes().end()};
  }

  /// The lines; the directory stands as D in them.
  std::vector<std::string> verify(const std::string& path, Format format = Format::table) {
    std::vector<std::string> lines;
    const VerifyPrinter printer(format, [&](std::string_view line) {
      std::string text(line);
      const auto at = text.find(directory_);
      if (at != std::string::npos) text.replace(at, directory_.size(), "D");
      lines.push_back(text);
    });
    storage::Findings findings([&](const storage::Finding& finding) { printer.say(finding); });
    records_ = 0;
    const auto done = verify_path(
        disk_, path, findings, [&](std::uint64_t records, std::uint64_t) { records_ += records; });
    error_ = done ? "" : done.error().to_string();
    printer.summarize(findings.totals);
    return lines;
  }

  env::RealDisk disk_;
  std::string directory_;
  std::vector<std::uint8_t> log_;
  std::uint64_t records_{0};
  std::string error_;
};

TEST_F(LogVerify, what_is_right_is_counted) {
  const std::vector<std::string> summary{
      "1 partitions, 1 segments, 2 batches, 4 records, 162 B: 0 damaged, 0 warnings"};
  EXPECT_EQ(verify(directory_), summary);
  EXPECT_EQ(records_, 4U);
  EXPECT_EQ(verify(directory_ + "/t-0/"), summary) << "one partition, with a slash behind it";
  EXPECT_EQ(error_, "");
}

TEST_F(LogVerify, damage_is_a_line_with_its_place) {
  log_.back() ^= 1;
  write("t-0/" + segment, log_);
  const auto lines = verify(directory_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("DAMAGE D/t-0/" + segment + " position=81 offset=2 "))
      << lines[0];
  const auto json = verify(directory_, Format::json);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_TRUE(json[0].starts_with(R"({"kind":"damage","file":"D/t-0/)" + segment +
                                  R"(","position":81,"offset":2,"what":)"))
      << json[0];
  EXPECT_EQ(json[1], R"({"kind":"summary","partitions":1,"segments":1,"batches":1,"records":2,)"
                     R"("bytes":162,"damage":1,"warnings":0})");
}

TEST_F(LogVerify,
       what_can_not_be_read_is_told_of_each_partition_and_keeps_no_other_from_being_checked) {
  for (const char* name : {"/a-0/", "/z-0/"}) {
    std::filesystem::create_directories(directory_ + name);
    std::filesystem::create_symlink(segment, directory_ + name + segment);  // to itself
  }
  const auto lines = verify(directory_);
  ASSERT_EQ(lines.size(), 3U) << lines[0] << error_;
  EXPECT_TRUE(lines[0].starts_with("DAMAGE D/a-0 ")) << lines[0];
  EXPECT_NE(lines[0].find("the rest can not be read"), std::string::npos) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("DAMAGE D/z-0 ")) << lines[1];
  EXPECT_NE(lines[2].find("2 batches, 4 records"), std::string::npos) << lines[2];
  EXPECT_EQ(error_, "");
}

TEST_F(LogVerify, the_same_tail_is_torn_after_a_kill_and_damage_after_a_clean_stop) {
  log_.pop_back();
  write("t-0/" + segment, log_);
  EXPECT_TRUE(verify(directory_)[0].starts_with("DAMAGE "));
  std::filesystem::remove(directory_ + "/.kafka_cleanshutdown");
  EXPECT_TRUE(verify(directory_)[0].starts_with("DAMAGE ")) << "below the recovery point";
  write("recovery-point-offset-checkpoint", as_bytes("0\n1\nt 0 2\n"));
  const auto lines = verify(directory_);
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(lines[0].starts_with("WARNING ")) << lines[0];
  EXPECT_NE(lines[0].find("torn tail, the next start cuts 80 bytes"), std::string::npos);
}

TEST_F(LogVerify, the_directory_of_a_running_broker_is_refused) {
  const auto held = disk_.lock(directory_ + "/.lock");
  ASSERT_TRUE(held);
  for (const auto* path : {"", "/t-0"}) {
    verify(directory_ + path);
    EXPECT_NE(error_.find("a broker has it open"), std::string::npos) << error_;
  }
}

TEST_F(LogVerify, a_name_in_a_file_can_not_command_a_terminal) {
  write("recovery-point-offset-checkpoint", as_bytes("0\n1\na\x1b[2J\n"));
  EXPECT_EQ(verify(directory_)[0],
            R"(DAMAGE D/recovery-point-offset-checkpoint "corrupt: checkpoint line 'a\u001b[2J'")");
}

TEST_F(LogVerify, what_is_no_log_directory_is_an_error) {
  std::filesystem::create_directories(directory_ + "/empty");
  verify(directory_ + "/empty");
  EXPECT_NE(error_.find("neither a log directory nor a partition's"), std::string::npos) << error_;
  verify(directory_ + "/nowhere");
  EXPECT_NE(error_, "");
}

}  // namespace
}  // namespace moldau::apps
