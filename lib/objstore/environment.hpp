// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace mnemo {

/// What a bucket over the network takes from its process, besides its configuration.
struct BucketEnvironment {
  std::shared_ptr<Executor> executor;  // sends parts of one object at once; null: one by one
  std::shared_ptr<Logger> logger = null_logger();
  std::function<int64_t()> now_ms;                  // null: the system's clock
  std::chrono::milliseconds first_backoff{200};     // before the second try, at most
  std::chrono::milliseconds longest_backoff{5000};  // before any other, at most
};

}  // namespace mnemo
