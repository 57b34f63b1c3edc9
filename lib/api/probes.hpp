// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/router.hpp"

#include <mnemo/metrics.hpp>

#include <atomic>
#include <functional>

namespace mnemo::api {

/// Whether a component lives and can serve, for those who watch over it.
///
/// Thread-safe.
class Probe {
 public:
  void set_healthy(bool healthy) { healthy_ = healthy; }
  void set_ready(bool ready) { ready_ = ready; }
  bool is_healthy() const { return healthy_; }
  bool is_ready() const { return ready_; }

 private:
  std::atomic<bool> healthy_{true};
  std::atomic<bool> ready_{false};
};

/// Adds `/-/healthy`, `/-/ready` and `/metrics`, as every component has them; `before_metrics` is
/// called before each answer of the last. `probe` and `metrics` must outlive the router.
void add_probe_routes(HttpRouter& router, const Probe& probe, const Metrics& metrics,
                      std::function<void()> before_metrics = {});

}  // namespace mnemo::api
