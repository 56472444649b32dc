#include "protocol/messages/fetch_snapshot.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema FetchSnapshotRequest::schema = schema_of<FetchSnapshotRequest>();
constinit const Schema FetchSnapshotResponse::schema = schema_of<FetchSnapshotResponse>();

}  // namespace moldau::protocol
