#include "protocol/records/security_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AccessControlEntryRecord::schema = schema_of<AccessControlEntryRecord>();
constinit const Schema RemoveAccessControlEntryRecord::schema =
    schema_of<RemoveAccessControlEntryRecord>();
constinit const Schema DelegationTokenRecord::schema = schema_of<DelegationTokenRecord>();
constinit const Schema RemoveDelegationTokenRecord::schema =
    schema_of<RemoveDelegationTokenRecord>();
constinit const Schema UserScramCredentialRecord::schema = schema_of<UserScramCredentialRecord>();
constinit const Schema RemoveUserScramCredentialRecord::schema =
    schema_of<RemoveUserScramCredentialRecord>();

}  // namespace moldau::protocol
