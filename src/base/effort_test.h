#pragma once

#include <concepts>

/// Include only from *_test.cc.
namespace moldau {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

/// Turns of a test that computes much: every turn, or a fifth of them under a sanitizer, where each
/// takes ten times as long.
template <std::integral Count>
constexpr Count effort(Count turns) {
  return is_sanitized ? (turns + 4) / 5 : turns;
}

}  // namespace moldau
