// SPDX-License-Identifier: Apache-2.0
#include "cache/circuit_breaker.hpp"

#include <utility>

namespace mnemo::cache {

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options, Clock clock)
    : options_(options),
      clock_(clock ? std::move(clock) : [] { return std::chrono::steady_clock::now(); }) {}

bool CircuitBreaker::may_begin() {
  if (!options_.enabled) return true;
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpen) {
    if (clock_() - opened_ < options_.open_duration) return false;
    enter(State::kHalfOpen);
  }
  if (state_ == State::kHalfOpen && begun_ >= options_.half_open_max_requests) return false;
  ++begun_;
  return true;
}

void CircuitBreaker::record(bool succeeded) {
  if (!options_.enabled) return;
  std::lock_guard lock(mutex_);
  if (state_ == State::kOpen) return;
  if (succeeded) {
    ++succeeded_;
    failed_in_a_row_ = 0;
    bool recovered = state_ == State::kHalfOpen && succeeded_ >= options_.half_open_max_requests;
    if (recovered) enter(State::kClosed);
    return;
  }
  ++failed_;
  ++failed_in_a_row_;
  bool too_many = failed_in_a_row_ >= options_.consecutive_failures ||
                  failed_ >= options_.failure_percent * begun_;
  bool opens = state_ == State::kHalfOpen || (begun_ >= options_.min_requests && too_many);
  if (opens) enter(State::kOpen);
}

void CircuitBreaker::enter(State state) {
  state_ = state;
  opened_ = clock_();
  begun_ = succeeded_ = failed_ = failed_in_a_row_ = 0;
}

}  // namespace mnemo::cache
