#include "protocol/messages/unregister_controller.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema UnregisterControllerRequest::schema =
    schema_of<UnregisterControllerRequest>();
constinit const Schema UnregisterControllerResponse::schema =
    schema_of<UnregisterControllerResponse>();

}  // namespace moldau::protocol
