#include "sim/event.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace moldau::sim {

namespace {

/// Turns events into text; one function per kind.
class Describer {
 public:
  explicit Describer(const Catalog& catalog) : catalog_(catalog) {}

  std::string operator()(const BatchSent& e) const {
    std::string text = fmt::format("actor {} sends {} to {} acks={} connection={}", e.first.actor,
                                   numbers(e.first, e.count), name(e.where), e.acks, e.connection);
    if (e.producer_id != no_producer_id) {
      text += fmt::format(" producer={}/{} sequence={} attempt={}", e.producer_id, e.producer_epoch,
                          e.base_sequence, e.attempt);
    }
    return text;
  }
  std::string operator()(const BatchAcked& e) const {
    return fmt::format("actor {}: {} acknowledged in {} at offset {}", e.first.actor,
                       numbers(e.first, e.count), name(e.where), e.base_offset);
  }
  std::string operator()(const BatchRefused& e) const {
    return fmt::format("actor {}: #{} refused by {} with {}{}", e.first.actor, e.first.number,
                       name(e.where), e.error, e.follows_acked ? ", all before acknowledged" : "");
  }
  std::string operator()(const ReadBegun& e) const {
    if (e.from == no_offset)
      return fmt::format("read {} lists offsets of {}", e.read, name(e.where));
    return fmt::format("read {} fetches {} from {}, waits up to {} ms", e.read, name(e.where),
                       e.from, to_ms(e.may_wait));
  }
  std::string operator()(const Fetched& e) const {
    std::string text =
        fmt::format("read {} of {} from {}: {} high_watermark={} log_start={}", e.read,
                    name(e.where), e.from, e.error, e.high_watermark, e.log_start);
    if (e.records.empty()) return text + ", nothing";
    text += fmt::format(", {} records", e.records.size());
    for (const SeenRecord& record : e.records) {
      text += record.id
                  ? fmt::format(" {}:{}#{}", record.offset, record.id->actor, record.id->number)
                  : fmt::format(" {}:damaged", record.offset);
    }
    return text;
  }
  std::string operator()(const OffsetListed& e) const {
    return fmt::format("read {} of {}: {} {} offset {}", e.read, name(e.where), e.error,
                       e.which == ListedOffset::latest ? "latest" : "earliest", e.offset);
  }
  std::string operator()(const ReadLost& e) const {
    return fmt::format("read {} of {} lost", e.read, name(e.where));
  }
  std::string operator()(const RecordsDeletionSent& e) const {
    return fmt::format("deletion {} of {} below {}", e.deletion, name(e.where), e.below);
  }
  std::string operator()(const RecordsDeletionAnswered& e) const {
    return fmt::format("deletion {} of {}: {} low_watermark={}", e.deletion, name(e.where), e.error,
                       e.low_watermark);
  }
  std::string operator()(const TopicCreated& e) const {
    return fmt::format("topic {} created with {} partitions", topic(e.topic), e.partitions);
  }
  std::string operator()(const PartitionsAdded& e) const {
    return fmt::format("topic {} has {} partitions now", topic(e.topic), e.partitions);
  }
  std::string operator()(const DeletionBegun& e) const {
    return fmt::format("topic {} is to be deleted", topic(e.topic));
  }
  std::string operator()(const TopicDeleted& e) const {
    return fmt::format("topic {} deleted", topic(e.topic));
  }
  std::string operator()(const MetadataSeen& e) const {
    std::string text = "metadata:";
    for (const auto& [number, partitions] : e.topics) {
      text += fmt::format(" {}x{}", topic(number), partitions);
    }
    return text;
  }
  std::string operator()(const ProducerIdGiven& e) const {
    return fmt::format("actor {} is producer {}", e.actor, e.producer_id);
  }
  std::string operator()(const AnswerImpossible& e) const { return "impossible: " + e.what; }
  std::string operator()(const RequestLost& e) const {
    return fmt::format("actor {} got no answer: {}", e.actor, e.why);
  }
  std::string operator()(const BrokerStarted& e) const {
    return fmt::format("broker serves, life {}, quarantined {}", e.life, e.quarantined);
  }
  std::string operator()(const BrokerStartFailed& e) const {
    return fmt::format("broker does not start, life {}: {}{}", e.life, e.error,
                       e.excused ? " (excused)" : "");
  }
  std::string operator()(const BrokerEnded& e) const {
    return fmt::format("broker ended, life {}: {}", e.life, e.how);
  }
  std::string operator()(const FaultInjected& e) const { return "fault: " + e.what; }
  std::string operator()(const BytesDamaged& e) const {
    return "damage: " + e.what +
           (e.intact_below ? fmt::format(", cut from {} on at the most", *e.intact_below) : "");
  }
  std::string operator()(const DamageMended&) const { return "all damage is mended"; }
  std::string operator()(const ClockStepped& e) const {
    return fmt::format("wall clock is {} ms ahead", to_ms(e.ahead));
  }
  std::string operator()(const CalmBegun&) const { return "calm begins"; }
  std::string operator()(const BoundMissed& e) const { return "too late: " + e.what; }
  std::string operator()(const AuditEnded& e) const {
    return fmt::format("{} was read from {} to {}", name(e.where), e.log_start, e.end);
  }
  std::string operator()(const CommitSent& e) const {
    const std::string what = e.offset ? fmt::format("commits {}", *e.offset) : "deletes the offset";
    return fmt::format("{} {} of {}, commit {}", as(e.group, e.as), what, name(e.where), e.commit);
  }
  std::string operator()(const CommitAnswered& e) const {
    return fmt::format("{}: commit {} of {}: {}", as(e.group, e.as), e.commit, name(e.where),
                       e.error);
  }
  std::string operator()(const CommitLost& e) const {
    return fmt::format("{}: commit {} of {} lost", group_name(e.group), e.commit, name(e.where));
  }
  std::string operator()(const OffsetTold& e) const {
    return fmt::format("{} has offset {} of {}, commit {}, asked {} ms ago", group_name(e.group),
                       e.offset, name(e.where), e.commit, to_ms(e.at - e.asked_at));
  }
  std::string operator()(const GroupJoined& e) const {
    return fmt::format("{} has joined{}, asked {} ms ago", as(e.group, e.as),
                       e.leads ? " and leads" : "", to_ms(e.at - e.asked_at));
  }
  std::string operator()(const AssignmentSent& e) const {
    std::string text = fmt::format("{}: generation {} is given assignment {}:", group_name(e.group),
                                   e.generation, e.assignment);
    for (const auto& [who, partitions] : e.to) text += fmt::format(" {}{}", who, list(partitions));
    return text;
  }
  std::string operator()(const AssignmentTold& e) const {
    return fmt::format("{} is told assignment {}: {}", as(e.group, e.as), e.assignment,
                       list(e.partitions));
  }
  std::string operator()(const EpochTold& e) const {
    std::string text =
        fmt::format("{}{} is taken, sent {} ms ago with {}", as(e.group, e.as),
                    e.joins ? " joins and" : "", to_ms(e.at - e.sent_at), list(e.owned));
    return e.assigned ? text + ", and is to own " + list(*e.assigned) : text;
  }
  std::string operator()(const PartitionsReleased& e) const {
    return fmt::format("{} gives up {}", as(e.group, e.as), list(e.partitions));
  }

