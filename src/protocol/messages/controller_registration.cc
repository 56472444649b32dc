#include "protocol/messages/controller_registration.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ControllerRegistrationRequest::schema =
    schema_of<ControllerRegistrationRequest>();
constinit const Schema ControllerRegistrationResponse::schema =
    schema_of<ControllerRegistrationResponse>();

}  // namespace moldau::protocol
