#include "protocol/messages/update_features.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema UpdateFeaturesRequest::schema = schema_of<UpdateFeaturesRequest>();
constinit const Schema UpdateFeaturesResponse::schema = schema_of<UpdateFeaturesResponse>();

}  // namespace moldau::protocol
