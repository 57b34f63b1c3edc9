// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/environment.hpp"
#include "objstore/s3/options.hpp"
#include "support/http_peer.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::testing {

/// A server that answers as a test says, and keeps the heads and bodies of what it was asked.
class FakeServer {
 public:
  using Handler = std::function<void(size_t, const PeerRequest&, PeerConnection&)>;

  /// `handler` gets the number of the request, from 0.
  explicit FakeServer(Handler handler)
      : peer_([this, handler = std::move(handler)](const PeerRequest& request,
                                                   PeerConnection& connection) {
          size_t number = 0;
          {
            std::lock_guard lock(mutex_);
            number = requests_.size();
            requests_.push_back(request);
          }
          handler(number, request, connection);
        }) {}

  std::vector<PeerRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  size_t count() const { return requests().size(); }
  /// "GET /path?query" of each request.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& request : requests()) {
      lines.push_back(request.head.substr(0, request.head.find(" HTTP/")));
    }
    return lines;
  }
  std::string url() const { return peer_.url(); }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(peer_.port()); }

 private:
  mutable std::mutex mutex_;
  std::vector<PeerRequest> requests_;
  HttpPeer peer_;
};

inline BucketEnvironment quick_environment() {
  BucketEnvironment environment;
  environment.first_backoff = std::chrono::milliseconds(1);
  environment.longest_backoff = std::chrono::milliseconds(2);
  return environment;
}

inline s3::Options fake_s3_options(const FakeServer& server) {
  s3::Options options;
  options.bucket = "blocks";
  options.endpoint = server.endpoint();
  options.region = "eu-north-1";
  options.insecure = true;
  options.access_key = "ACCESSKEY";
  options.secret_key = "VERYSECRET";
  return options;
}

inline std::unique_ptr<Bucket> open_s3(const s3::Options& options,
                                       const BucketEnvironment& environment = quick_environment()) {
  auto bucket = s3::open_bucket(options, environment);
  REQUIRE_MESSAGE(bucket.ok(), bucket.status().to_string());
  return std::move(*bucket);
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Variables of the environment, as they were before when it ends.
class ScopedVariables {
 public:
  void set(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    saved_.push_back({name, old != nullptr, old ? old : ""});
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void unset(const std::string& name) {
    set(name, "");
    ::unsetenv(name.c_str());
  }
  ScopedVariables() = default;
  ScopedVariables(const ScopedVariables&) = delete;
  ScopedVariables& operator=(const ScopedVariables&) = delete;
  ~ScopedVariables() {
    for (auto at = saved_.rbegin(); at != saved_.rend(); ++at) {
      if (at->was_set) {
        ::setenv(at->name.c_str(), at->value.c_str(), 1);
      } else {
        ::unsetenv(at->name.c_str());
      }
    }
  }

 private:
  struct Saved {
    std::string name;
    bool was_set;
    std::string value;
  };
  std::vector<Saved> saved_;
};

}  // namespace mnemo::testing
