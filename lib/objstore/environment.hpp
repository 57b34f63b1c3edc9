// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

namespace mnemo {

/// What a bucket over the network takes from its process, besides its configuration.
struct BucketEnvironment {
  std::shared_ptr<Executor> executor;  // sends parts of one object at once; null: one by one
  std::shared_ptr<Logger> logger = null_logger();
  std::function<int64_t()> now_ms;                  // null: the system's clock
  std::chrono::milliseconds first_backoff{200};     // before the second try, at most
  std::chrono::milliseconds longest_backoff{5000};  // before any other, at most
};

/// A variable of the process' environment; empty where it isn't set.
inline std::string environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

}  // namespace mnemo
