#pragma once

#include <functional>

#include "base/error.h"
#include "metadata/builder.h"
#include "metadata/image.h"
#include "metadata/record.h"
#include "records/batch.h"

namespace moldau::metadata {

/// Calls `sink` with the records that make this image, in Apache's order: features with
/// metadata.version first, brokers, controllers, topics, configs, quotas, producer ids, ACLs, SCRAM
/// credentials, tokens. The records' texts are views of the image. Errors: invalid if the image has
/// no metadata.version; what `sink` returns.
Result<> write_snapshot(const Image& image,
                        const std::function<Result<>(const Record& record)>& sink);

/// Makes an image from the data batches of a snapshot.
class SnapshotLoader {
 public:
  /// Errors: those of ImageBuilder::replay_batch.
  Result<> add_batch(const records::BatchView& batch);
  /// `last` is the last record that the snapshot contains: its position in the log, not in the
  /// file.
  ImagePtr finish(RecordPosition last);

 private:
  ImageBuilder builder_;
};

}  // namespace moldau::metadata
