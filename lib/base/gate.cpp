// SPDX-License-Identifier: Apache-2.0
#include "base/gate.hpp"

#include <chrono>

namespace mnemo {

Gate::Gate(size_t max_concurrent, Metrics& metrics, const std::string& prefix,
           const Metrics::LabelMap& labels, const std::string& what)
    : max_(max_concurrent),
      in_flight_(metrics.gauge(prefix + "gate_" + what + "_in_flight",
                               "Number of " + what + " that are currently in flight.", labels)),
      total_(metrics.counter(prefix + "gate_" + what + "_total", "Total number of " + what + ".",
                             labels)),
      duration_(metrics.histogram(
          prefix + "gate_" + what + "_duration_seconds",
          "How many seconds it took for " + what + " to wait at the gate.",
          {0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120, 240, 360, 720}, labels)) {
  metrics
      .gauge(prefix + "gate_" + what + "_max", "Maximum number of concurrent " + what + ".", labels)
      .set(static_cast<double>(max_concurrent));
}

Result<Gate::Pass> Gate::enter(const Context& context) {
  auto begin = std::chrono::steady_clock::now();
  total_.increment();
  in_flight_.add(1);
  auto status = wait(context);
  std::chrono::duration<double> waited = std::chrono::steady_clock::now() - begin;
  duration_.observe(waited.count());
  if (status.ok()) return Pass(*this);
  in_flight_.add(-1);
  return status;
}

Status Gate::wait(const Context& context) {
  std::unique_lock lock(mutex_);
  auto has_place = [this] { return max_ == 0 || used_ < max_; };
  if (context.deadline()) {
    free_.wait_until(lock, context.token(), *context.deadline(), has_place);
  } else {
    free_.wait(lock, context.token(), has_place);
  }
  if (!has_place()) return context.check();
  ++used_;
  return {};
}

void Gate::leave() {
  in_flight_.add(-1);
  std::lock_guard lock(mutex_);
  --used_;
  free_.notify_one();
}

}  // namespace mnemo
