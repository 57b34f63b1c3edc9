// SPDX-License-Identifier: Apache-2.0
#include "progress_bar.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace mnemo::tools {
namespace {

constexpr size_t kWidth = 20;
constexpr auto kInterval = std::chrono::milliseconds(200);
constexpr const char* kEraseLine = "\r\033[K";

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f}M", per_second / 1e6);
  if (per_second >= 1e3) return fmt::format("{:.1f}k", per_second / 1e3);
  return fmt::format("{:.0f}", per_second);
}

std::string time_left_text(double seconds) {
  constexpr double kLongest = 99 * 3600;
  auto left = static_cast<uint64_t>(std::min(seconds, kLongest) + 0.5);
  if (left < 3600) return fmt::format("{}:{:02}", left / 60, left % 60);
  return fmt::format("{}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60);
}

}  // namespace

std::string progress_text(const std::string& what, const std::string& unit, uint64_t done,
                          uint64_t total, double elapsed) {
  double share = total == 0 ? 1 : static_cast<double>(std::min(done, total)) / double(total);
  auto filled = static_cast<size_t>(share * kWidth);
  std::string bar = std::string(filled, '=') + std::string(kWidth - filled, ' ');
  double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  auto text =
      fmt::format("{} [{}] {:3.0f}% {} {}/s", what, bar, share * 100, rate_text(rate), unit);
  if (rate > 0 && done < total) {
    text += fmt::format(", {} left", time_left_text(static_cast<double>(total - done) / rate));
  }
  return text;
}

ProgressBar::ProgressBar(std::string what, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      is_shown_(::isatty(STDERR_FILENO) != 0),
      next_(start_ + kInterval) {}

ProgressBar::~ProgressBar() { hide(); }

void ProgressBar::hide() {
  if (is_shown_) std::fputs(kEraseLine, stderr);
}

Progress ProgressBar::reporter() {
  if (!is_shown_) return {};
  return [this](uint64_t done, uint64_t total) { update(done, total); };
}

void ProgressBar::update(uint64_t done, uint64_t total) {
  auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  double elapsed = std::chrono::duration<double>(now - start_).count();
  auto text = progress_text(what_, unit_, done, total, elapsed);
  std::fprintf(stderr, "%s%s", kEraseLine, text.c_str());
}

}  // namespace mnemo::tools
