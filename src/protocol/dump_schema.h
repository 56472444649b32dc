#pragma once

#include <string>

namespace moldau::protocol {

/// Every message that we have, as a JSON array in the notation of Kafka's schema files; README.md
/// says how it is normalised. The schema oracle compares it with the schemas in Apache's jars.
std::string dump_schemas_json();

}  // namespace moldau::protocol
