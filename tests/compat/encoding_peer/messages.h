#pragma once

#include <string>

#include "request.h"

/// Questions about messages. Errc::unsupported means what Apache says by throwing: this version
/// cannot carry that.
namespace moldau::encoding_peer {

/// A line per message that we describe: name, lowest and highest version.
std::string list_messages();

/// Decodes in one version and encodes in another. Errc::corrupt if bytes are left.
Result<SharedBytes> recode(Request& request);

/// Decodes, and prints.
Result<SharedBytes> to_json(Request& request);

/// A default instance, encoded.
Result<SharedBytes> encode_default(Request& request);

/// A random instance of a seed, encoded.
Result<SharedBytes> encode_random(Request& request);

}  // namespace moldau::encoding_peer
