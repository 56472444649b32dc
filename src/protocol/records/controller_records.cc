#include "protocol/records/controller_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema RegisterControllerRecord::schema = schema_of<RegisterControllerRecord>();
constinit const Schema UnregisterControllerRecord::schema = schema_of<UnregisterControllerRecord>();

}  // namespace moldau::protocol
