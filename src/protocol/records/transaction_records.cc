#include "protocol/records/transaction_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema BeginTransactionRecord::schema = schema_of<BeginTransactionRecord>();
constinit const Schema EndTransactionRecord::schema = schema_of<EndTransactionRecord>();
constinit const Schema AbortTransactionRecord::schema = schema_of<AbortTransactionRecord>();
constinit const Schema NoOpRecord::schema = schema_of<NoOpRecord>();
constinit const Schema ZkMigrationStateRecord::schema = schema_of<ZkMigrationStateRecord>();

}  // namespace moldau::protocol
