// SPDX-License-Identifier: Apache-2.0
#include <mnemo/context.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace mnemo {

Context Context::with_timeout(std::chrono::nanoseconds timeout) const {
  return with_deadline(Clock::now() + timeout);
}

Context Context::with_deadline(Clock::time_point deadline) const {
  return Context(token_, deadline_ ? std::min(*deadline_, deadline) : deadline);
}

std::optional<std::chrono::nanoseconds> Context::remaining() const {
  if (!deadline_) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(*deadline_ - Clock::now(),
                                            std::chrono::nanoseconds::zero());
}

Status Context::check() const {
  if (stopped()) return Status::cancelled("context canceled");
  if (deadline_ && Clock::now() >= *deadline_) {
    return Status::deadline_exceeded("context deadline exceeded");
  }
  return {};
}

Status Context::sleep_for(std::chrono::nanoseconds duration) const {
  auto until = Clock::now() + duration;
  if (deadline_) until = std::min(until, *deadline_);
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, token_, until, [] { return false; });
  return check();
}

}  // namespace mnemo
