#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/catalog.h"
#include "sim/event.h"

namespace moldau::sim {

class History;

/// What a checker holds against the broker.
struct Violation {
  std::string checker;
  MonoTime at;
  std::optional<PartitionRef> where;
  std::string what;
};

/// One promise of the broker, checked against what clients see. It sees every event, in order,
/// after the catalog has taken notice of it.
class Checker {
 public:
  explicit Checker(History& history) : history_(history) {}
  virtual ~Checker() = default;
  virtual std::string_view name() const = 0;
  virtual void see(const Event& event) = 0;

 protected:
  const Catalog& catalog() const;
  void violated(MonoTime at, std::optional<PartitionRef> where, std::string what);

 private:
  History& history_;
};

/// The events of one run, with the checkers that watch them.
class History {
 public:
  /// More than so many violations say nothing new.
  static constexpr std::size_t violations_max = 5;

  template <class T>
  void watch_with() {
    checkers_.push_back(std::make_unique<T>(*this));
  }
  /// `line` is called with every event, as text.
  void follow(std::function<void(MonoTime, std::string)> line) { line_ = std::move(line); }

  void add(Event event);
  void report(Violation violation);

  const Catalog& catalog() const { return catalog_; }
  Catalog& catalog() { return catalog_; }
  const std::vector<Event>& events() const { return events_; }
  const std::vector<Violation>& violations() const { return violations_; }
  bool is_good() const { return violations_.empty(); }
  int next_read() { return ++reads_; }
  int next_connection() { return ++connections_; }
  /// Of a commit of an offset, or an assignment of a group.
  int next_commit() { return ++commits_; }
  /// Of DeleteRecords.
  int next_deletion() { return ++deletions_; }
  /// Behind the last record of it that was acknowledged.
  Offset acked_end(PartitionRef where) const;
  /// How often the broker has come to serve.
  int broker_starts() const { return broker_starts_; }

  /// The events that led to the violation: the last ones of its partition and of the broker.
  std::string story(const Violation& violation, std::size_t lines_max) const;

 private:
  void learn(const Event& event);

  Catalog catalog_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::vector<Event> events_;
  std::vector<Violation> violations_;
  std::function<void(MonoTime, std::string)> line_;
  int reads_{0};
  int connections_{0};
  int commits_{0};
  int deletions_{0};
  std::map<PartitionRef, Offset> acked_ends_;
  int broker_starts_{0};
};

/// Adds every checker there is.
void watch_all(History& history);

}  // namespace moldau::sim
