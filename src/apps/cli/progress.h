#pragma once

#include <cstdint>
#include <string>

#include "apps/cli/world.h"

namespace moldau::apps {

/// A line on the terminal that says how far a long work has come, a few times a second; erased at
/// the end. Where standard error is no terminal it does nothing.
class Progress {
 public:
  /// `what` is a verb: "read", "written".
  Progress(World& world, std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t records, std::uint64_t bytes);
  /// Takes it off the terminal, for a line of results; the next add() may show it again.
  void hide();
  /// Without it: it would be written over results.
  void disable() { is_shown_ = false; }

 private:
  World& world_;
  const std::string what_;
  bool is_shown_;
  bool is_on_screen_{false};
  std::uint64_t records_{0};
  std::uint64_t bytes_{0};
  MonoTime begun_{};
  MonoTime next_{};
};

/// "12,345,678".
std::string with_commas(std::uint64_t number);

}  // namespace moldau::apps
