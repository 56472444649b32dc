#include "apps/moldau/server_command.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "apps/cli/options.h"
#include "apps/cli/output.h"
#include "apps/metrics/group_page.h"
#include "apps/metrics/http_server.h"
#include "apps/metrics/node_metrics.h"
#include "apps/moldau/server_config.h"
#include "apps/moldau/version.h"
#include "broker/node.h"
#include "env/real/block_on.h"
#include "env/real/freed_memory.h"
#include "env/real/real_env.h"
#include "env/real/service_notify.h"

namespace moldau::apps {
namespace {

/// How long a stop may take: clients are answered and logs flushed until then. The service unit
/// (packaging/moldau.service) waits longer before it kills.
constexpr auto stop_limit = std::chrono::seconds(30);
/// Later the process ends whatever happens.
constexpr auto give_up_after = std::chrono::seconds(5);

struct Options {
  ServerArguments arguments;
  std::string log_requests;  ///< empty: no log of requests
  env::Level log_level{env::Level::info};
};

/// How many files this process may have open: as many as the system lets us.
std::size_t raise_file_limit(env::Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return storage::OpenFiles::unlimited;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const rlim_t reached = ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
  constexpr rlim_t enough = 10'000;
  if (reached < enough) {
    log.warn("few open files are allowed limit={} hint=\"raise it with ulimit -n\"", reached);
  }
  return reached;
}

/// A host that a client on this machine can use.
std::string reachable(const std::string& host) {
  const bool everywhere = host.empty() || host == "0.0.0.0" || host == "::";
  return everywhere ? "localhost" : host;
}

/// Why a start failed, and what to do about it.
std::string advice(const Error& error) {
  if (error.code == Errc::exists && error.os_error == EADDRINUSE) {
    return "something else listens there. Stop it, or choose another port with --override "
           "listeners=PLAINTEXT://:PORT,CONTROLLER://:PORT";
  }
  if (error.code == Errc::locked) {
    return "another broker uses this directory. Stop it, or choose another directory with "
           "--override log.dirs=DIRECTORY";
  }
  if (error.code == Errc::read_only) {
    return "this user may not write there. Change its owner, or choose another directory with "
           "--override log.dirs=DIRECTORY";
  }
  return {};
}

int report_failed_start(const Error& error) {
  const auto what_to_do = advice(error);
  fmt::print(stderr, "moldau: not started: {}{}{}\n", error.to_string(),
             what_to_do.empty() ? "" : ": ", what_to_do);
  return exit_failed;
}

class Server {
 public:
  Server(env::RealEnv& env, StaticConfig properties, broker::BrokerConfig config)
      : env_(env),
        worker_(env.workers().at(0)),
        properties_(std::move(properties)),
        node_(env, std::move(config)),
        signalled_(worker_) {}

  /// Starts, says so, serves until SIGINT or SIGTERM, stops; the exit code. On worker 0.
  env::Task<int> run(MonoTime process_start) {
    const env::TerminationSignals signals(worker_, [this](int signal) { on_signal(signal); });
    const env::FreedMemory freed_memory(env_.workers());
    auto started = co_await node_.start();
    if (started) started = open_metrics();
    if (started) {
      say_ready(process_start);
      notify("READY=1");
      // Its error would be that this task is cancelled, which nobody does.
      (void)co_await signalled_.wait();
      notify("STOPPING=1");
      env_.log().info("stopping");
    }
    // The servers stop within the limit; a disk that does not answer keeps to none.
    worker_.call_at(worker_.now() + stop_limit + give_up_after, [this] { give_up(); });
    if (metrics_ != nullptr) co_await metrics_->stop();
    co_await node_.stop(worker_.now() + stop_limit);
    if (!started) co_return report_failed_start(started.error());
    env_.log().info("stopped");
    co_return exit_ok;
  }

 private:
  void on_signal(int signal) {
    // Whoever asks twice does not want to wait.
    if (stop_asked_) ::_exit(128 + signal);
    stop_asked_ = true;
    signalled_.notify();
  }

  void give_up() {
    env_.log().error(
        "not stopped in time, a disk does not answer: giving up. What was acknowledged "
        "is durable; the next start recovers the rest");
    ::_exit(exit_failed);
  }

  void notify(std::string_view state) {
    if (auto told = env::notify_service_manager(state); !told) {
      env_.log().warn("the service manager was not told state={} error=\"{}\"", state,
                      told.error().to_string());
    }
  }

  /// A taken port is an error only where the user chose it: several brokers run on one machine.
  Result<> open_metrics() {
    const auto endpoint = TRY(metrics_endpoint(properties_));
    if (!endpoint) return {};
    HttpPages pages;
    pages["/metrics"] = [this] {
      return HttpAnswer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                        .body = collect(node_).to_text()};
    };
    pages["/health"] = [this] { return health(); };
    auto& worker = env_.workers().at(env_.workers().count() - 1);
    HttpTrees trees;
    trees["/groups/"] = [this](std::string_view group) { return group_page(node_, group); };
    auto server = HttpServer::open(env_, worker, *endpoint, std::move(pages), std::move(trees));
    if (server) {
      metrics_ = std::move(*server);
      return {};
    }
    if (properties_.is_set("metrics.listener")) {
      return std::unexpected(std::move(server).error().within("metrics.listener"));
    }
    env_.log().warn("no metrics are served error=\"{}\" hint=\"set metrics.listener\"",
                    server.error().to_string());
    return {};
  }

