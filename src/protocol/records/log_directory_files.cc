#include "protocol/records/log_directory_files.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AbortedTxn::schema = schema_of<AbortedTxn>();
constinit const Schema ProducerSnapshot::schema = schema_of<ProducerSnapshot>();

}  // namespace moldau::protocol
