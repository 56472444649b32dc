// log_engine_bench DIRECTORY MEGABYTES: one partition's log next to plain system calls on the same
// bytes and the same disk, in turns. Prints one JSON object: MB/s of each, by name.
//
// Append: batches of one size, so many in flight. The log acknowledges each when it is durable; the
// plain loop puts down with one pwritev as many as are in flight, then fdatasync. Read: everything
// once, in order, a megabyte at a time, from the page cache and from the device.

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <vector>

#include "env/real/real_env.h"
#include "records/builder.h"
#include "storage/log_dir.h"

namespace moldau::storage {
namespace {

constexpr std::size_t mib = 1 << 20;
constexpr std::size_t read_bytes = mib;

struct Load {
  const char* name;
  std::size_t batch_bytes;
  std::size_t in_flight;
};
constexpr std::array loads{Load{"append 1 KiB, 1 in flight", 1 << 10, 1},
                           Load{"append 16 KiB, 1 in flight", 16 << 10, 1},
                           Load{"append 16 KiB, 64 in flight", 16 << 10, 64},
                           Load{"append 256 KiB, 16 in flight", 256 << 10, 16}};
/// What waits for the device each time needs no more than this to be measured.
constexpr std::size_t rounds_max = 4000;

using Clock = std::chrono::steady_clock;

double mb_per_s(std::size_t bytes, Clock::time_point begun) {
  return static_cast<double>(bytes) / 1e6 /
         std::chrono::duration<double>(Clock::now() - begun).count();
}

SharedBytes batch_of(std::size_t bytes) {
  records::BatchBuilder builder({});
  const std::string value(bytes - 80, 'v');
  builder.append({.timestamp = 1'000'000, .value = as_bytes(value)});
  return std::move(builder).build();
}

void expect(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print(stderr, "{}\n", what);
  std::_Exit(1);
}

/// The one in-sync replica.
class OneReplica final : public LogListener {
 public:
  void on_written(Log&, Wakeups&) override {}
  void on_limit(Log& log, Wakeups& wakeups) override {
    log.advance_high_watermark(log.positions().limit, wakeups);
  }
  void on_offline(Log&, const Error& error, Wakeups&) override { expect(false, error.to_string()); }
};

/// Keeps so many batches in flight, as a connection does, on one worker.
class Producer final : public AppendWaiter {
 public:
  Producer(env::Worker& home, std::shared_ptr<Log> log, SharedBytes batch)
      : AppendWaiter(home), log_(std::move(log)), batch_(std::move(batch)) {}

  void run(const std::shared_ptr<Producer>& self, std::size_t count, std::size_t in_flight) {
    left_ = count;
    unanswered_ = count;
    home().post([self, in_flight] {
      for (std::size_t i = 0; i < in_flight; ++i) self->append(self);
    });
    done_.get_future().wait();
  }
  void on_append_done(std::uint32_t, AppendOutcome outcome) override {
    expect(outcome == AppendOutcome::done, "an append has failed");
    if (--unanswered_ == 0) return done_.set_value();
    append(self_.lock());
  }

 private:
  void append(const std::shared_ptr<Producer>& self) {
    self_ = self;
    if (left_ == 0) return;
    const auto answer =
        log_->append({.batch = batch_, .leader_epoch = LeaderEpoch(0), .waiter = self, .tag = 0});
    if (answer.status == AppendStatus::no_room) {
      log_->wait_for_room(home(), [self] { self->append(self); });
      return;
    }
    expect(answer.status == AppendStatus::assigned, "an append was refused");
    --left_;
  }

  std::shared_ptr<Log> log_;
  const SharedBytes batch_;
  std::weak_ptr<Producer> self_;
  std::size_t left_{0};
  std::size_t unanswered_{0};
  std::promise<void> done_;
};

class Bench {
 public:
  Bench(std::filesystem::path directory, std::size_t megabytes)
      : directory_(std::move(directory)), bytes_(megabytes * mib) {
    env_.start();
    auto dir = LogDir::open(env_, {.path = directory_ / "log", .min_free_bytes = 0});
    expect(dir.has_value(), "no directory");
    dir_ = std::move(*dir);
  }
  ~Bench() {
    dir_.reset();
    env_.stop();
    env_.run();
  }

  void run() {
    for (const auto& load : loads) {
      const auto batch = batch_of(load.batch_bytes);
      const auto rounds = std::min(bytes_ / batch.size() / load.in_flight, rounds_max);
      plain_append(load, batch, rounds);
      append(load, batch, rounds);
    }
    // The last load's files.
    for (const bool cached : {true, false}) {
      const auto name = fmt::format("read, {}", cached ? "page cache" : "device");
      // The system may have taken pages back meanwhile: the second reading of each counts.
      for (int pass = 0; pass < (cached ? 2 : 1); ++pass) plain_read(name, cached);
      for (int pass = 0; pass < (cached ? 2 : 1); ++pass) read(name, cached);
    }
    print();
  }

