#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace moldau {

void check_failed(const char* file, int line, const char* condition,
                  const std::string& message) noexcept {
  std::fprintf(stderr, "CHECK failed at %s:%d: %s %s\n", file, line, condition, message.c_str());
  std::abort();
}

}  // namespace moldau
