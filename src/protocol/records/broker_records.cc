#include "protocol/records/broker_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema RegisterBrokerRecord::schema = schema_of<RegisterBrokerRecord>();
constinit const Schema UnregisterBrokerRecord::schema = schema_of<UnregisterBrokerRecord>();
constinit const Schema FenceBrokerRecord::schema = schema_of<FenceBrokerRecord>();
constinit const Schema UnfenceBrokerRecord::schema = schema_of<UnfenceBrokerRecord>();
constinit const Schema BrokerRegistrationChangeRecord::schema =
    schema_of<BrokerRegistrationChangeRecord>();

}  // namespace moldau::protocol
