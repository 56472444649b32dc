#include "protocol/messages/alter_share_group_offsets.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterShareGroupOffsetsRequest::schema =
    schema_of<AlterShareGroupOffsetsRequest>();
constinit const Schema AlterShareGroupOffsetsResponse::schema =
    schema_of<AlterShareGroupOffsetsResponse>();

}  // namespace moldau::protocol
