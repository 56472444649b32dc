#include "env/real/real_env.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <future>
#include <set>
#include <thread>

#include "env/mutex.h"
#include "env/real/fd.h"
#include "env/real/real_listener.h"
#include "env/real/real_log.h"
#include "env/scope.h"
#include "env/signal.h"
#include "env/test_world.h"

namespace moldau::env {
namespace {

Duration processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST(RealEnv, idle_uses_no_processor) {
  RealTestWorld world;
  const auto pool = world.env().make_pool("idle");
  pool->submit(IoClass::flush, [] {});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const Duration before = processor_time();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(processor_time() - before, milliseconds(2));
}

TEST(RealEnv, lock_excludes_another_process) {
  RealTestWorld world;
  const std::string path = world.directory() + "/.lock";
  const auto lock = world.env().disk().lock(path).value();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto taken = world.env().disk().lock(path);
    ::_exit(!taken && taken.error().code == Errc::locked ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RealEnv, pool_runs_everything_before_it_is_destroyed_and_starts_threads_on_demand) {
  std::atomic<int> ran{0};
  std::set<std::thread::id> threads;
  Mutex mutex;
  {
    RealTestWorld world;
    const auto pool = world.env().make_pool("test");
    for (int i = 0; i < 100; ++i) {
      pool->submit(IoClass::background, [&] {
        ++ran;
        Lock lock(mutex);
        threads.insert(std::this_thread::get_id());
      });
    }
    EXPECT_LE(pool->queued(IoClass::background), 100U);
  }
  EXPECT_EQ(ran, 100);
  EXPECT_LE(threads.size(), 2U);
}

TEST(RealEnv, what_follows_a_job_runs_on_its_thread) {
  RealTestWorld world;
  const auto pool = world.env().make_pool("test");
  std::promise<std::thread::id> first;
  std::promise<std::thread::id> second;
  pool->submit(IoClass::flush, [&] {
    pool->follow(IoClass::flush, [&] { second.set_value(std::this_thread::get_id()); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // another would take it meanwhile
    first.set_value(std::this_thread::get_id());
  });
  EXPECT_EQ(first.get_future().get(), second.get_future().get());
}

TEST(RealEnv, jobs_posted_by_one_thread_run_in_order) {
  RealTestWorld world;
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 1'000; ++i) {
    world.env().workers().at(1).post([&order, i] { order.push_back(i); });
  }
  world.env().workers().at(1).post([&done] { done.set_value(); });
  done.get_future().wait();
  EXPECT_EQ(order.size(), 1'000U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(RealEnv, termination_signal_calls_back_every_time) {
  RealEnv env({.workers = 1, .log_level = Level::error, .log_sink = {}});
  std::vector<int> seen;
  const TerminationSignals signals(env.workers().at(0), [&](int signal) {
    seen.push_back(signal);
    if (seen.size() == 2) {
      env.stop();
    } else {
      ::kill(::getpid(), SIGINT);
    }
  });
  env.start();
  ::kill(::getpid(), SIGTERM);
  env.run();
  EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
}

TEST(RealEnv, log_goes_to_the_sink_from_its_level_on) {
  std::vector<std::string> lines;
  RealEnv env({.workers = 1,
               .log_level = Level::warn,
               .log_sink = [&](Level, std::string_view line) { lines.emplace_back(line); }});
  env.log().info("unseen");
  env.log().warn("disk slow ms={}", 7);
  EXPECT_EQ(lines, (std::vector<std::string>{"disk slow ms=7"}));
}

TEST(RealEnv, log_writes_one_line_of_bounded_length_whatever_clients_put_into_it) {
  std::vector<std::string> lines;
  RealEnv env({.workers = 1,
               .log_level = Level::info,
               .log_sink = [&](Level, std::string_view line) { lines.emplace_back(line); }});
  env.log().info("topic=\"{}\"", std::string_view("a\nerror forged\0\x1b[2J\x7f é", 23));
  env.log().info("name={}", std::string(RealLog::line_bytes_max, 'x'));
  EXPECT_EQ(lines.at(0), "topic=\"a\\x0aerror forged\\x00\\x1b[2J\\x7f é\"");
  EXPECT_TRUE(lines.at(1).ends_with("xxx... (5 bytes more)"));
  EXPECT_LT(lines.at(1).size(), RealLog::line_bytes_max + 40);
}

TEST(RealEnv, uuids_are_version_4_and_differ) {
  RealTestWorld world;
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const Uuid uuid = world.env().entropy().uuid();
    EXPECT_EQ(uuid.bytes[6] >> 4, 4);
    EXPECT_EQ(uuid.bytes[8] >> 6, 2);
    EXPECT_NE(uuid.to_string().front(), '-');
    EXPECT_TRUE(seen.insert(uuid.to_string()).second);
  }
}

// Lowers the number of descriptors this process may have to what it has now.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Fd probe(::dup(0));
    const rlimit none{static_cast<rlim_t>(probe.get()), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

Task<> accept_one(Env& env, Listener& listener, std::unique_ptr<Stream>& accepted) {
  const std::function<Worker&()> choose = [&env]() -> Worker& { return env.workers().at(0); };
  accepted = (co_await listener.accept(choose)).value();
}

Task<> accept_without_descriptors(Env& env) {
  Worker& home = env.workers().at(0);
  const auto listener = env.transport().listen({"127.0.0.1", 0}, home).value();
  const auto client =
      (co_await env.transport().connect(listener->local(), home, MonoTime::max())).value();
  Scope scope(home);
  std::unique_ptr<Stream> accepted;
  {
    const NoDescriptors none;
    const Duration before = processor_time();
    scope.spawn(accept_one(env, *listener, accepted));
    EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(250)));
    EXPECT_EQ(accepted, nullptr);
    EXPECT_LT(processor_time() - before, milliseconds(20));
  }
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(200)));
  EXPECT_NE(accepted, nullptr);
  co_await scope.stop();
}

TEST(RealEnv, without_descriptors_accept_waits_and_does_not_spin) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "UBSan opens a pipe to look at an object's type, and calls it invalid without";
#endif
  RealTestWorld world;
  world.run(accept_without_descriptors(world.env()));
}

