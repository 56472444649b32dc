#include "protocol/messages/delete_share_group_offsets.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteShareGroupOffsetsRequest::schema =
    schema_of<DeleteShareGroupOffsetsRequest>();
constinit const Schema DeleteShareGroupOffsetsResponse::schema =
    schema_of<DeleteShareGroupOffsetsResponse>();

}  // namespace moldau::protocol
