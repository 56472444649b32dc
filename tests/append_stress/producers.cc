#include "producers.h"

#include <algorithm>

#include "records/builder.h"

namespace moldau::stress {

using storage::AppendOutcome;
using storage::AppendStatus;

void Model::acknowledge(ProducerId producer, std::int32_t sequence, Offset offset) {
  const std::lock_guard lock(mutex_);
  const auto [entry, fresh] = acknowledged_.insert({{producer.value(), sequence}, offset});
  // A duplicate is answered with the original's offset.
  if (!fresh && entry->second != offset) entry->second = Offset(-2);
}

std::size_t Model::size() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_.size();
}

std::vector<std::string> Model::check(Bytes bytes, Offset log_start) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> wrong;
  std::map<std::int64_t, std::int32_t> last_sequence;
  auto left = acknowledged_;
  auto expected = log_start;
  records::BatchIterator batches(bytes);
  while (const auto batch = batches.next()) {
    const auto producer = batch->producer_id().value();
    const auto sequence = batch->base_sequence();
    if (!batch->verify_crc()) wrong.push_back(fmt::format("bad CRC at {}", batch->base_offset()));
    if (batch->base_offset() != expected) {
      wrong.push_back(fmt::format("offset {} follows {}", batch->base_offset(), expected));
    }
    expected = batch->next_offset();
    const auto last = last_sequence.find(producer);
    if (last != last_sequence.end() && sequence != last->second + 1) {
      wrong.push_back(fmt::format("producer {}: sequence {} follows {} at offset {}", producer,
                                  sequence, last->second, batch->base_offset()));
    }
    last_sequence[producer] = sequence;
    const auto promised = left.find({producer, sequence});
    if (promised == left.end()) continue;
    if (promised->second != batch->base_offset()) {
      wrong.push_back(fmt::format("producer {} sequence {} was acknowledged at {}, is at {}",
                                  producer, sequence, promised->second, batch->base_offset()));
    }
    left.erase(promised);
  }
  if (!batches.status()) wrong.push_back(batches.status().error().to_string());
  for (const auto& [batch, offset] : left) {
    wrong.push_back(fmt::format("lost: producer {} sequence {} acknowledged at {}", batch.first,
                                batch.second, offset));
  }
  return wrong;
}

void Targets::set(std::size_t index, Target target) {
  const std::lock_guard lock(mutex_);
  targets_.at(index) = std::move(target);
}

Target Targets::get(std::size_t index) const {
  const std::lock_guard lock(mutex_);
  return targets_.at(index);
}

/// Tells the producer, on its worker.
class Producer::Waiter final : public storage::AppendWaiter {
 public:
  Waiter(env::Worker& home, std::weak_ptr<Producer> producer, std::uint64_t attempt)
      : AppendWaiter(home), producer_(std::move(producer)), attempt_(attempt) {}
  void on_append_done(std::uint32_t tag, AppendOutcome outcome) override {
    if (const auto producer = producer_.lock()) {
      producer->on_done(static_cast<std::int32_t>(tag), attempt_, outcome);
    }
  }

 private:
  std::weak_ptr<Producer> producer_;
  const std::uint64_t attempt_;
};

namespace {

/// Of a second connection: nobody looks at the answer.
class NoOne final : public storage::AppendWaiter {
 public:
  using AppendWaiter::AppendWaiter;
  void on_append_done(std::uint32_t, AppendOutcome) override {}
};

}  // namespace

void Producer::start() {
  home_.post([self = shared_from_this()] { self->step(); });
}

void Producer::post_step() {
  if (posted_) return;
  posted_ = true;
  home_.post([self = shared_from_this()] {
    self->posted_ = false;
    self->step();
  });
}

SharedBytes Producer::make_batch(std::int32_t sequence, int value_size) const {
  records::BatchBuilder builder(
      {.producer_id = id_, .producer_epoch = ProducerEpoch(0), .base_sequence = sequence});
  const std::string value(static_cast<std::size_t>(value_size),
                          static_cast<char>('a' + sequence % 26));
  builder.append({.timestamp = 1'000'000 + sequence, .value = as_bytes(value)});
  return std::move(builder).build();
}

