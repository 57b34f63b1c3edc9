// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

namespace mnemo {

/// One transfer at a time: an easy handle, and the multi handle that drives it and keeps its
/// connections from one transfer to the next.
struct CurlHandle {
  CURLM* multi = nullptr;
  CURL* easy = nullptr;
  std::chrono::steady_clock::time_point last_used;

  CurlHandle() = default;
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;
  ~CurlHandle();
};

/// The options of a client, and the handles that wait for their next transfer. Thread-safe.
class HttpClient::Pool {
 public:
  explicit Pool(const HttpClientOptions& options) : options_(options) {}

  const HttpClientOptions& options() const { return options_; }
  Result<std::unique_ptr<CurlHandle>> acquire();
  void release(std::unique_ptr<CurlHandle> handle);

 private:
  void drop_stale_locked();

  const HttpClientOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<CurlHandle>> idle_;  // the most recently used last
};

}  // namespace mnemo
