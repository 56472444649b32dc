#include "protocol/messages/alter_user_scram_credentials.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterUserScramCredentialsRequest::schema =
    schema_of<AlterUserScramCredentialsRequest>();
constinit const Schema AlterUserScramCredentialsResponse::schema =
    schema_of<AlterUserScramCredentialsResponse>();

}  // namespace moldau::protocol
