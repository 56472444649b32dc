#pragma once

#include <cstdint>
#include <optional>

#include "base/text.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// The records up to the end of the transaction take effect together (KIP-868).
struct BeginTransactionRecord {
  static constexpr MessageInfo info{.name = "BeginTransactionRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 23,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::optional<Text> name{};

  static constexpr void fields(auto&& field) {
    field(&BeginTransactionRecord::name, "Name", tag(0));
  }
};

/// The transaction takes effect.
struct EndTransactionRecord {
  static constexpr MessageInfo info{.name = "EndTransactionRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 24,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  static constexpr void fields(auto&&) {}
};

/// The transaction's records are dropped.
struct AbortTransactionRecord {
  static constexpr MessageInfo info{.name = "AbortTransactionRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 25,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::optional<Text> reason{};

  static constexpr void fields(auto&& field) {
    field(&AbortTransactionRecord::reason, "Reason", tag(0));
  }
};

/// Written by an idle Apache controller; says nothing.
struct NoOpRecord {
  static constexpr MessageInfo info{.name = "NoOpRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 20,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  static constexpr void fields(auto&&) {}
};

/// Of clusters that came from ZooKeeper; kept to read their logs.
struct ZkMigrationStateRecord {
  static constexpr MessageInfo info{.name = "ZkMigrationStateRecord",
                                    .type = MessageType::metadata,
                                    .api_key = 21,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int8_t zk_migration_state{0};

  static constexpr void fields(auto&& field) {
    field(&ZkMigrationStateRecord::zk_migration_state, "ZkMigrationState");
  }
};

}  // namespace moldau::protocol
