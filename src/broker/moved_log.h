#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "broker/partition.h"
#include "env/pool.h"
#include "env/task.h"

namespace moldau::broker {

/// Whether what has failed in `log` is to be tried again in the partition's log as it is now: a
/// move changes the names of files that are not open (docs/append.md, "A move").
env::Task<bool> has_moved(const Partition& partition, std::shared_ptr<storage::Log> log,
                          env::Worker& home);

/// Runs `work(storage::Log&)`, which returns a Result, on the pool of the log's directory, and once
/// more if the log was moved meanwhile.
template <class Work>
env::Task<std::invoke_result_t<Work&, storage::Log&>> run_on_log(Partition& partition,
                                                                 env::IoClass io_class,
                                                                 env::Worker& home, Work work) {
  while (true) {
    const auto place = partition.place();
    auto run = [&work, &place] { return work(*place.log); };
    auto result = co_await env::run_on(place.directory->pool(), io_class, home, run);
    if (result) co_return result;
    const bool again = co_await has_moved(partition, place.log, home);
    if (!again) co_return result;
  }
}

}  // namespace moldau::broker
