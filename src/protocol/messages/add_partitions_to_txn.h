#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Partitions join a transaction before anything is produced to them (KIP-98). Until version 3 a
/// producer names its one transaction in the V3AndBelow fields; version 4 is for brokers, which ask
/// for many transactions at once and, with verify_only, whether partitions are in already
/// (KIP-890). Version 2 may be answered by PRODUCER_FENCED, version 5 by TRANSACTION_ABORTABLE.
struct AddPartitionsToTxnRequest {
  static constexpr MessageInfo info{.name = "AddPartitionsToTxnRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::add_partitions_to_txn),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  struct AddPartitionsToTxnTopic {
    Text name{};
    std::vector<PartitionId> partitions{};

    static constexpr void fields(auto&& field) {
      field(&AddPartitionsToTxnTopic::name, "Name");
      field(&AddPartitionsToTxnTopic::partitions, "Partitions");
    }
  };

  struct AddPartitionsToTxnTransaction {
    Text transactional_id{};
    ProducerId producer_id{};
    ProducerEpoch producer_epoch{};
    bool verify_only{false};  ///< only asks, adds nothing
    std::vector<AddPartitionsToTxnTopic> topics{};

    static constexpr void fields(auto&& field) {
      field(&AddPartitionsToTxnTransaction::transactional_id, "TransactionalId", since(4));
      field(&AddPartitionsToTxnTransaction::producer_id, "ProducerId", since(4));
      field(&AddPartitionsToTxnTransaction::producer_epoch, "ProducerEpoch", since(4));
      field(&AddPartitionsToTxnTransaction::verify_only, "VerifyOnly", since(4));
      field(&AddPartitionsToTxnTransaction::topics, "Topics", since(4));
    }
  };

  std::vector<AddPartitionsToTxnTransaction> transactions{};
  Text v3_and_below_transactional_id{};
  ProducerId v3_and_below_producer_id{};
  ProducerEpoch v3_and_below_producer_epoch{};
  std::vector<AddPartitionsToTxnTopic> v3_and_below_topics{};

  static constexpr void fields(auto&& field) {
    field(&AddPartitionsToTxnRequest::transactions, "Transactions", since(4));
    field(&AddPartitionsToTxnRequest::v3_and_below_transactional_id, "V3AndBelowTransactionalId",
          until(3));
    field(&AddPartitionsToTxnRequest::v3_and_below_producer_id, "V3AndBelowProducerId", until(3));
    field(&AddPartitionsToTxnRequest::v3_and_below_producer_epoch, "V3AndBelowProducerEpoch",
          until(3));
    field(&AddPartitionsToTxnRequest::v3_and_below_topics, "V3AndBelowTopics", until(3));
  }
};

/// Per partition, whether it is in the transaction. From version 4 on there is a list per
/// transaction, and an error of the whole request.
struct AddPartitionsToTxnResponse {
  static constexpr MessageInfo info{.name = "AddPartitionsToTxnResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::add_partitions_to_txn),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  struct AddPartitionsToTxnPartitionResult {
    PartitionId partition_index{};
    ErrorCode partition_error_code{};

    static constexpr void fields(auto&& field) {
      field(&AddPartitionsToTxnPartitionResult::partition_index, "PartitionIndex");
      field(&AddPartitionsToTxnPartitionResult::partition_error_code, "PartitionErrorCode");
    }
  };

  struct AddPartitionsToTxnTopicResult {
    Text name{};
    std::vector<AddPartitionsToTxnPartitionResult> results_by_partition{};

    static constexpr void fields(auto&& field) {
      field(&AddPartitionsToTxnTopicResult::name, "Name");
      field(&AddPartitionsToTxnTopicResult::results_by_partition, "ResultsByPartition");
    }
  };

  struct AddPartitionsToTxnResult {
    Text transactional_id{};
    std::vector<AddPartitionsToTxnTopicResult> topic_results{};

    static constexpr void fields(auto&& field) {
      field(&AddPartitionsToTxnResult::transactional_id, "TransactionalId", since(4));
      field(&AddPartitionsToTxnResult::topic_results, "TopicResults", since(4));
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::vector<AddPartitionsToTxnResult> results_by_transaction{};
  std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below{};

  static constexpr void fields(auto&& field) {
    field(&AddPartitionsToTxnResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AddPartitionsToTxnResponse::error_code, "ErrorCode", since(4).ignorable());
    field(&AddPartitionsToTxnResponse::results_by_transaction, "ResultsByTransaction", since(4));
    field(&AddPartitionsToTxnResponse::results_by_topic_v3_and_below, "ResultsByTopicV3AndBelow",
          until(3));
  }
};

}  // namespace moldau::protocol