 private:
  void plain_append(const Load& load, const SharedBytes& batch, std::size_t rounds) {
    const auto path = directory_ / "plain";
    std::filesystem::remove(path);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    const std::vector<iovec> pieces(
        load.in_flight, iovec{const_cast<std::uint8_t*>(batch.bytes().data()), batch.size()});
    off_t position = 0;
    const auto begun = Clock::now();
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto written = ::pwritev(fd, pieces.data(), static_cast<int>(pieces.size()), position);
      expect(written == static_cast<ssize_t>(load.in_flight * batch.size()), "pwritev");
      expect(::fdatasync(fd) == 0, "fdatasync");
      position += written;
    }
    plain_[load.name] = mb_per_s(static_cast<std::size_t>(position), begun);
    ::close(fd);
  }

  void append(const Load& load, const SharedBytes& batch, std::size_t rounds) {
    static std::int32_t number = 0;
    const KnownLog fresh{{"t", PartitionId(number++)}, Uuid{}, std::make_shared<LogConfig>()};
    auto created = dir_->create(std::span(&fresh, 1));
    expect(created.has_value(), "no partition");
    log_ = created->front();
    batch_bytes_ = batch.size();
    const auto replica = std::make_shared<OneReplica>();
    log_->set_listener(replica);
    const auto producer = std::make_shared<Producer>(env_.workers().at(0), log_, batch);
    const auto count = rounds * load.in_flight;
    const auto begun = Clock::now();
    producer->run(producer, count, load.in_flight);
    log_rate_[load.name] = mb_per_s(count * batch.size(), begun);
  }

  void plain_read(const std::string& name, bool cached) {
    const int fd = ::open((directory_ / "plain").c_str(), O_RDONLY | O_CLOEXEC);
    if (!cached) ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    std::vector<std::uint8_t> buffer(read_bytes);
    std::size_t position = 0;
    const auto begun = Clock::now();
    while (const auto got =
               ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(position))) {
      expect(got > 0, "pread");
      position += static_cast<std::size_t>(got);
    }
    plain_[name] = mb_per_s(position, begun);
    ::close(fd);
  }

  void read(const std::string& name, bool cached) {
    const auto end = log_->positions().high_watermark;
    std::vector<std::uint8_t> buffer(read_bytes);
    if (!cached) {
      const auto plan = log_->read(
          {.from = Offset(0), .limit = end, .max_bytes = read_bytes, .mode = ReadMode::blocking});
      expect(plan && plan->file->drop_cached(0, 0), "drop");
    }
    std::size_t total = 0;
    Offset at(0);
    const auto begun = Clock::now();
    while (at < end) {
      const auto plan = log_->read(
          {.from = at, .limit = end, .max_bytes = read_bytes, .mode = ReadMode::blocking});
      expect(plan && plan->file != nullptr, "read");
      const auto got = plan->file->pread(
          std::span(buffer).first(static_cast<std::size_t>(plan->length)), plan->position);
      expect(got && *got == plan->length, "pread of the log");
      // One record each. What is left of a batch at the end is read again, as for any consumer.
      const auto batches = static_cast<std::int64_t>(*got / batch_bytes_);
      total += static_cast<std::size_t>(batches) * batch_bytes_;
      at = at + batches;
    }
    log_rate_[name] = mb_per_s(total, begun);
  }

  void print() const {
    std::string text;
    for (const auto& [name, rate] : plain_) {
      if (!text.empty()) text += ", ";
      text += fmt::format("\"{}\": {{\"plain\": {:.2f}, \"log\": {:.2f}}}", name, rate,
                          log_rate_.at(name));
    }
    fmt::print("{{{}}}\n", text);
  }

  const std::filesystem::path directory_;
  const std::size_t bytes_;
  env::RealEnv env_{{.workers = 0, .log_level = env::Level::error, .log_sink = {}}};
  std::unique_ptr<LogDir> dir_;
  std::shared_ptr<Log> log_;
  std::size_t batch_bytes_{0};
  std::map<std::string, double> plain_;
  std::map<std::string, double> log_rate_;
};

}  // namespace
}  // namespace moldau::storage

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "log_engine_bench DIRECTORY MEGABYTES\n");
    return 2;
  }
  std::size_t megabytes = 0;
  const std::string_view text = argv[2];
  std::from_chars(text.data(), text.data() + text.size(), megabytes);
  moldau::storage::Bench(argv[1], megabytes).run();
  return 0;
}
