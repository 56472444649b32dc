#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "env/sim/options.h"
#include "sim/catalog.h"
#include "storage/open_files.h"

namespace moldau::sim {

enum class FaultKind : std::uint8_t {
  power_cut,          ///< unsynced bytes and names are kept, lost or torn
  kill,               ///< SIGKILL: what the kernel has, stays
  clean_stop,         ///< SIGTERM
  power_cut_in_work,  ///< right after the n-th disk operation from now, also during a start
  failed_sync,        ///< EIO; the pages are lost. The directory goes offline; then a power cut
  failed_write,       ///< EIO after a part. The same
  failed_read,        ///< EIO once
  slow_disk,          ///< every operation takes longer for a while
  stalled_write,      ///< one write takes 30 s
  stalled_sync,       ///< one fdatasync takes seconds
  full_disk,          ///< ENOSPC in the middle of something; space comes back later
  clock_step,         ///< of the broker's wall clock, by minutes, either way
  connection_reset,   ///< of one connection, or of all
  cut_network,        ///< between clients and broker, in one direction or both, healed later
  slow_network,
  damage_while_down,  ///< of bytes that had been synced, at a power cut
  damage_at_rest,     ///< the same in files that nobody writes, while the broker runs
};
inline constexpr int fault_kinds = 17;

struct PlannedFault {
  Duration after{0};  ///< since the fault before
  FaultKind kind{};
  std::uint64_t chance{0};  ///< whatever of it is not decided by its kind
};

/// What a run may suffer. A broker has to keep all promises under any of it (sim/README.md).
struct FaultBudget {
  int faults_max{6};                                  ///< planned; each may bring a restart
  int damages_max{2};                                 ///< beside them; mended before the calm
  int crashes_in_start_max{2};                        ///< power cuts while the broker starts
  Duration down_max{milliseconds(500)};               ///< between a crash and the next start
  Duration clock_step_max{std::chrono::minutes(15)};  ///< in sum, either way
  Duration stall_max{std::chrono::seconds(30)};
};

struct ProducerPlan {
  bool idempotent{true};
  std::int16_t acks{-1};
  std::int16_t version{13};
  int in_flight_max{5};
  int batch_records_max{8};
  int partitions_per_request_max{3};
  std::uint64_t compressed_per_million{300'000};
  Duration think_max{milliseconds(10)};
  Duration timeout{std::chrono::seconds(1)};    ///< of a request, at the client
  Duration delivery{std::chrono::seconds(60)};  ///< then a batch is given up
};

struct ConsumerPlan {
  std::int16_t version{17};
  bool sessions{true};
  std::int8_t isolation_level{0};
  Duration wait_max{milliseconds(500)};
  std::int32_t max_bytes{1 << 20};
  std::int32_t partition_max_bytes{1 << 20};
  std::uint64_t seeks_per_million{50'000};  ///< back to an earlier offset
};

struct MemberPlan {
  bool is_static{false};
  std::int16_t join_version{9};
  Duration session_timeout{std::chrono::seconds(1)};
  Duration rebalance_timeout{std::chrono::seconds(1)};
  Duration heartbeat_every{milliseconds(100)};
  std::uint64_t mischief_per_million{20'000};  ///< of its turns: leaves, falls silent, and so on
  std::uint64_t ghosts_per_million{20'000};    ///< commits as who it was before
  // Of the consumer protocol.
  bool by_regex{false};
  bool names_itself{true};  ///< as since version 1 of the heartbeat
  std::string assignor;     ///< empty: the group's
};

struct GroupPlan {
  bool by_epoch{false};  ///< the consumer protocol (KIP-848)
  std::vector<MemberPlan> members;
};

struct TopicPlan {
  std::string name;
  int partitions{1};
  std::vector<std::pair<std::string, std::string>> configs;
  std::optional<Retention> retention{};  ///< null: nothing of it goes
};

/// One run, drawn from its seed.
struct Scenario {
  std::uint64_t seed{0};
  int broker_workers{1};
  env::SimOptions world;
  FaultBudget budget;
  std::vector<PlannedFault> faults;
  Duration calm{std::chrono::seconds(1)};
  std::vector<TopicPlan> topics;  ///< created in this order, some from the start
  int first_topics{1};
  bool names_are_reused{false};  ///< a deleted topic's name; then all go by topic ids
  std::uint64_t deletions_per_million{100'000};  ///< of the admin's actions
  std::vector<ProducerPlan> producers;
  std::vector<ConsumerPlan> consumers;
  std::vector<GroupPlan> groups;  ///< none in most seeds: they cost time
  int offsets_partitions{1};
  Duration initial_rebalance_delay{0};
  Duration consumer_session{std::chrono::seconds(45)};
  Duration consumer_heartbeat{std::chrono::seconds(5)};
  Duration consumer_assignment{0};  ///< least, between two
  std::string flush_strategy;
  Duration cleaner_backoff{std::chrono::seconds(15)};
  Duration retention_check{std::chrono::minutes(5)};
  Duration housekeeping{std::chrono::seconds(1)};
  Duration scrub_every{std::chrono::hours(24)};
  int directories{1};
  Duration half_lives{0};  ///< a broker goes on so long after one that is not the first has failed
  std::size_t open_files_max{storage::OpenFiles::unlimited};
  bool ends_with_crash{true};

  bool has_groups() const { return !groups.empty(); }
  static Scenario draw(std::uint64_t seed);
};

std::string_view name(FaultKind kind);
/// Of one of the broker's log directories, from 0.
std::string directory_path(int index);

}  // namespace moldau::sim
