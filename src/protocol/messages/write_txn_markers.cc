#include "protocol/messages/write_txn_markers.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema WriteTxnMarkersRequest::schema = schema_of<WriteTxnMarkersRequest>();
constinit const Schema WriteTxnMarkersResponse::schema = schema_of<WriteTxnMarkersResponse>();

}  // namespace moldau::protocol
