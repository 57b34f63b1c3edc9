// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "http/client_pool.hpp"
#include "http/client_url.hpp"

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace mnemo {

/// A transfer under way: the libcurl handle that it borrowed from the pool, and what has come.
struct HttpTransfer::State {
  State(std::shared_ptr<HttpClient::Pool> p, std::unique_ptr<CurlHandle> h, const Context& c);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  /// Sets the handle up and hands it to libcurl.
  Status begin(const HttpRequest& request, bool compressed);
  /// Drives the transfer until the head is complete.
  Status receive_head();
  Result<bool> pull(const HttpSink& sink);

  std::string what() const { return method_ + " " + url_.redacted; }
  HttpResponse& head() { return head_; }

 private:
  Status set_options(bool compressed);
  Status set_tls();
  Status set_credentials();
  Status set_headers(const HttpRequest& request);
  void set_proxy();
  Status set_body(const HttpRequest& request);
  /// Lets libcurl work; waits for the socket when there is nothing to do.
  Status step();
  Status check_context() const;
  int wait_ms() const;
  Status transfer_error() const;
  void take_header_line(std::string_view line);
  bool is_final_head() const;

  void restart_head_timer();

  static size_t on_read(char* out, size_t size, size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);

  std::shared_ptr<HttpClient::Pool> pool_;
  std::unique_ptr<CurlHandle> handle_;
  Context context_;
  std::optional<Context::Clock::time_point> head_deadline_;
  std::string method_;
  HttpUrl url_;
  std::string body_;
  std::shared_ptr<const HttpUpload> upload_;
  uint64_t uploaded_ = 0;
  Status upload_status_;
  curl_slist* header_list_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
  bool attached_ = false;

  HttpResponse head_;
  size_t head_bytes_ = 0;
  bool head_done_ = false;
  bool done_ = false;
  CURLcode result_ = CURLE_OK;

  std::string early_;  // body that came together with the head
  const HttpSink* sink_ = nullptr;
  Status sink_status_;
  bool delivered_ = false;
  size_t pulled_ = 0;  // since the last pull began
  bool compressed_ = false;
  bool paused_ = false;
  std::optional<std::stop_callback<std::function<void()>>> wake_;
};

}  // namespace mnemo
