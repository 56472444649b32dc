#include "protocol/records/control_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ControlRecordTypeSchema::schema = schema_of<ControlRecordTypeSchema>();
constinit const Schema EndTxnMarker::schema = schema_of<EndTxnMarker>();

}  // namespace moldau::protocol
