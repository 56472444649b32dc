#pragma once

#include "base/time.h"

namespace moldau::env {

/// Thread-safe. `wall` may step; `now` never goes back.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  virtual WallMs wall() const = 0;
};

}  // namespace moldau::env
