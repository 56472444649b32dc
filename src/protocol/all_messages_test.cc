#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <tuple>

#include "base/effort_test.h"
#include "protocol/codec.h"
#include "protocol/dump_schema.h"
#include "protocol/random_message.h"
#include "protocol/registry.h"
#include "protocol/test_hex.h"

/// What must hold of every message in every version, checked on the tables.
namespace moldau::protocol {
namespace {

constexpr int instances_per_version = 20;
constexpr int hostile_instances_per_version = effort(4);

template <class Check>
void for_each_version(Check&& check) {
  for (const Schema* schema : all_schemas()) {
    const Versions versions = schema->info.versions;
    for (std::int16_t version = versions.lowest; version <= versions.highest; ++version) {
      SCOPED_TRACE(fmt::format("{} v{}", schema->info.name, version));
      check(*schema, version);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

SharedBytes random_bytes(const Schema& schema, std::int16_t version, Prng& prng) {
  const Instance message = schema.make();
  fill_random(schema, message.get(), version, prng);
  Writer out;
  const auto result = encode_message(schema, message.get(), version, out);
  EXPECT_TRUE(result) << result.error().to_string();
  return out.take();
}

TEST(AllMessages, come_back_equal_from_every_version) {
  Prng prng(1);
  for_each_version([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < instances_per_version; ++i) {
      const Instance message = schema.make();
      fill_random(schema, message.get(), version, prng);
      Writer out;
      const auto encoded = encode_message(schema, message.get(), version, out);
      ASSERT_TRUE(encoded) << encoded.error().to_string();
      const SharedBytes bytes = out.take();
      const Instance back = schema.make();
      const auto end = decode_message(schema, back.get(), version, bytes, 0);
      ASSERT_TRUE(end) << end.error().to_string();
      ASSERT_EQ(*end, bytes.size());
      ASSERT_TRUE(equal_messages(schema, message.get(), back.get()))
          << message_to_json(schema, message.get(), version) << "\n"
          << message_to_json(schema, back.get(), version);
    }
  });
}

TEST(AllMessages, default_instances_can_be_encoded_or_say_why_not) {
  for_each_version([](const Schema& schema, std::int16_t version) {
    const Instance message = schema.make();
    Writer out;
    const auto result = encode_message(schema, message.get(), version, out);
    ASSERT_TRUE(result || result.error().code == Errc::unsupported);
  });
}

TEST(AllMessages, cut_anywhere_are_truncated) {
  Prng prng(2);
  for_each_version([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < hostile_instances_per_version; ++i) {
      const SharedBytes bytes = random_bytes(schema, version, prng);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        // Its own allocation, so that a sanitizer sees a read past the end.
        const SharedBytes cut = SharedBytes::copy(bytes.slice(0, size).bytes());
        const Instance back = schema.make();
        const auto end = decode_message(schema, back.get(), version, cut, 0);
        ASSERT_FALSE(end) << size << " of " << bytes.size();
        ASSERT_EQ(end.error().code, Errc::truncated) << end.error().to_string();
      }
    }
  });
}

TEST(AllMessages, with_damaged_bytes_are_errors_or_other_messages) {
  Prng prng(3);
  for_each_version([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < hostile_instances_per_version; ++i) {
      const SharedBytes bytes = random_bytes(schema, version, prng);
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::vector<std::uint8_t> damaged(bytes.bytes().begin(), bytes.bytes().end());
        damaged[at] = prng.chance(500'000) ? 0xff : static_cast<std::uint8_t>(prng.next());
        const SharedBytes frame = SharedBytes::adopt(std::move(damaged));
        const Instance back = schema.make();
        const auto end = decode_message(schema, back.get(), version, frame, 0);
        if (!end) continue;
        ASSERT_LE(*end, frame.size());
        Writer out;  // what was understood can be written
        const auto again = encode_message(schema, back.get(), version, out);
        ASSERT_TRUE(again) << again.error().to_string();
      }
    }
  });
}

TEST(AllMessages, of_random_bytes_do_no_harm) {
  Prng prng(4);
  for_each_version([&prng](const Schema& schema, std::int16_t version) {
    for (int i = 0; i < 50; ++i) {
      std::vector<std::uint8_t> bytes(prng.below(64));
      for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(prng.chance(700'000) ? prng.below(4) : prng.next());
      }
      const Instance back = schema.make();
      const auto end =
          decode_message(schema, back.get(), version, SharedBytes::adopt(std::move(bytes)), 0);
      ASSERT_TRUE(end || end.error().code == Errc::truncated || end.error().code == Errc::corrupt);
    }
  });
}

/// Checks each array below the table: how much memory an element takes for each byte it was read
/// from.
void check_amplification(const Table& table, const MessageInfo& info, std::int16_t version) {
  constexpr std::size_t amplification_max = 48;
  for (const Field& field : table) {
    if (!field.spec.versions.contains(version)) continue;
    if (field.vector != nullptr) {
      const std::size_t size = element_size_min(field, version, info.is_flexible(version));
      ASSERT_LE(field.vector->stride / size, amplification_max) << field.name;
    }
    if (field.nested != nullptr) check_amplification(*field.nested, info, version);
  }
}

TEST(AllMessages, take_memory_in_proportion_to_their_bytes) {
  for_each_version([](const Schema& schema, std::int16_t version) {
    check_amplification(schema.table, schema.info, version);
  });
}

/// The log whose records these are: each has numbers of its own. Empty for requests, responses and
/// the logs that had their numbers first, __cluster_metadata and __consumer_offsets.
std::string_view log_of(std::string_view message) {
  if (message.starts_with("TransactionLog")) return "__transaction_state";
  if (message.starts_with("ShareSnapshot") || message.starts_with("ShareUpdate")) {
    return "__share_group_state";
  }
  if (message.starts_with("RemoteLog") || message.starts_with("RemotePartition")) {
    return "__remote_log_metadata";
  }
  return "";
}

TEST(AllMessages, have_distinct_names_and_within_a_log_distinct_keys) {
  std::set<std::string_view> names;
  std::set<std::tuple<std::string_view, MessageType, std::int16_t>> keys;
  for (const Schema* schema : all_schemas()) {
    const MessageInfo& info = schema->info;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    if (info.api_key == no_api_key) continue;
    EXPECT_TRUE(keys.insert({log_of(info.name), info.type, info.api_key}).second) << info.name;
  }
}

TEST(AllMessages, are_there_for_every_api_but_zookeepers) {
  for (std::int16_t key = 0; key <= api_key_max; ++key) {
    const auto api = static_cast<ApiKey>(key);
    const bool is_zookeepers = api >= ApiKey::leader_and_isr && api <= ApiKey::controlled_shutdown;
    EXPECT_EQ(find_schema(MessageType::request, api) == nullptr, is_zookeepers) << name(api);
    EXPECT_EQ(find_schema(MessageType::response, api) == nullptr, is_zookeepers) << name(api);
  }
}

TEST(AllMessages, have_request_and_response_of_the_same_versions) {
  for (const Schema* request : all_schemas()) {
    if (request->info.type != MessageType::request) continue;
    const auto key = static_cast<ApiKey>(request->info.api_key);
    const Schema* response = find_schema(MessageType::response, key);
    ASSERT_NE(response, nullptr) << request->info.name;
    EXPECT_EQ(find_schema(MessageType::request, key), request);
    EXPECT_EQ(response->info.versions, request->info.versions) << request->info.name;
    EXPECT_EQ(response->info.flexible_since, request->info.flexible_since) << request->info.name;
  }
  EXPECT_EQ(find_schema(MessageType::request, static_cast<ApiKey>(-1)), nullptr);
  EXPECT_EQ(find_schema(MessageType::request, static_cast<ApiKey>(api_key_max + 1)), nullptr);
}

TEST(Schema, knows_the_smallest_size_of_an_element) {
  const auto size = [](ApiKey key, std::string_view name, std::int16_t version) {
    const Schema& schema = *find_schema(MessageType::request, key);
    const auto field = std::ranges::find(schema.table, name, &Field::name);
    return element_size_min(*field, version, schema.info.is_flexible(version));
  };
  EXPECT_EQ(size(ApiKey::metadata, "Topics", 0), 2U);            // the name's size
  EXPECT_EQ(size(ApiKey::metadata, "Topics", 9), 1U + 1);        // name, tags
  EXPECT_EQ(size(ApiKey::metadata, "Topics", 12), 16U + 1 + 1);  // id, name, tags
  EXPECT_EQ(size(ApiKey::fetch, "Topics", 4), 2U + 4);           // name, partitions
  EXPECT_EQ(size(ApiKey::fetch, "Topics", 13), 16U + 1 + 1);     // id, partitions, tags
  EXPECT_EQ(size(ApiKey::create_topics, "Topics", 4), 2U + 4 + 2 + 4 + 4);
  EXPECT_EQ(size(ApiKey::fetch_snapshot, "Topics", 0), 1U + 1 + 1);
  EXPECT_EQ(size(ApiKey::delete_topics, "TopicNames", 1), 2U);
  EXPECT_EQ(size(ApiKey::broker_registration, "LogDirs", 2), 16U);
}

struct GoldenFrame {
  std::string name;
  std::int16_t version;
  SharedBytes bytes;
  std::string json;
};

/// The classes in Apache's jars (4.4.0) wrote the frames and the JSON: name, version, bytes in hex,
/// JSON, separated by tabs. `tests/compat/encoding.py --write-golden` writes the file anew.
std::vector<GoldenFrame> golden_frames() {
  std::ifstream file("src/protocol/testdata/golden.tsv");
  std::vector<GoldenFrame> frames;
  std::string name, version, hex, json;
  while (std::getline(file, name, '\t') && std::getline(file, version, '\t') &&
         std::getline(file, hex, '\t') && std::getline(file, json)) {
    frames.push_back({name, static_cast<std::int16_t>(std::stoi(version)), unhex(hex), json});
  }
  return frames;
}

TEST(AllMessages, agree_with_apache_on_golden_bytes) {
  for (const GoldenFrame& golden : golden_frames()) {
    SCOPED_TRACE(fmt::format("{} v{}", golden.name, golden.version));
    const auto found = std::ranges::find_if(
        all_schemas(), [&golden](const Schema* one) { return golden.name == one->info.name; });
    ASSERT_NE(found, all_schemas().end());
    const Schema& schema = **found;
    const Instance message = schema.make();
    const auto end = decode_message(schema, message.get(), golden.version, golden.bytes, 0);
    ASSERT_TRUE(end) << end.error().to_string();
    EXPECT_EQ(*end, golden.bytes.size());
    EXPECT_EQ(message_to_json(schema, message.get(), golden.version), golden.json);
    Writer out;
    ASSERT_TRUE(encode_message(schema, message.get(), golden.version, out));
    EXPECT_EQ(out.take(), golden.bytes);
  }
}

TEST(AllMessages, have_a_golden_frame_in_every_version) {
  std::set<std::pair<std::string, std::int16_t>> golden;
  for (const GoldenFrame& frame : golden_frames()) golden.insert({frame.name, frame.version});
  for_each_version([&golden](const Schema& schema, std::int16_t version) {
    EXPECT_TRUE(golden.contains({schema.info.name, version}))
        << "write it: tests/compat/encoding.py --write-golden";
  });
}

TEST(DumpSchema, speaks_kafkas_notation) {
  const std::string dump = dump_schemas_json();
  EXPECT_NE(dump.find("{\"apiKey\":1,\"type\":\"request\",\"name\":\"FetchRequest\","
                      "\"validVersions\":\"4-18\",\"flexibleVersions\":\"12+\",\"fields\":["
                      "{\"name\":\"ClusterId\",\"type\":\"string\",\"versions\":\"12+\","
                      "\"nullableVersions\":\"12+\",\"taggedVersions\":\"12+\",\"tag\":0,"
                      "\"default\":\"null\",\"ignorable\":true,\"fields\":[]},"
                      "{\"name\":\"ReplicaId\",\"type\":\"int32\",\"versions\":\"4-14\","),
            std::string::npos);
  EXPECT_NE(dump.find("\"name\":\"Records\",\"type\":\"records\""), std::string::npos);
  EXPECT_NE(dump.find("\"type\":\"[]FetchTopic\""), std::string::npos);
}

}  // namespace
}  // namespace moldau::protocol
