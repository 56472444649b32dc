#include "protocol/messages/default_principal_data.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DefaultPrincipalData::schema = schema_of<DefaultPrincipalData>();

}  // namespace moldau::protocol
