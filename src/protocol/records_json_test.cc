#include "protocol/records_json.h"

#include <gtest/gtest.h>

#include "protocol/records/metadata_record.h"
#include "records/builder.h"
#include "records/test_batches.h"

namespace moldau::protocol {
namespace {

std::vector<std::uint8_t> batch(std::string_view value, records::Codec codec) {
  records::BatchBuilder builder(
      {.base_offset = Offset(5), .leader_epoch = LeaderEpoch(3), .codec = codec});
  const records::Header header{.key = "h", .value = as_bytes("x")};
  builder.append(
      {.timestamp = 1000, .key = as_bytes("k"), .value = as_bytes("one"), .headers = {&header, 1}});
  builder.append({.timestamp = 1001, .value = as_bytes(value)});
  const auto bytes = std::move(builder).build();
  return {bytes.bytes().begin(), bytes.bytes().end()};
}

std::string printed(Bytes bytes, JsonOptions::Records records, Secrets secrets = Secrets::hidden) {
  std::string out;
  append_records_json(out, bytes, {.secrets = secrets, .records = records});
  return out;
}

TEST(RecordsJson, a_summary_counts_batches_and_records) {
  const auto bytes = batch("two", records::Codec::none);
  EXPECT_EQ(printed(bytes, JsonOptions::Records::summary),
            fmt::format(R"({{"sizeInBytes":{},"batches":1,"records":2}})", bytes.size()));
}

TEST(RecordsJson, content_has_keys_values_and_headers_of_compressed_batches_too) {
  const auto bytes = batch("\xff", records::Codec::zstd);
  EXPECT_EQ(printed(bytes, JsonOptions::Records::content),
            fmt::format(R"({{"sizeInBytes":{},"batches":[{{"baseOffset":5,"lastOffset":6,)"
                        R"("leaderEpoch":3,"codec":"zstd","records":[)"
                        R"({{"offset":5,"timestamp":1000,"key":"k","value":"one",)"
                        R"("headers":[{{"name":"h","value":"x"}}]}},)"
                        R"({{"offset":6,"timestamp":1001,"key":null,)"
                        R"("value":{{"base64":"/w=="}}}}]}}],"records":2}})",
                        bytes.size()));
}

TEST(RecordsJson, damage_is_told) {
  auto bytes = batch("two", records::Codec::none);
  bytes.back() ^= 1;
  EXPECT_NE(printed(bytes, JsonOptions::Records::content).find(R"("error":"corrupt)"),
            std::string::npos);
  bytes[16] = 9;  // the magic
  EXPECT_NE(printed(bytes, JsonOptions::Records::summary).find(R"("error":"corrupt)"),
            std::string::npos);
}

TEST(RecordsJson, a_batch_that_is_cut_off_is_told_from_damage) {
  auto bytes = batch("two", records::Codec::none);
  const auto size = bytes.size();
  bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + 30);
  EXPECT_EQ(printed(bytes, JsonOptions::Records::summary),
            fmt::format(R"({{"sizeInBytes":{},"batches":1,"records":2,"partialBatchBytes":30}})",
                        size + 30));
}

TEST(RecordsJson, a_credential_in_a_metadata_record_is_hidden) {
  const auto value =
      encode_metadata_record(UserScramCredentialRecord{.name = "alice",
                                                       .mechanism = 1,
                                                       .salt = SharedBytes::copy(as_bytes("salt!")),
                                                       .stored_key = {},
                                                       .server_key = {},
                                                       .iterations = 4096},
                             0);
  ASSERT_TRUE(value);
  const auto bytes = batch(value->text(), records::Codec::none);
  const auto json = printed(bytes, JsonOptions::Records::content);
  EXPECT_NE(json.find(R"("value":"[hidden]")"), std::string::npos) << json;
  EXPECT_EQ(json.find("salt!"), std::string::npos) << json;
  EXPECT_NE(printed(bytes, JsonOptions::Records::content, Secrets::shown).find("salt!"),
            std::string::npos);
}

}  // namespace
}  // namespace moldau::protocol
