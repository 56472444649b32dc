#pragma once

#include <functional>

#include "sim/command/seed_report.h"

namespace moldau::sim {

/// Runs the seeds in processes of their own, so that a CHECK failure or an endless loop is the
/// failure of one seed. `on_report` is called here for each, in the order of their ends.
/// False if processes or pipes could not be made.
bool run_in_processes(const Arguments& arguments,
                      const std::function<void(const SeedReport&)>& on_report);

/// Seconds of real time since some moment.
double real_seconds();

}  // namespace moldau::sim
