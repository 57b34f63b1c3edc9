// SPDX-License-Identifier: Apache-2.0
#include "blocks/bounded.hpp"

#include <algorithm>
#include <atomic>

namespace mnemo {

Status bounded_for(const Context& context, Executor* executor, size_t concurrency, size_t count,
                   const std::function<Status(size_t)>& body) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  auto work = [&](size_t) -> Status {
    for (size_t i = next++; i < count && !failed; i = next++) {
      auto status = context.check();
      if (status.ok()) status = body(i);
      if (status.ok()) continue;
      failed = true;
      return status;
    }
    return {};
  };
  if (executor == nullptr) return work(0);
  auto workers = std::min(std::max<size_t>(concurrency, 1), count);
  return parallel_for(context, *executor, workers, work);
}

}  // namespace mnemo
