// SPDX-License-Identifier: Apache-2.0
// The buckets on servers that test_servers.py has started.
#include "objstore/server_providers.hpp"

#include "base/file.hpp"
#include "objstore/bucket_suite.hpp"
#include "objstore/config.hpp"
#include "objstore/prefix_bucket.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Each bucket of the suite is a folder of its own in the server's.
TestBucket make(const ServerBucket& server) {
  static std::atomic<int> count{0};
  auto bucket = make_bucket_from_config(server.yaml, server_environment());
  REQUIRE_MESSAGE(bucket.ok(), bucket.status().to_string());
  auto folder = "suite-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  auto prefixed = make_prefix_bucket(*bucket, folder);
  REQUIRE(prefixed.ok());
  return {nullptr, *prefixed};
}

}  // namespace

std::vector<ServerBucket> mnemo::testing::server_buckets() {
  std::vector<ServerBucket> buckets;
  const char* folder = std::getenv("MNEMO_BUCKETS");
  if (!folder) return buckets;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    auto yaml = read_file(entry.path(), 1 << 20);
    REQUIRE(yaml.ok());
    buckets.push_back({entry.path().stem(), *yaml});
  }
  std::sort(buckets.begin(), buckets.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return buckets;
}

BucketEnvironment mnemo::testing::server_environment() {
  BucketEnvironment environment;
  environment.executor = make_thread_pool(3);
  environment.first_backoff = std::chrono::milliseconds(20);
  environment.longest_backoff = std::chrono::milliseconds(200);
  return environment;
}

std::vector<Provider> mnemo::testing::providers() {
  std::vector<Provider> providers;
  for (const auto& server : server_buckets()) {
    Provider provider{server.name, [server] { return make(server); }};
    provider.tells_absent_on_remove = !server.yaml.starts_with("type: S3");
    provider.rounds = wants_full_sizes() ? 50 : 3;
    providers.push_back(std::move(provider));
  }
  return providers;
}