/// False if the log has no room, or cannot take it now.
bool Producer::send(InFlight& batch) {
  batch.failed = false;
  batch.resolved = false;
  const auto answer =
      now_.log->append({.batch = make_batch(batch.sequence, batch.value_size),
                        .leader_epoch = LeaderEpoch(0),
                        .wait_for = storage::WaitFor::committed,
                        .waiter = std::make_shared<Waiter>(home_, weak_from_this(), attempt_),
                        .tag = static_cast<std::uint32_t>(batch.sequence)});
  batch.offset = answer.base_offset;
  switch (answer.status) {
    case AppendStatus::assigned:
    case AppendStatus::duplicate:
      if (!answer.pending) {
        batch.resolved = true;
        now_.model->acknowledge(id_, batch.sequence, batch.offset);
      }
      return true;
    case AppendStatus::no_room:
      now_.log->wait_for_room(home_, [self = shared_from_this()] { self->post_step(); });
      return false;
    case AppendStatus::storage_error:
      return false;
    case AppendStatus::out_of_order_sequence:
      // Right if one before it has failed and we have not been told yet.
      if (std::ranges::all_of(in_flight_.data(), &batch, &InFlight::resolved)) ++unexpected_;
      return false;
    case AppendStatus::invalid_producer_epoch:
    case AppendStatus::not_leader:
      ++unexpected_;
      return false;
  }
  return false;
}

void Producer::send_again_elsewhere(const InFlight& batch) {
  auto& workers = env_.workers();
  auto& other =
      workers.at(static_cast<int>(prng_.below(static_cast<std::uint64_t>(workers.count()))));
  other.post([&other, log = now_.log, bytes = make_batch(batch.sequence, batch.value_size)] {
    static_cast<void>(log->append({.batch = bytes,
                                   .leader_epoch = LeaderEpoch(0),
                                   .waiter = std::make_shared<NoOne>(other)}));
  });
}

void Producer::on_done(std::int32_t sequence, std::uint64_t attempt, AppendOutcome outcome) {
  if (attempt != attempt_) return;  // of a partition that is gone
  const auto batch = std::ranges::find(in_flight_, sequence, &InFlight::sequence);
  if (batch == in_flight_.end() || batch->resolved) {
    ++unexpected_;
    return;
  }
  if (outcome == AppendOutcome::done) {
    batch->resolved = true;
    known_ = true;
    now_.model->acknowledge(id_, sequence, batch->offset);
  } else {
    batch->failed = true;
  }
  post_step();
}

void Producer::step() {
  if (idle_) return;
  const auto current = targets_.get(target_);
  if (current.log != now_.log) {
    // Deleted and made again: it knows nothing of us, and what was in flight has failed.
    now_ = current;
    in_flight_.clear();
    known_ = false;
    ++attempt_;
  }
  while (!in_flight_.empty() && in_flight_.front().resolved) in_flight_.erase(in_flight_.begin());
  if (given_up_) {
    std::erase_if(in_flight_, [](const InFlight& batch) { return batch.failed || batch.resolved; });
  }
  waiting_for_ = static_cast<int>(in_flight_.size());
  const auto failed = std::ranges::find(in_flight_, true, &InFlight::failed);
  if (failed != in_flight_.end()) {
    // Only when nothing behind it can still arrive, as a client whose connection has broken.
    const bool quiet = std::ranges::all_of(failed, in_flight_.end(), [](const InFlight& batch) {
      return batch.failed || batch.resolved;
    });
    if (quiet && !now_.log->is_offline()) {
      for (auto batch = failed; batch != in_flight_.end(); ++batch) {
        if (batch->resolved) continue;
        if (!send(*batch)) {
          for (; batch != in_flight_.end(); ++batch) batch->failed = !batch->resolved;
          break;
        }
      }
    }
  } else if (!stopping_) {
    while (in_flight_.size() < in_flight_max) {
      InFlight batch{next_sequence_, static_cast<int>(prng_.below(600)), no_offset};
      in_flight_.push_back(batch);
      if (!send(in_flight_.back())) {
        in_flight_.pop_back();
        break;
      }
      ++next_sequence_;
      // Not before the log knows the producer: it would take any sequence for the first.
      if (known_ && prng_.chance(100'000)) send_again_elsewhere(in_flight_.back());
    }
  }
  if (stopping_ && in_flight_.empty()) {
    idle_ = true;
    return;
  }
  // Also without news: the log may be well again.
  home_.call_at(home_.now() + std::chrono::microseconds(200 + prng_.below(2000)),
                [self = shared_from_this()] { self->step(); });
}

std::string Producer::describe() const {
  return fmt::format("producer {} on worker {}: {} in flight", id_, home_.index(),
                     waiting_for_.load());
}

}  // namespace moldau::stress
