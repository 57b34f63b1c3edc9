// SPDX-License-Identifier: Apache-2.0
// The buckets that need no server.
#include "objstore/bucket_suite.hpp"
#include "objstore/metrics_bucket.hpp"
#include "objstore/prefix_bucket.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

TestBucket make_filesystem() {
  auto folder = std::make_shared<TempDir>();
  auto bucket = open_filesystem_bucket({folder->path() / "bucket"});
  REQUIRE(bucket.ok());
  return {folder, std::move(*bucket)};
}

TestBucket make_prefixed() {
  auto below = make_filesystem();
  auto bucket = make_prefix_bucket(below.bucket, "/some/prefix/");
  REQUIRE(bucket.ok());
  REQUIRE(below.bucket->put(Context(), "some/prefixed", Bytes::copy_of("not seen")).ok());
  return {below.keeps_alive, *bucket};
}

TestBucket make_measured() {
  auto metrics = std::make_shared<Metrics>();
  return {metrics, make_metrics_bucket(make_memory_bucket(), *metrics)};
}

TestBucket make_memory() { return {nullptr, make_memory_bucket()}; }

}  // namespace

std::vector<Provider> mnemo::testing::providers() {
  return {{"memory", make_memory},
          {"filesystem", make_filesystem},
          {"prefix", make_prefixed},
          {"metrics", make_measured}};
}