  HttpAnswer health() const {
    for (const auto& [path, stats] : node_.directory_stats()) {
      if (stats.offline) return {.status = 503, .body = "offline: " + path + "\n"};
    }
    return {.status = 200, .body = "ok\n"};
  }

  void say_ready(MonoTime process_start) {
    std::vector<std::string> addresses;
    std::string bootstrap;
    const auto controllers = properties_.list("controller.listener.names");
    for (const auto& listener : node_.bound()) {
      const env::Endpoint address{reachable(listener.endpoint.host), listener.endpoint.port};
      addresses.push_back(fmt::format("{}://{}", listener.name, address.to_string()));
      const bool for_clients = std::ranges::find(controllers, listener.name) == controllers.end();
      if (bootstrap.empty() && for_clients) bootstrap = address.to_string();
    }
    if (metrics_ != nullptr) {
      const env::Endpoint address{reachable(metrics_->local().host), metrics_->local().port};
      addresses.push_back(fmt::format("http://{}/metrics", address.to_string()));
    }
    const auto took = std::chrono::duration<double, std::milli>(worker_.now() - process_start);
    const std::string program = program_invocation_name;
    const std::string where = bootstrap == "localhost:9092" ? "" : " --bootstrap " + bootstrap;
    fmt::print(
        "moldau {} is ready: {}; data in {}; {:.0f} ms since start\n"
        "Try:\n"
        "  {} topic create greetings{}\n"
        "  echo hello | {} produce greetings{}\n"
        "  {} consume greetings --from beginning{}\n",
        version(), fmt::join(addresses, ", "), fmt::join(properties_.log_dirs(), ", "),
        took.count(), program, where, program, where, program, where);
    std::fflush(stdout);
  }

  env::RealEnv& env_;
  env::Worker& worker_;
  const StaticConfig properties_;
  broker::Node node_;
  std::unique_ptr<HttpServer> metrics_;
  env::Signal signalled_;
  bool stop_asked_{false};
};

std::string check_log_requests(const std::string& word) {
  const auto parsed = broker::parse_request_log(word);
  return parsed ? std::string() : parsed.error().context;
}

int run_server(const Options& options) {
  env::RealEnv env({.workers = 0, .log_level = options.log_level, .log_sink = {}});
  const auto process_start = env.clock().now();
  auto properties = read_properties(env.disk(), options.arguments);
  if (!properties) return report(properties.error());
  if (!properties->without_effect.empty()) {
    env.log().warn("properties without effect here: {}",
                   fmt::join(properties->without_effect, ", "));
  }
  auto config = broker::BrokerConfig::make(properties->config);
  if (!config) return report(config.error());
  if (!options.log_requests.empty()) {
    config->request_log = broker::parse_request_log(options.log_requests).value();
  }
  // The other half is for connections, and for what is written and not yet flushed.
  config->open_log_files_max = raise_file_limit(env.log()) / 2;

  env.start();
  int code = exit_failed;
  {
    Server server(env, properties->config, std::move(*config));
    code = env::block_on(env.workers().at(0), server.run(process_start));
    env.stop();
    env.run();  // until the workers have ended: only then may what they used go
  }
  return code;
}

}  // namespace

void add_server_command(Command program, Chosen& chosen) {
  const auto app = program.add_subcommand("server", "run a broker and controller");
  app.footer("Without --config: Apache Kafka's server.properties, with the data directory\n" +
             default_data_directory() +
             ".\n"
             "SIGINT and SIGTERM stop it.\n\n"
             "Examples:\n"
             "  moldau server\n"
             "  moldau server --config server.properties --override num.partitions=3\n"
             "  moldau server --log-requests 0.001,slow=500\n"
             "  moldau server --override log.dirs=/data \\\n"
             "      --override listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093");
  const auto options = std::make_shared<Options>();
  app.add_option("--config", options->arguments.config_file, "Kafka's server.properties")
      .type_name("FILE");
  add_list(app, "--override", options->arguments.overrides, "KEY=VALUE",
           "a property that replaces the file's; may be repeated");
  add_choice<env::Level>(app, "--log-level", options->log_level,
                         {{"debug", env::Level::debug},
                          {"info", env::Level::info},
                          {"warn", env::Level::warn},
                          {"error", env::Level::error}},
                         "what is said on standard error");
  app.add_option("--log-requests", options->log_requests,
                 "requests that are logged, with their answers: all, every=N, a fraction by chance "
                 "(0.01), slow=MS, or several with commas; credentials are hidden")
      .check(check_log_requests)
      .type_name("WHICH");
  app.callback([&chosen, options] {
    if (!options->log_requests.empty() && options->log_level > env::Level::info) {
      throw UsageError("--log-requests says its lines at level info: leave --log-level at info");
    }
    chosen.run = [options](World&) { return run_server(*options); };
  });
}

}  // namespace moldau::apps
