#include "apps/metrics/node_metrics.h"

#include <fmt/format.h>

#include <array>

#include "broker/group_coordinators.h"
#include "broker/group_history.h"
#include "broker/metrics.h"
#include "broker/replica_moves.h"
#include "protocol/api_key.h"

namespace moldau::apps {
namespace {

double real(std::integral auto value) {
  return static_cast<double>(value);
}

using ApiRow = std::pair<Labels, const broker::ApiMetrics*>;

/// APIs that have been asked for.
std::vector<ApiRow> used_apis(const broker::RequestMetrics& requests) {
  std::vector<ApiRow> rows;
  for (std::size_t key = 0; key < requests.by_api.size(); ++key) {
    const auto& api = requests.by_api[key];
    if (api.requests.value() == 0) continue;
    const auto name = protocol::name(static_cast<protocol::ApiKey>(key));
    rows.emplace_back(Labels{{"api", std::string(name)}}, &api);
  }
  return rows;
}

void add_requests(Families& families, const broker::RequestMetrics& requests) {
  const auto apis = used_apis(requests);
  for (const auto& [labels, api] : apis) {
    families.counter({"moldau_requests_total", "Requests answered"}, real(api->requests.value()),
                     labels);
  }
  for (const auto& [labels, api] : apis) {
    families.counter({"moldau_request_bytes_total", "Bytes of requests"},
                     real(api->request_bytes.value()), labels);
  }
  for (const auto& [labels, api] : apis) {
    families.counter({"moldau_response_bytes_total", "Bytes of answers"},
                     real(api->response_bytes.value()), labels);
  }
  for (const auto& [labels, api] : apis) {
    std::array<std::uint64_t, broker::LatencyHistogram::buckets> counts;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = api->latency.count(i);
    families.latency({"moldau_request_seconds", "From the whole request read to its answer"},
                     counts, api->latency.sum_us(), labels);
  }
  families.counter({"moldau_unsupported_requests_total",
                    "Connections closed for an API or version that is not served"},
                   real(requests.unsupported_versions.value()));
  families.counter({"moldau_malformed_requests_total", "Connections closed for a bad request"},
                   real(requests.malformed.value()));
  families.counter({"moldau_produced_bytes_total", "Bytes of record batches appended by clients"},
                   real(requests.bytes_in.value()));
  families.counter({"moldau_produced_records_total", "Records appended by clients"},
                   real(requests.records_in.value()));
  families.counter({"moldau_fetched_bytes_total", "Bytes of record batches sent to clients"},
                   real(requests.bytes_out.value()));
}

void add_network(Families& families, const net::ServerStats& stats) {
  const auto each_listener = [&](auto&& add) {
    for (const auto& listener : stats.listeners) add(listener, Labels{{"listener", listener.name}});
  };
  each_listener([&](const auto& listener, const Labels& labels) {
    families.gauge({"moldau_connections", "Open connections"}, real(listener.connections), labels);
  });
  each_listener([&](const auto& listener, const Labels& labels) {
    families.counter({"moldau_connections_accepted_total", "Connections accepted"},
                     real(listener.accepted), labels);
  });
  each_listener([&](const auto& listener, const Labels& labels) {
    families.counter({"moldau_connections_rejected_total",
                      "Connections closed at once: too many from that address"},
                     real(listener.rejected), labels);
  });
  net::WorkerTraffic sum;
  for (const auto& worker : stats.workers) {
    sum.bytes_in += worker.bytes_in;
    sum.bytes_out += worker.bytes_out;
    sum.pending_answers += worker.pending_answers;
  }
  families.counter({"moldau_network_received_bytes_total", "Bytes received"}, real(sum.bytes_in));
  families.counter({"moldau_network_sent_bytes_total", "Bytes sent"}, real(sum.bytes_out));
  families.gauge({"moldau_pending_answers", "Produce requests that wait to be committed"},
                 real(sum.pending_answers));
  families.gauge({"moldau_request_memory_bytes", "Memory taken by requests"},
                 real(stats.budget.used_bytes));
  families.gauge({"moldau_request_memory_limit_bytes", "Memory that requests may take"},
                 real(stats.budget.capacity_bytes));
  families.gauge({"moldau_request_memory_waiting", "Requests that wait for memory"},
                 real(stats.budget.waiting));
}

/// One number of each log directory.
struct DirectoryRow {
  Families::Name name;
  enum class Kind : std::uint8_t { counter, gauge } kind;
  double (*value)(const storage::LogDirStats&);
};

constexpr auto counter = DirectoryRow::Kind::counter;
constexpr auto gauge = DirectoryRow::Kind::gauge;

std::vector<DirectoryRow> directory_rows() {  // NOLINT: one row after the other
  using Stats = storage::LogDirStats;
  return {
      {{"moldau_log_bytes", "Size of all segments"},
       gauge,
       [](const Stats& s) { return real(s.log_bytes); }},
      {{"moldau_log_partitions", "Partitions in the directory"},
       gauge,
       [](const Stats& s) { return real(s.logs); }},
      {{"moldau_log_appended_bytes_total", "Bytes appended"},
       counter,
       [](const Stats& s) { return real(s.bytes_appended); }},
      {{"moldau_log_writes_total", "Write calls"},
       counter,
       [](const Stats& s) { return real(s.writes); }},
      {{"moldau_log_slow_writes_total", "Write calls that stalled a worker"},
       counter,
       [](const Stats& s) { return real(s.slow_writes); }},
      {{"moldau_log_append_failures_total", "Appends that failed"},
       counter,
       [](const Stats& s) { return real(s.append_failures); }},
      {{"moldau_log_queued_bytes", "Bytes with an offset that are not written yet"},
       gauge,
       [](const Stats& s) { return real(s.queued_bytes); }},
      {{"moldau_log_unflushed_bytes", "Bytes written that are not on disk yet"},
       gauge,
       [](const Stats& s) { return real(s.unflushed_bytes); }},
      {{"moldau_flush_rounds_total", "Flush rounds"},
       counter,
       [](const Stats& s) { return real(s.flush_rounds); }},
      {{"moldau_flush_files_total", "Files made durable by flush rounds"},
       counter,
       [](const Stats& s) { return real(s.flush_round_files); }},
      {{"moldau_flush_syncfs_total", "Flush rounds done by one syncfs"},
       counter,
       [](const Stats& s) { return real(s.flush_syncfs_rounds); }},
      {{"moldau_cleanings_total", "Compactions of a partition"},
       counter,
       [](const Stats& s) { return real(s.cleanings); }},
      {{"moldau_cleaner_failures_total", "Compactions that failed"},
       counter,
       [](const Stats& s) { return real(s.cleaner_failures); }},
      {{"moldau_cleaner_read_bytes_total", "Bytes read by compaction"},
       counter,
       [](const Stats& s) { return real(s.cleaner_bytes_read); }},
      {{"moldau_cleaner_written_bytes_total", "Bytes written by compaction"},
       counter,
       [](const Stats& s) { return real(s.cleaner_bytes_written); }},
      {{"moldau_cleaner_freed_bytes_total", "Bytes by which compaction made segments smaller"},
       counter,
       [](const Stats& s) { return real(s.cleaner_bytes_freed); }},
      {{"moldau_cleaner_uncleanable_partitions",
        "Partitions that could not be compacted and are tried again later"},
       gauge,
       [](const Stats& s) { return real(s.uncleanable_logs); }},
      {{"moldau_cleaner_since_last_look_seconds",
        "Time since a partition to compact was last looked for; it grows while one is compacted"},
       gauge,
       [](const Stats& s) { return static_cast<double>(s.cleaner_idle_ms) / 1000; }},
      {{"moldau_cleaner_dirty_ratio_max", "Dirty part of the dirtiest compacted partition"},
       gauge,
       [](const Stats& s) { return s.dirty_ratio_max; }},
      {{"moldau_scrub_passes_total", "Times that all sealed segments were read again"},
       counter,
       [](const Stats& s) { return real(s.scrub_passes); }},
      {{"moldau_scrubbed_bytes_total", "Bytes read again and checked"},
       counter,
       [](const Stats& s) { return real(s.scrubbed_bytes); }},
      {{"moldau_scrub_failures_total", "Segments that could not be read again"},
       counter,
       [](const Stats& s) { return real(s.scrub_failures); }},
      {{"moldau_scrub_damage_total", "Segments in which scrubbing has found damage"},
       counter,
       [](const Stats& s) { return real(s.scrub_damage); }},
      {{"moldau_log_moves_in_total", "Partitions moved here from another log directory"},
       counter,
       [](const Stats& s) { return real(s.moves_in); }},
      {{"moldau_log_move_copied_bytes_total", "Bytes copied for moves into this directory"},
       counter,
       [](const Stats& s) { return real(s.move_bytes_in); }},
      {{"moldau_disk_free_bytes", "Free space of the file system"},
       gauge,
       [](const Stats& s) { return real(s.free_bytes); }},
      {{"moldau_disk_below_reserve", "1: produce requests are refused until space is freed"},
       gauge,
       [](const Stats& s) { return s.below_reserve ? 1.0 : 0.0; }},
      {{"moldau_log_directory_offline", "1: the directory has failed"},
       gauge,
       [](const Stats& s) { return s.offline ? 1.0 : 0.0; }},
  };
}

void add_directories(Families& families, const broker::Node& node) {
  const auto directories = node.directory_stats();
  for (const auto& row : directory_rows()) {
    for (const auto& [path, stats] : directories) {
      const Labels labels{{"directory", path}};
      row.kind == counter ? families.counter(row.name, row.value(stats), labels)
                          : families.gauge(row.name, row.value(stats), labels);
    }
  }
  for (const auto& [path, stats] : directories) {
    families.latency({"moldau_flush_seconds", "Duration of flush rounds"},
                     stats.flush_latency.counts, stats.flush_latency.sum_us, {{"directory", path}});
  }
}

void add_open_files(Families& families, const storage::OpenFiles& files) {
  families.gauge({"moldau_log_files_open", "Files of segments that are kept open"},
                 real(files.count()));
  families.gauge({"moldau_log_files_open_limit", "Beyond it the longest unused are closed"},
                 real(files.max()));
  families.counter({"moldau_log_files_evicted_total", "Files that were closed to keep the limit"},
                   real(files.evictions()));
}

void add_partitions(Families& families, broker::Node& node) {
  std::int64_t leaders = 0;
  std::int64_t under_min_isr = 0;
  for (const auto& partition : node.broker().partitions().all()) {
    leaders += partition->is_leader() ? 1 : 0;
    under_min_isr += partition->is_under_min_isr() ? 1 : 0;
  }
  families.gauge({"moldau_partitions_led", "Partitions that this broker leads"}, real(leaders));
  families.gauge({"moldau_partitions_under_min_isr",
                  "Partitions led here with fewer in-sync replicas than min.insync.replicas"},
                 real(under_min_isr));
  families.gauge({"moldau_partitions_quarantined",
                  "Partitions that are not served because their files are damaged"},
                 real(node.quarantined_partitions()));
  const auto& moves = node.broker().moves();
  families.gauge({"moldau_log_moves", "Moves between log directories asked for and not finished"},
                 real(moves.in_progress()));
  families.counter({"moldau_log_move_failures_total",
                    "Moves given up: the partition stays where it is, the log says why"},
                   real(moves.failures()));
  const auto& answers = node.broker().answer_memory();
  families.gauge(
      {"moldau_answer_memory_bytes", "Records in memory, in answers that are not taken yet"},
      real(answers.used()));
  families.gauge({"moldau_answer_memory_limit_bytes", "Beyond it answers are small"},
                 real(answers.capacity()));
  families.gauge({"moldau_answer_files", "Held open by answers whose records stay in them"},
                 real(answers.held_files()));
  families.gauge({"moldau_fetch_sessions", "Incremental fetch sessions"},
                 real(node.broker().fetch_sessions().size()));
}

void add_groups(Families& families, const broker::GroupCoordinators& coordinators) {
  std::size_t groups = 0;
  std::size_t members = 0;
  std::size_t offsets = 0;
  std::size_t loading = 0;
  for (const auto& shard : coordinators.all()) {
    const auto sizes = shard->look([](const coordinator::Groups& machine) {
      return std::array{machine.group_count(), machine.member_count(), machine.offset_count()};
    });
    if (!sizes) {
      ++loading;
      continue;
    }
    groups += (*sizes)[0];
    members += (*sizes)[1];
    offsets += (*sizes)[2];
  }
  families.gauge({"moldau_groups", "Consumer groups that this broker coordinates"}, real(groups));
  families.gauge({"moldau_group_members", "Members of these groups"}, real(members));
  families.gauge({"moldau_group_offsets", "Offsets that these groups have committed"},
                 real(offsets));
  families.gauge({"moldau_group_partitions_not_serving",
                  "Partitions of __consumer_offsets led here whose groups are not served, as they "
                  "are being loaded or cannot be read"},
                 real(loading));
  using Kind = broker::GroupHistory::Kind;
  const auto totals = coordinators.history().totals();
  // Every kind, also before it has happened: a counter that begins at 1 has no rate.
  const auto each_kind = [&](auto&& add) {
    for (std::size_t i = 1; i < totals.events.size(); ++i) add(i, static_cast<Kind>(i));
  };
  each_kind([&](std::size_t i, Kind kind) {
    if (kind == Kind::rebalance) return;
    families.counter({"moldau_group_events_total", "What happened in groups and to their members"},
                     real(totals.events[i]), {{"event", std::string(coordinator::name(kind))}});
  });
  each_kind([&](std::size_t i, Kind kind) {
    if (!coordinator::may_cause_rebalance(kind)) return;
    families.counter({"moldau_group_rebalances_total", "Rebalances begun, by what caused them"},
                     real(totals.rebalances[i]), {{"cause", std::string(coordinator::name(kind))}});
  });
}

}  // namespace

Families collect(broker::Node& node) {
  Families families;
  add_requests(families, node.broker().requests());
  add_network(families, node.server_stats());
  add_directories(families, node);
  add_open_files(families, node.open_log_files());
  add_partitions(families, node);
  add_groups(families, node.broker().groups());
  return families;
}

}  // namespace moldau::apps
