// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <chrono>
#include <optional>
#include <stop_token>

namespace mnemo {

/// Whether an operation may go on: a stop token and a deadline, passed first to whatever may block.
///
/// A value type, cheap to copy; safe to use from any thread.
class Context {
 public:
  using Clock = std::chrono::steady_clock;

  /// Never stopped, no deadline.
  Context() = default;
  explicit Context(std::stop_token token, std::optional<Clock::time_point> deadline = {})
      : token_(std::move(token)), deadline_(deadline) {}

  /// The same stop token, with a deadline no later than `timeout` from now.
  Context with_timeout(std::chrono::nanoseconds timeout) const;
  Context with_deadline(Clock::time_point deadline) const;

  const std::stop_token& token() const { return token_; }
  std::optional<Clock::time_point> deadline() const { return deadline_; }

  /// Time until the deadline (not below zero), or nothing without one.
  std::optional<std::chrono::nanoseconds> remaining() const;

  bool stopped() const { return token_.stop_requested(); }

  /// OK, Cancelled or DeadlineExceeded.
  Status check() const;

  /// Sleeps for `duration`, or until the context ends; the same as `check()` afterwards.
  Status sleep_for(std::chrono::nanoseconds duration) const;

 private:
  std::stop_token token_;
  std::optional<Clock::time_point> deadline_;
};

}  // namespace mnemo
