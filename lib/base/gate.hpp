// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>

namespace mnemo {

/// Lets a limited number of operations go on at the same time and makes others wait for their turn.
///
/// Thread-safe. Exposes, after a prefix and named by what passes: gate_queries_max, _in_flight
/// (waiting ones included), _total, _duration_seconds.
class Gate {
 public:
  /// Leaves the gate when it is destroyed.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  /// `max_concurrent` 0: no limit. `what`: "queries", "gets" and the like.
  Gate(size_t max_concurrent, Metrics& metrics, const std::string& prefix,
       const Metrics::LabelMap& labels = {}, const std::string& what = "queries");

  /// Waits for a free place. Fails when `context` ends before.
  Result<Pass> enter(const Context& context);

 private:
  void leave();
  Status wait(const Context& context);

  const size_t max_;
  Gauge& in_flight_;
  Counter& total_;
  HistogramMetric& duration_;
  std::mutex mutex_;
  std::condition_variable_any free_;
  size_t used_ = 0;
};

}  // namespace mnemo
