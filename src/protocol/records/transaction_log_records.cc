#include "protocol/records/transaction_log_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema TransactionLogKey::schema = schema_of<TransactionLogKey>();
constinit const Schema TransactionLogValue::schema = schema_of<TransactionLogValue>();

}  // namespace moldau::protocol