 private:
  static std::string numbers(RecordId first, std::int32_t count) {
    return fmt::format("#{}..{}", first.number, first.number + count - 1);
  }
  static std::string as(int group, const GroupIdentity& identity) {
    return fmt::format("{} {:?}{} generation {}", group_name(group), identity.member_id,
                       identity.instance_id.empty() ? "" : " of " + identity.instance_id,
                       identity.generation);
  }
  static std::string list(const AssignedPartitions& partitions) {
    std::vector<std::string> names;
    for (const auto& [topic, number] : partitions) {
      names.push_back(fmt::format("{}-{}", topic, number));
    }
    return fmt::format("[{}]", fmt::join(names, " "));
  }
  static std::string list(const OwnedPartitions& partitions) {
    std::vector<std::string> names;
    for (const auto& [topic, number] : partitions) {
      names.push_back(fmt::format("{}-{}", topic, number));
    }
    return fmt::format("[{}]", fmt::join(names, " "));
  }
  std::string name(PartitionRef where) const { return catalog_.name(where); }
  std::string topic(int number) const {
    return fmt::format("{}({})", catalog_.at(number).name, number);
  }
  const Catalog& catalog_;
};

}  // namespace

std::string group_name(int group) {
  return fmt::format("group-{}", group);
}

MonoTime time_of(const Event& event) {
  return std::visit([](const auto& e) { return e.at; }, event);
}

std::optional<PartitionRef> partition_of(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::optional<PartitionRef> {
        if constexpr (requires { e.where; }) return e.where;
        return std::nullopt;
      },
      event);
}

std::string describe(const Event& event, const Catalog& catalog) {
  return std::visit(Describer(catalog), event);
}

}  // namespace moldau::sim
