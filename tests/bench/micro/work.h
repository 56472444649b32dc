#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace moldau::bench {

/// A path whose cost is watched, set up and ready to be walked again and again.
class Work {
 public:
  Work() = default;
  virtual ~Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  /// Before each run; not measured.
  virtual void prepare() {}
  /// What is measured: `Path::operations` of them.
  virtual void run() = 0;
  /// After each run; not measured.
  virtual void finish() {}
};

struct Path {
  std::string name;    ///< also its key in baseline.json
  int operations{16};  ///< in one run
  std::function<std::unique_ptr<Work>()> make;
};
using Paths = std::vector<Path>;

/// Work without a state of its own between runs.
class Repeated final : public Work {
 public:
  explicit Repeated(std::function<void()> run) : run_(std::move(run)) {}
  void run() override { run_(); }

 private:
  std::function<void()> run_;
};

// One function for each file of paths.
void add_record_paths(Paths& paths);
void add_message_paths(Paths& paths);
void add_frame_paths(Paths& paths);
void add_log_paths(Paths& paths);
void add_request_paths(Paths& paths);

}  // namespace moldau::bench
