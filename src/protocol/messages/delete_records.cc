#include "protocol/messages/delete_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteRecordsRequest::schema = schema_of<DeleteRecordsRequest>();
constinit const Schema DeleteRecordsResponse::schema = schema_of<DeleteRecordsResponse>();

}  // namespace moldau::protocol
