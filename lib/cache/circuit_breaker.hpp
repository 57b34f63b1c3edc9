// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

namespace mnemo::cache {

/// Thanos' `set_async_circuit_breaker_config`.
struct CircuitBreakerOptions {
  bool enabled = false;
  uint32_t half_open_max_requests = 10;
  std::chrono::milliseconds open_duration = std::chrono::seconds(5);
  uint32_t min_requests = 50;
  uint32_t consecutive_failures = 5;
  double failure_percent = 0.05;  // a part of one
};

/// Stops what mostly fails: opens after failures, lets a few calls try after a while, closes when
/// they succeed.
///
/// Thread-safe.
class CircuitBreaker {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  explicit CircuitBreaker(const CircuitBreakerOptions& options, Clock clock = {});

  /// Whether a call may begin; each that does must be told to `record`.
  bool may_begin();
  void record(bool succeeded);

 private:
  enum class State { kClosed, kOpen, kHalfOpen };
  void enter(State state);

  const CircuitBreakerOptions options_;
  const Clock clock_;
  std::mutex mutex_;
  State state_ = State::kClosed;
  std::chrono::steady_clock::time_point opened_{};
  uint32_t begun_ = 0;  // in this state, like the rest
  uint32_t succeeded_ = 0;
  uint32_t failed_ = 0;
  uint32_t failed_in_a_row_ = 0;
};

}  // namespace mnemo::cache
