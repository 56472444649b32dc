#pragma once

#include "request.h"

/// Questions about record batches of format 2 and the control records in them.
namespace moldau::encoding_peer {

/// Every batch and every record in the bytes as text, the way BatchText.java prints it.
Result<SharedBytes> list_batches(Request& request);

/// Reads one batch and builds it again with a codec: records::BatchBuilder, record by record.
Result<SharedBytes> rebuild_batch(Request& request);

/// Gives one batch another codec as a broker does it: records::with_codec.
Result<SharedBytes> recompress_batch(Request& request);

/// Reads the records of one control batch as what they mean, and builds it again from that.
Result<SharedBytes> rebuild_control_batch(Request& request);

}  // namespace moldau::encoding_peer
