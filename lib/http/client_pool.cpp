// SPDX-License-Identifier: Apache-2.0
#include "http/client_pool.hpp"

#include <utility>

namespace mnemo {
namespace {

/// libcurl's own process-wide set-up, once; safe from any thread.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace

CurlHandle::~CurlHandle() {
  if (easy) curl_easy_cleanup(easy);
  if (multi) curl_multi_cleanup(multi);
}

Result<std::unique_ptr<CurlHandle>> HttpClient::Pool::acquire() {
  {
    std::lock_guard lock(mutex_);
    drop_stale_locked();
    if (!idle_.empty()) {
      auto handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  if (!curl_is_ready()) return Status::internal("libcurl cannot be initialised");
  auto handle = std::make_unique<CurlHandle>();
  handle->multi = curl_multi_init();
  handle->easy = curl_easy_init();
  if (!handle->multi || !handle->easy) {
    return Status::resource_exhausted("libcurl: no handle (memory or descriptors)");
  }
  curl_multi_setopt(handle->multi, CURLMOPT_MAXCONNECTS, 2L);
  return handle;
}

void HttpClient::Pool::release(std::unique_ptr<CurlHandle> handle) {
  curl_easy_reset(handle->easy);
  handle->last_used = std::chrono::steady_clock::now();
  std::lock_guard lock(mutex_);
  drop_stale_locked();
  if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(handle));
}

void HttpClient::Pool::drop_stale_locked() {
  auto oldest = std::chrono::steady_clock::now() - options_.idle_timeout;
  size_t stale = 0;
  while (stale < idle_.size() && idle_[stale]->last_used < oldest) ++stale;
  idle_.erase(idle_.begin(), idle_.begin() + static_cast<ptrdiff_t>(stale));
}

}  // namespace mnemo
