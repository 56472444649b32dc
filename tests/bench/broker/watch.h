#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "options.h"

namespace moldau::bench {

inline int64_t clock_ns(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return 0;
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

inline int64_t now_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

/// What a process has used so far, and what its disk has done for everybody.
struct Usage {
  int64_t at_ns = 0;
  int64_t cpu_ns = 0;       ///< user and system, all threads, those that have ended too
  int64_t user_cpu_ns = 0;  ///< of it what is not the kernel's; in steps of a clock tick
  int64_t own_cpu_ns = 0;
  int64_t writes = 0;  ///< system calls
  int64_t disk_flushes = 0;
  int64_t disk_bytes = 0;
};

/// Another process, named by its id, and a block device, named as in /proc/diskstats ("" for none).
class Watch {
 public:
  Watch(pid_t pid, std::string disk) : pid_(pid), disk_(std::move(disk)) {}

  Usage now() const {
    Usage usage{.at_ns = now_ns(), .own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
    if (clockid_t clock = 0; pid_ > 0 && clock_getcpuclockid(pid_, &clock) == 0) {
      usage.cpu_ns = clock_ns(clock);
    }
    read_user(usage);
    read_io(usage);
    read_disk(usage);
    return usage;
  }

  static std::string json(const Usage& before, const Usage& after) {
    return fmt::format(
        R"("seconds": {:.4f}, "broker_cpu_s": {:.6f}, "broker_user_cpu_s": {:.6f}, )"
        R"("load_cpu_s": {:.6f}, "write_calls": {}, "disk_flushes": {}, "disk_bytes": {})",
        seconds(after.at_ns - before.at_ns), seconds(after.cpu_ns - before.cpu_ns),
        seconds(after.user_cpu_ns - before.user_cpu_ns),
        seconds(after.own_cpu_ns - before.own_cpu_ns), after.writes - before.writes,
        after.disk_flushes - before.disk_flushes, after.disk_bytes - before.disk_bytes);
  }

 private:
  static double seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

  void read_user(Usage& usage) const {
    std::ifstream file(fmt::format("/proc/{}/stat", pid_));
    std::string text;
    std::getline(file, text);
    std::istringstream words(text.substr(text.rfind(')') + 1));  // its name may have spaces
    std::string word;
    for (int field = 3; field < 14 && words >> word; ++field) continue;
    if (int64_t ticks = 0; words >> ticks) {
      usage.user_cpu_ns = ticks * (1'000'000'000 / sysconf(_SC_CLK_TCK));
    }
  }

  void read_io(Usage& usage) const {
    std::ifstream file(fmt::format("/proc/{}/io", pid_));
    std::string name;
    for (int64_t value = 0; file >> name >> value;) {
      if (name == "syscw:") usage.writes = value;
    }
  }

  void read_disk(Usage& usage) const {
    std::ifstream file("/proc/diskstats");
    for (std::string line; !disk_.empty() && std::getline(file, line);) {
      std::istringstream words(line);
      std::string name;
      int64_t number = 0;
      words >> number >> number >> name;
      for (int field = 4; name == disk_ && words >> number; ++field) {
        if (field == 10) usage.disk_bytes = number * 512;
        if (field == 19) usage.disk_flushes = number;
      }
    }
  }

  pid_t pid_;
  std::string disk_;
};

}  // namespace moldau::bench
