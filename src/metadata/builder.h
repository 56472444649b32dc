#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/features.h"
#include "metadata/image.h"
#include "protocol/records/metadata_record.h"
#include "records/batch.h"

namespace moldau::metadata {

/// What one topic went through between two images. `before` is null for a new topic, `after` for a
/// deleted one. A topic deleted and created again under the same name has another id: two changes.
struct TopicChange {
  TopicPtr before;
  TopicPtr after;
  std::set<PartitionId> partitions;  ///< new or changed ones; all of a new topic's
};

/// What differs between two images, so that whoever keeps something per topic, broker or resource
/// looks only at that. A listed thing may have come back to what it was.
struct Delta {
  std::map<Uuid, TopicChange> topics;
  std::set<NodeId> brokers;
  std::set<NodeId> controllers;
  std::set<ConfigResource> configs;
  std::set<std::string> features;
  bool producer_ids{false};
  bool quotas{false};
  bool acls{false};
  bool scram{false};
  bool tokens{false};

  bool empty() const;
  /// Adds what happened after this.
  void append(Delta later);
};

/// Compares all of both images: O(their size). For a snapshot that replaces what was there.
Delta difference(const Image& before, const Image& after);

/// Where a record stands in the log.
struct RecordPosition {
  Offset offset;
  LeaderEpoch epoch;
  std::int64_t timestamp;  ///< of its batch, milliseconds
};

/// Replays metadata records into images. One owner, one thread; the images that it hands out are
/// immutable. Between BeginTransaction and EndTransaction (KIP-868) it goes on publishing the image
/// from before the transaction, and AbortTransaction takes it back there.
class ImageBuilder {
 public:
  ImageBuilder() : ImageBuilder(std::make_shared<const Image>()) {}
  explicit ImageBuilder(ImagePtr base);

  /// Applies one record. Errors: corrupt if it contradicts what is there (an unknown topic, broker,
  /// or epoch); unsupported for a metadata.version that we do not know. After an error the builder
  /// must not be used: in Kafka too this stops the node.
  Result<> replay(const protocol::MetadataRecord& record, RecordPosition position);

  /// Decodes and applies all records of one committed batch; a control batch only moves the
  /// position. Errors: those of replay, of the batch's format and of unknown record types.
  Result<> replay_batch(const records::BatchView& batch);

  struct Built {
    ImagePtr image;
    Delta delta;  ///< since the previous build, or the base
  };
  /// The image as of the last replayed record, or as of the BeginTransaction of an open
  /// transaction.
  Built build();

  /// Where the open transaction's BeginTransactionRecord stands.
  std::optional<Offset> transaction_offset() const;

 private:
  struct Transaction {
    Offset begin_offset;
    Image image;  ///< from before it
    Delta delta;  ///< since the previous build, up to it
  };

  Result<> begin_transaction(RecordPosition position);
  Result<> end_transaction();
  Result<> abort_transaction();

  Result<> apply(const protocol::RegisterBrokerRecord& record, RecordPosition position);
  Result<> apply(const protocol::UnregisterBrokerRecord& record);
  Result<> apply(const protocol::FenceBrokerRecord& record);
  Result<> apply(const protocol::UnfenceBrokerRecord& record);
  Result<> apply(const protocol::BrokerRegistrationChangeRecord& record);
  Result<> apply(const protocol::RegisterControllerRecord& record);
  Result<> apply(const protocol::UnregisterControllerRecord& record);
  Result<> apply(const protocol::TopicRecord& record);
  Result<> apply(const protocol::PartitionRecord& record);
  Result<> apply(const protocol::PartitionChangeRecord& record);
  Result<> apply(const protocol::RemoveTopicRecord& record);
  Result<> apply(const protocol::ClearElrRecord& record);
  Result<> apply(const protocol::ConfigRecord& record);
  Result<> apply(const protocol::FeatureLevelRecord& record);
  Result<> apply(const protocol::ClientQuotaRecord& record);
  Result<> apply(const protocol::ProducerIdsRecord& record);
  Result<> apply(const protocol::AccessControlEntryRecord& record);
  Result<> apply(const protocol::RemoveAccessControlEntryRecord& record);
  Result<> apply(const protocol::DelegationTokenRecord& record);
  Result<> apply(const protocol::RemoveDelegationTokenRecord& record);
  Result<> apply(const protocol::UserScramCredentialRecord& record);
  Result<> apply(const protocol::RemoveUserScramCredentialRecord& record);
  /// Of clusters that came from ZooKeeper: 4.x has no use for it either.
  Result<> apply(const protocol::ZkMigrationStateRecord&) { return {}; }
  Result<> apply(const protocol::NoOpRecord&) { return {}; }

  struct BrokerChange {
    NodeId id;
    BrokerEpoch epoch;
    std::optional<bool> fenced;
    bool enters_controlled_shutdown{false};
    std::vector<Uuid> directories;  ///< empty: no change
  };
  Result<> change_broker(BrokerChange change);
  /// The topic, to be changed; its entry in the delta too. Null if there is none.
  Topic* edit(const Uuid& topic_id);
  void clear_elr(const Uuid& topic_id);
  /// Puts edited topics into the maps.
  void flush();

  ImagePtr published_;
  Image image_;
  Delta delta_;  ///< since the previous build, or since the open transaction's begin
  /// New and changed topics that nobody else sees yet, ahead of image_'s maps; the new ones' names.
  std::map<Uuid, std::shared_ptr<Topic>> edited_;
  std::map<std::string, Uuid, std::less<>> new_names_;
  std::optional<Transaction> transaction_;
};

}  // namespace moldau::metadata
