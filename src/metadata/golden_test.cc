#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "metadata/builder.h"
#include "metadata/images_test.h"
#include "protocol/records/metadata_record.h"
#include "records/record.h"

/// testdata/apache-4.2.1-log.hex: batches of the metadata log of an Apache Kafka 4.2.1 combined
/// node, one a line (most of its NoOp batches are left out): formatted at metadata.version 29
/// without ELR, topics made, extended and deleted, settings, quotas, SCRAM, an ACL, producer ids, a
/// clean stop.
namespace moldau::metadata {
namespace {

std::vector<SharedBytes> apache_batches() {
  std::ifstream in("src/metadata/testdata/apache-4.2.1-log.hex");
  std::vector<SharedBytes> batches;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(line.substr(i, 2), nullptr, 16)));
    }
    batches.push_back(SharedBytes::adopt(std::move(bytes)));
  }
  EXPECT_EQ(batches.size(), 18U);
  return batches;
}

constexpr const char* apache_image =
    "offset=260 next-producer-id=1000 features: group.version=1 metadata.version=29 "
    "share.version=1 streams.version=1 transaction.version=2\n"
    R"(broker 1 epoch=20 fenced shutting-down directories=1
controller 1
topic orders
  0 leader=-1 isr=1 replicas=1 leader-epoch=1 epoch=1
  1 leader=-1 isr=1 replicas=1 leader-epoch=1 epoch=1
  2 leader=-1 isr=1 replicas=1 leader-epoch=1 epoch=1
  3 leader=-1 isr=1 replicas=1 leader-epoch=1 epoch=1
  4 leader=-1 isr=1 replicas=1 leader-epoch=1 epoch=1
config 2/orders cleanup.policy=compact
config 2/orders retention.ms=1000
config 4/ log.retention.ms=5000
)";

TEST(ApacheGolden, apaches_metadata_log_is_replayed) {
  ImageBuilder builder;
  Delta delta;
  for (const SharedBytes& bytes : apache_batches()) {
    const auto batch = records::BatchView::parse(bytes.bytes());
    ASSERT_TRUE(batch && batch->verify_crc());
    const auto replayed = builder.replay_batch(*batch);
    ASSERT_TRUE(replayed) << replayed.error().to_string();
    delta.append(builder.build().delta);
  }
  const ImagePtr image = builder.build().image;
  EXPECT_EQ(describe_image(*image), apache_image);
  EXPECT_EQ(image->last_epoch, LeaderEpoch(1));
  EXPECT_TRUE(image->batch_aligned);

  const auto& broker = *image->broker(NodeId(1));
  ASSERT_NE(broker.listener("PLAINTEXT"), nullptr);
  EXPECT_EQ(broker.listener("PLAINTEXT")->port, 41092);
  EXPECT_EQ(broker.features.at("metadata.version"), (FeatureRange{7, 29}));
  EXPECT_EQ(broker.record_offset, Offset(20));
  EXPECT_EQ(image->quotas.size(), 2U);
  EXPECT_EQ(*image->quotas.find(QuotaEntity{{"client-id", std::nullopt}})->get(),
            (QuotaValues{{"request_percentage", 50.5}}));
  ASSERT_EQ(image->acls.size(), 1U);
  EXPECT_EQ(image->acls.begin()->second->principal, "User:bob");
  ASSERT_EQ(image->scram.size(), 1U);
  EXPECT_EQ(image->scram.begin()->second->iterations, 4096);
  EXPECT_EQ(image->scram.begin()->second->stored_key.size(), 32U);

  // Built batch by batch or at once: the same changes.
  const Delta compared = difference(Image(), *image);
  EXPECT_EQ(compared.topics.size(), 1U);
  EXPECT_EQ(compared.brokers, delta.brokers);
  EXPECT_EQ(compared.features, delta.features);
  expect_survives_snapshot(*image);
}

TEST(ApacheGolden, every_record_is_written_again_byte_for_byte) {
  int count = 0;
  for (const SharedBytes& bytes : apache_batches()) {
    const auto batch = records::BatchView::parse(bytes.bytes());
    ASSERT_TRUE(batch);
    if (batch->is_control()) continue;
    records::Decompressor decompressor;
    auto reader = *records::read_records(*batch, decompressor);
    records::RecordView record;
    while (reader.next(record)) {
      const SharedBytes value = SharedBytes::copy(*record.value);
      const auto decoded = protocol::decode_metadata_record(value);
      ASSERT_TRUE(decoded);
      // Frame version, type and version are one byte each.
      const auto again = encode_record({*decoded, static_cast<std::int16_t>(value.bytes()[2])});
      ASSERT_TRUE(again) << again.error().to_string();
      EXPECT_EQ(*again, value) << protocol::name(*decoded);
      ++count;
    }
  }
  EXPECT_GT(count, 35);
}

TEST(ApacheGolden, a_registration_is_written_in_the_version_that_apache_writes) {
  ImageBuilder builder;
  std::string versions;
  for (const SharedBytes& bytes : apache_batches()) {
    const auto batch = records::BatchView::parse(bytes.bytes());
    ASSERT_TRUE(builder.replay_batch(*batch));
  }
  const auto written =
      write_snapshot(*builder.build().image, [&](const Record& record) -> Result<> {
        const std::string entry = fmt::format("{}:{} ", name(record), record.version);
        if (!versions.ends_with(entry)) versions += entry;
        return {};
      });
  ASSERT_TRUE(written);
  EXPECT_EQ(versions,
            "FeatureLevelRecord:0 RegisterBrokerRecord:3 RegisterControllerRecord:0 TopicRecord:0 "
            "PartitionRecord:2 ConfigRecord:0 ClientQuotaRecord:0 ProducerIdsRecord:0 "
            "AccessControlEntryRecord:0 UserScramCredentialRecord:0 ");
}

TEST(Snapshot, without_a_metadata_version_there_is_none) {
  const auto written = write_snapshot(Image(), [](const Record&) { return Result<>(); });
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::invalid);
}

}  // namespace
}  // namespace moldau::metadata
