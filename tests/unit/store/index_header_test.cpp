// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_header_file.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"
#include "objstore/fault_bucket.hpp"
#include "store/bucket/lazy_index_header.hpp"
#include "support/golden_bucket.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

std::string built(Bucket& bucket, const std::string& object, uint64_t size) {
  std::string content;
  auto status = build_index_header(Context(), bucket, object, size, [&](std::string_view data) {
    content += data;
    return Status();
  });
  CHECK_EQ(status, Status());
  return content;
}

std::string content_of(const fs::path& path) {
  auto content = read_file(path, 1 << 26);
  REQUIRE(content.ok());
  return *content;
}

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  REQUIRE(write_file_atomically(path, content).ok());
}

/// The requests for ranges of indexes.
uint64_t index_reads(const FaultBucket& bucket) {
  return bucket.count(BucketOperation::kGetRange) + bucket.count(BucketOperation::kAttributes);
}

}  // namespace

TEST_CASE("index-header: is byte by byte what Thanos wrote for the same blocks") {
  GoldenBucket golden({"raw", "compacted", "downsampled-5m", "downsampled-1h"});
  if (!golden.present) return;
  size_t compared = 0;
  for (size_t i = 0; i < golden.directories.size(); ++i) {
    auto expected = *golden_dir() / "index-header" / golden.directories[i].filename();
    if (!fs::exists(expected)) continue;
    ++compared;
    CHECK(built(*golden.bucket, golden.object(i, "index"), 0) == content_of(expected));
  }
  CHECK_EQ(compared, 15);
}

TEST_CASE("index-header: a small index costs two requests, one more where its size isn't known") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  FaultBucket counting(golden.bucket);
  auto object = golden.object(0, "index");
  auto size = golden.bucket->attributes(Context(), object)->size;
  built(counting, object, size);
  CHECK_EQ(counting.count(), 2);
  counting.set_faults({});
  built(counting, object, 0);
  CHECK_EQ(counting.count(), 3);
}

TEST_CASE("index-header: what Thanos left on the disk is used without a request") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  for (const auto& block : golden.directories) {
    auto name = block.filename();
    write(dir.path() / name / "index-header", content_of(*golden_dir() / "index-header" / name));
  }
  auto counting = std::make_shared<FaultBucket>(golden.bucket);
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  golden.start(options, counting);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK_EQ(golden.metrics.gauge("thanos_bucket_store_blocks_loaded", "").value(), 12);
  CHECK_EQ(index_reads(*counting), 0);
  auto answer = ask(*golden.store, request_for({every_series()}));
  CHECK(answer.warnings.empty());
  CHECK_FALSE(answer.series.empty());
}

TEST_CASE("index-header: a file that is torn, flipped or another's is built anew") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  auto object = golden.object(0, "index");
  auto size = golden.bucket->attributes(Context(), object)->size;
  auto right = built(*golden.bucket, object, size);
  auto path = dir.path() / "header";
  auto repaired = [&](std::string content) {
    write(path, content);
    auto header = open_index_header(Context(), *golden.bucket, object, size, path);
    return header.ok() && header->size == size && content_of(path) == right;
  };
  CHECK(repaired(""));
  CHECK(repaired(right.substr(0, 40)));
  CHECK(repaired(right.substr(0, right.size() - 1)));
  CHECK(repaired(right + "x"));
  CHECK(repaired(std::string(right.size(), '\0')));
  CHECK(repaired(content_of(*golden_dir() / "index-header" / golden.directories[1].filename())));
  for (size_t at = 0; at < right.size(); at += 97) {
    auto flipped = right;
    flipped[at] = static_cast<char>(~flipped[at]);
    CHECK(repaired(flipped));
  }
}

TEST_CASE("index-header: a header that can't be kept or built stops only its own block") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  // A file where the block's folder should be.
  write(dir.path() / golden.directories[0].filename(), "in the way");
  golden.flip(golden.object(1, "index"), 30);
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  golden.start(options);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK_EQ(golden.metrics.gauge("thanos_bucket_store_blocks_loaded", "").value(), 10);
  CHECK_EQ(ask(*golden.store, request_for({every_series()})).warnings.size(), 2);
}

TEST_CASE("index-header: lazy ones are mapped by queries and let go of when idle") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  auto counting = std::make_shared<FaultBucket>(golden.bucket);
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  options.headers.is_lazy = true;
  options.headers.idle_timeout = std::chrono::milliseconds(1);
  golden.start(options, counting);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK(fs::exists(dir.path() / golden.directories[3].filename() / "index-header"));
  CHECK_EQ(golden.metric("thanos_bucket_store_indexheader_lazy_load_total"), 0);

  auto request = request_for({Matcher::equal("__name__", "up"), Matcher::equal("replica", "b")});
  auto expected = fingerprint(ask(*golden.store, request));
  CHECK_EQ(expected.size(), 1);
  CHECK_EQ(golden.metric("thanos_bucket_store_indexheader_lazy_load_total"), 6);
  REQUIRE(Context().sleep_for(std::chrono::milliseconds(5)).ok());
  golden.store->release_idle_headers();
  CHECK_EQ(golden.metric("thanos_bucket_store_indexheader_lazy_unload_total"), 6);
  CHECK(fingerprint(ask(*golden.store, request)) == expected);
  CHECK_EQ(golden.metric("thanos_bucket_store_indexheader_lazy_load_total"), 12);
}

TEST_CASE("index-header: lazily downloaded ones cost no request before a query needs them") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  auto counting = std::make_shared<FaultBucket>(golden.bucket);
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  options.headers.is_lazy = true;
  options.headers.is_downloaded_lazily = true;
  golden.start(options, counting);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK_EQ(index_reads(*counting), 0);
  CHECK_EQ(ask(*golden.store, request_for({Matcher::equal("__name__", "up")})).series.size(), 2);
  CHECK(fs::exists(dir.path() / golden.directories[0].filename() / "index-header"));
}

TEST_CASE("index-header: the folders of blocks that are gone are removed, other files are not") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  write(dir.path() / "01ARZ3NDEKTSV4RRFFQ69G5FAV" / "index-header", "old");
  write(dir.path() / "notes" / "mine", "kept");
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  golden.start(options);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK_FALSE(fs::exists(dir.path() / "01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  CHECK(fs::exists(dir.path() / "notes" / "mine"));
  auto first = golden.directories[0].filename();
  CHECK(fs::exists(dir.path() / first));
  REQUIRE(golden.bucket->remove(Context(), golden.object(0, "meta.json")).ok());
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK_FALSE(fs::exists(dir.path() / first));
}
