// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace mnemo::tools {

/// A line on standard error that shows how far long work has come, with rate and time left, for as
/// long as the object lives. Shows nothing where standard error is no terminal.
///
/// Not thread-safe.
class ProgressBar {
 public:
  /// `what` is being done to `unit`s: ProgressBar("merging", "series").
  ProgressBar(std::string what, std::string unit);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Hands progress to this bar; empty where there is nothing to show. Borrows the bar.
  Progress reporter();

  /// Makes place for other output; the bar comes again with the next progress.
  void hide();

 private:
  using Clock = std::chrono::steady_clock;

  void update(uint64_t done, uint64_t total);

  std::string what_;
  std::string unit_;
  bool is_shown_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
};

/// The line's text after `elapsed` seconds, at most 79 columns.
std::string progress_text(const std::string& what, const std::string& unit, uint64_t done,
                          uint64_t total, double elapsed);

}  // namespace mnemo::tools
