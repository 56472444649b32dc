#pragma once

#include "base/bytes.h"
#include "base/prng.h"
#include "base/uuid.h"

namespace moldau::env {

/// Randomness of the system (or of the seed, in the simulator). Thread-safe.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(MutBytes bytes) = 0;

  /// Version-4 Uuid whose text form never starts with '-', as Kafka's `Uuid.randomUuid`.
  Uuid uuid();
  /// A generator seeded from here, for decisions that need speed and not secrecy.
  Prng prng();
};

}  // namespace moldau::env