/// Lets the descriptors that follow be connections, up to `count` of them.
class DescriptorsForConnections {
 public:
  explicit DescriptorsForConnections(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Fd probe(::dup(0));
    const rlim_t wanted = static_cast<rlim_t>(probe.get()) + count;
    rlim_t limit = wanted;
    while (limit - descriptors_kept(limit) < wanted) ++limit;
    const rlimit now{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
    kept = descriptors_kept(limit);
  }
  ~DescriptorsForConnections() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  std::uint64_t kept{0};

 private:
  rlimit before_{};
};

Task<> accept_all(Env& env, Listener& listener, std::vector<std::unique_ptr<Stream>>& accepted) {
  const std::function<Worker&()> choose = [&env]() -> Worker& { return env.workers().at(0); };
  while (auto stream = co_await listener.accept(choose)) accepted.push_back(std::move(*stream));
}

Task<> accept_until_files_need_the_rest(Env& env) {
  Worker& home = env.workers().at(0);
  const auto listener = env.transport().listen({"127.0.0.1", 0}, home).value();
  std::vector<std::unique_ptr<Stream>> clients;
  clients.reserve(60);
  for (int i = 0; i < 60; ++i) {
    clients.push_back(
        (co_await env.transport().connect(listener->local(), home, MonoTime::max())).value());
  }
  Scope scope(home);
  std::vector<std::unique_ptr<Stream>> accepted;
  {
    const DescriptorsForConnections limit(20);
    scope.spawn(accept_all(env, *listener, accepted));
    EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(150)));
    EXPECT_EQ(accepted.size(), 20U);
    std::vector<Fd> files;
    files.reserve(limit.kept);
    for (std::uint64_t i = 0; i < limit.kept; ++i) files.emplace_back(::dup(0));
    EXPECT_TRUE(files.back());
    EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(150)));
    EXPECT_EQ(accepted.size(), 20U);
  }
  EXPECT_TRUE(co_await sleep_until(home, home.now() + milliseconds(200)));
  EXPECT_EQ(accepted.size(), clients.size());
  co_await scope.stop();
}

TEST(RealEnv, connections_leave_descriptors_for_files) {
  RealTestWorld world;
  world.run(accept_until_files_need_the_rest(world.env()));
}

Task<> connect_by_name(Env& env) {
  Worker& home = env.workers().at(0);
  const std::function<Worker&()> choose = [&env]() -> Worker& { return env.workers().at(0); };
  const auto listener = env.transport().listen({"", 0}, home).value();
  const auto client = co_await env.transport().connect({"localhost", listener->local().port}, home,
                                                       home.now() + milliseconds(5'000));
  EXPECT_TRUE(client);
  EXPECT_TRUE(co_await listener->accept(choose));
  const auto unknown = co_await env.transport().connect({"no-such-host.invalid", 1}, home,
                                                        home.now() + milliseconds(5'000));
  EXPECT_FALSE(unknown);
}

TEST(RealEnv, names_are_resolved_off_the_worker) {
  RealTestWorld world;
  world.run(connect_by_name(world.env()));
}

Task<> connect_too_late(Env& env) {
  Worker& home = env.workers().at(0);
  // A full backlog on Linux leaves a connection half open: the connect neither fails nor succeeds.
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd, 0), 0);
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  const Endpoint full{"127.0.0.1", ntohs(address.sin_port)};
  std::vector<std::unique_ptr<Stream>> streams;
  Errc last{};
  for (int i = 0; i < 4 && last != Errc::timed_out; ++i) {
    auto stream = co_await env.transport().connect(full, home, home.now() + milliseconds(100));
    if (stream) {
      streams.push_back(std::move(*stream));
    } else {
      last = stream.error().code;
    }
  }
  EXPECT_EQ(last, Errc::timed_out);
  ::close(fd);
}

TEST(RealEnv, connect_keeps_its_deadline) {
  RealTestWorld world;
  world.run(connect_too_late(world.env()));
}

}  // namespace
}  // namespace moldau::env
