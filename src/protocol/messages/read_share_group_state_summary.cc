#include "protocol/messages/read_share_group_state_summary.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ReadShareGroupStateSummaryRequest::schema =
    schema_of<ReadShareGroupStateSummaryRequest>();
constinit const Schema ReadShareGroupStateSummaryResponse::schema =
    schema_of<ReadShareGroupStateSummaryResponse>();

}  // namespace moldau::protocol
