#include "sim/command/processes.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <vector>

namespace moldau::sim {

namespace {

/// Of real time, for both runs of a seed.
constexpr unsigned seconds_per_seed_max = 120;

/// What a worker process writes into its pipe, followed by `failure_bytes` of text.
struct Message {
  std::uint64_t seed;
  std::uint64_t is_report;  ///< 0: the seed begins
  std::uint64_t trace_hash;
  std::uint64_t events;
  std::uint64_t batches_acked;
  std::uint64_t records_read;
  std::uint64_t starts;
  std::int64_t virtual_ns;
  std::uint64_t failure_bytes;
};

bool write_all(int fd, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = ::write(fd, at, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t count = ::read(fd, at, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

/// A process that takes every `stride`-th seed.
struct WorkerProcess {
  pid_t pid{-1};
  int pipe{-1};
  std::uint64_t next_seed{0};
  std::uint64_t seed_under_way{0};
  bool busy{false};
};

class Processes {
 public:
  Processes(const Arguments& arguments, const std::function<void(const SeedReport&)>& on_report)
      : arguments_(arguments), on_report_(on_report), begun_(real_seconds()) {}

  bool run(int jobs);

 private:
  bool start(WorkerProcess& worker);
  [[noreturn]] void work(std::uint64_t seed, int pipe);
  void take(WorkerProcess& worker);
  void report(const SeedReport& report);
  void end_all();
  bool replace_dead(WorkerProcess& worker);
  bool is_last(std::uint64_t seed) const {
    const bool is_late = arguments_.seconds && real_seconds() - begun_ > *arguments_.seconds;
    return is_late || seed - arguments_.start >= arguments_.seeds;
  }

  const Arguments& arguments_;
  const std::function<void(const SeedReport&)>& on_report_;
  const double begun_;
  std::uint64_t stride_{1};
  std::vector<WorkerProcess> workers_;
  bool failed_{false};
};

bool Processes::run(int jobs) {
  stride_ = static_cast<std::uint64_t>(jobs);
  workers_.resize(stride_);
  for (std::uint64_t i = 0; i < stride_; ++i) {
    workers_[i].next_seed = arguments_.start + i;
    if (!start(workers_[i])) return false;
  }
  while (true) {
    std::vector<pollfd> waiting;
    std::vector<WorkerProcess*> whose;
    for (WorkerProcess& worker : workers_) {
      if (worker.pipe < 0) continue;
      waiting.push_back({.fd = worker.pipe, .events = POLLIN, .revents = 0});
      whose.push_back(&worker);
    }
    if (waiting.empty()) return true;
    if (failed_ && arguments_.until_failure) {
      end_all();
      return true;
    }
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return false;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) take(*whose[i]);
    }
  }
}

bool Processes::start(WorkerProcess& worker) {
  int ends[2];
  if (::pipe(ends) != 0) return false;
  worker.pid = ::fork();
  if (worker.pid < 0) return false;
  if (worker.pid == 0) {
    ::close(ends[0]);
    work(worker.next_seed, ends[1]);
  }
  ::close(ends[1]);
  worker.pipe = ends[0];
  worker.busy = false;
  return true;
}

/// The worker process: until the seeds or the time are used up.
void Processes::work(std::uint64_t seed, int pipe) {
  for (; !is_last(seed); seed += stride_) {
    ::alarm(seconds_per_seed_max);
    const Message begins{.seed = seed};
    if (!write_all(pipe, &begins, sizeof begins)) ::_exit(1);
    const SeedReport report = run_and_compare(seed, arguments_);
    const RunResult& result = report.result;
    const Message message{.seed = seed,
                          .is_report = 1,
                          .trace_hash = result.trace_hash,
                          .events = result.events,
                          .batches_acked = result.batches_acked,
                          .records_read = result.records_read,
                          .starts = result.starts,
                          .virtual_ns = result.virtual_time.count(),
                          .failure_bytes = result.failure.size()};
    if (!write_all(pipe, &message, sizeof message) ||
        !write_all(pipe, result.failure.data(), result.failure.size())) {
      ::_exit(1);
    }
  }
  ::_exit(0);
}

void Processes::take(WorkerProcess& worker) {
  Message message{};
  if (!read_all(worker.pipe, &message, sizeof message)) {
    ::close(worker.pipe);
    worker.pipe = -1;
    replace_dead(worker);
    return;
  }
  worker.seed_under_way = message.seed;
  worker.busy = message.is_report == 0;
  if (worker.busy) return;
  SeedReport report{.seed = message.seed,
                    .result = {.trace_hash = message.trace_hash,
                               .events = message.events,
                               .batches_acked = message.batches_acked,
                               .records_read = message.records_read,
                               .starts = message.starts,
                               .virtual_time = Duration(message.virtual_ns),
                               .failure = std::string(message.failure_bytes, ' ')}};
  if (read_all(worker.pipe, report.result.failure.data(), message.failure_bytes)) {
    this->report(report);
  }
}

void Processes::report(const SeedReport& report) {
  failed_ = failed_ || !report.result.is_good();
  on_report_(report);
}

void Processes::end_all() {
  for (const WorkerProcess& worker : workers_) {
    if (worker.pipe < 0) continue;
    ::kill(worker.pid, SIGKILL);
    ::waitpid(worker.pid, nullptr, 0);
  }
}

/// A worker that ends in the middle of a seed has failed it; another takes up the next.
bool Processes::replace_dead(WorkerProcess& worker) {
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  if (!worker.busy) return true;
  std::string how = fmt::format("the process ended with status {}", status);
  if (WIFSIGNALED(status)) how = fmt::format("the process died of signal {}", WTERMSIG(status));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    how = fmt::format("no end after {} s", seconds_per_seed_max);
  }
  report({.seed = worker.seed_under_way, .result = {.failure = "no-crash\n" + how + "\n"}});
  if (failed_ && arguments_.until_failure) return true;
  worker.next_seed = worker.seed_under_way + stride_;
  return start(worker);
}

}  // namespace

bool run_in_processes(const Arguments& arguments,
                      const std::function<void(const SeedReport&)>& on_report) {
  const long processors = ::sysconf(_SC_NPROCESSORS_ONLN);
  const int jobs = arguments.jobs > 0 ? arguments.jobs : static_cast<int>(processors);
  return Processes(arguments, on_report).run(std::max(jobs, 1));
}

double real_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace moldau::sim
