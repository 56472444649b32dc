#include "protocol/messages/alter_client_quotas.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterClientQuotasRequest::schema = schema_of<AlterClientQuotasRequest>();
constinit const Schema AlterClientQuotasResponse::schema = schema_of<AlterClientQuotasResponse>();

}  // namespace moldau::protocol
