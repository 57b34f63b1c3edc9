// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>

#include <mutex>

namespace mnemo::tools {

/// What the kernel says of this process, as process_* (as every Prometheus client has them).
///
/// Thread-safe. `metrics` must outlive it.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Metrics& metrics);

  /// Reads them again. What can't be read stays as it was.
  void update();

 private:
  std::mutex mutex_;
  Counter& cpu_seconds_;
  Gauge& open_fds_;
  Gauge& max_fds_;
  Gauge& virtual_bytes_;
  Gauge& max_virtual_bytes_;
  Gauge& resident_bytes_;
  Gauge& start_seconds_;
  Counter& received_bytes_;
  Counter& sent_bytes_;
};

}  // namespace mnemo::tools
