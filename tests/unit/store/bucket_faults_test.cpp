// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"
#include "objstore/caching_bucket.hpp"
#include "support/golden_bucket.hpp"
#include "support/memory_use.hpp"
#include "support/rounds.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Reads of which part fails, comes late, is cut, or has a flipped bit.
class UnreliableBucket final : public Bucket {
 public:
  explicit UnreliableBucket(std::shared_ptr<Bucket> bucket) : bucket_(std::move(bucket)) {}

  std::atomic<unsigned> percent{0};  // of reads that go wrong
  std::atomic<uint64_t> most_bytes{0};
  std::atomic<uint64_t> reads{0};

  std::string name() const override { return "unreliable"; }
  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    if (draw() < percent) return Status::unavailable("listing failed");
    return bucket_->list(context, prefix, recursive, visit);
  }
  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max) override {
    return spoil(bucket_->get(context, name, max), name);
  }
  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    uint64_t most = most_bytes;
    while (length > most && !most_bytes.compare_exchange_weak(most, length)) {
    }
    return spoil(bucket_->get_range(context, name, offset, length), name);
  }
  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    ++reads;
    if (draw() < percent) return Status::unavailable("attributes failed");
    return bucket_->attributes(context, name);
  }
  Status put(const Context&, std::string_view, Bytes) override { return refused(); }
  Status put_file(const Context&, std::string_view, const std::filesystem::path&) override {
    return refused();
  }
  Status remove(const Context&, std::string_view) override { return refused(); }

 private:
  static Status refused() { return Status::unimplemented("read only"); }

  unsigned draw(unsigned below = 100) {
    std::lock_guard lock(mutex_);
    return random_() % below;
  }

  Result<Bytes> spoil(Result<Bytes> result, std::string_view name) {
    ++reads;
    if (!result.ok() || result->empty() || draw() >= percent) return result;
    std::string content(result->as_string());
    switch (draw(4)) {
      case 0: return Status::unavailable(std::string(name) + ": read failed");
      case 1: (void)Context().sleep_for(std::chrono::microseconds(200)); return result;
      case 2: content.resize(draw(static_cast<unsigned>(content.size()))); break;
      default: content[draw(static_cast<unsigned>(content.size()))] ^= 4;
    }
    return Bytes::own(std::move(content));
  }

  std::shared_ptr<Bucket> bucket_;
  std::mutex mutex_;
  std::mt19937 random_{11};
};

/// How many queries: 200, or what MNEMO_FAULT_QUERIES says.
size_t queries() {
  const char* given = std::getenv("MNEMO_FAULT_QUERIES");
  return given != nullptr ? std::strtoul(given, nullptr, 10) : rounds(200);
}

std::vector<SeriesRequest> fault_requests() {
  std::vector<SeriesRequest> requests;
  for (const char* name : {"up|node_.*", "http_.*", "nh_.*", ".+", "constant|sparse.*"}) {
    requests.push_back(request_for({*Matcher::regex("__name__", name)}));
    requests.push_back(
        request_for({*Matcher::regex("__name__", name), Matcher::equal("replica", "a"),
                     Matcher::not_equal("job", "none")}));
    requests.back().range = {1780280000000, 1780290000000};
  }
  return requests;
}

/// The chunks of each series as comparable texts.
std::map<std::string, std::set<std::string>> chunks_of(const Answer& answer) {
  std::map<std::string, std::set<std::string>> chunks;
  for (const auto& series : answer.series) {
    auto& of_series = chunks[series.labels.to_string()];
    for (const auto& chunk : series.chunks) {
      of_series.insert(std::to_string(chunk.min_time) + " " +
                       std::string(chunk.raw->data.as_string()));
    }
  }
  return chunks;
}

/// Whether everything in `part` is in `whole` as it is there.
bool is_part_of(const Answer& part, const std::map<std::string, std::set<std::string>>& whole) {
  for (const auto& [labels, chunks] : chunks_of(part)) {
    auto at = whole.find(labels);
    if (at == whole.end()) return false;
    if (!std::includes(at->second.begin(), at->second.end(), chunks.begin(), chunks.end())) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE(
    "bucket store: of an unreliable bucket it gives the right answer, a warning or an error") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto requests = fault_requests();
  std::vector<std::map<std::string, std::set<std::string>>> expected;
  for (const auto& request : requests) expected.push_back(chunks_of(ask(*golden.store, request)));

  auto unreliable = std::make_shared<UnreliableBucket>(golden.bucket);
  TempDir dir;
  BucketStoreOptions options;
  options.headers.data_dir = dir.path();
  options.headers.is_lazy = true;
  options.headers.is_downloaded_lazily = true;
  options.headers.idle_timeout = std::chrono::milliseconds(1);
  cache::MemoryCacheOptions memory;
  memory.max_bytes = memory.max_item_bytes = 100'000;  // so that it forgets all the time
  IndexCacheOptions index;
  index.cache = *cache::MemoryCache::create(memory);
  options.index_cache = std::make_shared<IndexCache>(index);
  CachingBucketOptions caching;
  caching.cache = *cache::MemoryCache::create(memory);
  caching.blocks_iter_ttl = cache::Ttl(0);
  caching.metafile_doesnt_exist_ttl = cache::Ttl(0);
  golden.start(options, make_caching_bucket(unreliable, caching));

  std::mt19937 random(3);
  size_t whole = 0;
  size_t warned = 0;
  size_t failed = 0;
  uint64_t memory_before = anonymous_bytes();
  uint64_t memory_most = memory_before;
  for (size_t i = 0; i < queries(); ++i) {
    memory_most = std::max(memory_most, anonymous_bytes());
    unreliable->percent = i % 20 == 0 ? 0 : random() % 15;
    if (i % 10 == 0) {
      std::filesystem::remove_all(dir.path() / golden.directories[i % 12].filename());
      golden.store->release_idle_headers();
      (void)golden.store->sync(Context());
    }
    size_t which = random() % requests.size();
    auto request = requests[which];
    bool aborts = random() % 3 == 0;
    request.partial_response = aborts ? PartialResponse::kAbort : PartialResponse::kWarn;
    auto answer = ask(*golden.store, request);
    if (!answer.status.ok()) {
      ++failed;
      CHECK(aborts);
      CHECK_FALSE(answer.status.message().empty());
      continue;
    }
    CHECK(is_part_of(answer, expected[which]));
    if (answer.warnings.empty()) {
      ++whole;
      CHECK(chunks_of(answer) == expected[which]);
    } else {
      ++warned;
    }
  }
  MESSAGE(whole, " whole, ", warned, " with warnings, ", failed, " failed");
  CHECK_GT(whole, 0);
  CHECK_GT(warned, 0);
  CHECK_GT(failed, 0);
  CHECK_LE(unreliable->most_bytes, 17U << 20);
  MESSAGE(((memory_most - memory_before) >> 10), " KiB more memory than before");
  if (!kIsSanitized) CHECK_LE(memory_most - memory_before, 32U << 20);

  unreliable->percent = 0;
  REQUIRE(golden.store->sync(Context()).ok());
  for (size_t i = 0; i < requests.size(); ++i) {
    auto answer = ask(*golden.store, requests[i]);
    CHECK(answer.warnings.empty());
    CHECK(chunks_of(answer) == expected[i]);
  }
}

TEST_CASE("bucket store: requests a query and an idle hour stay few") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto bucket = std::make_shared<UnreliableBucket>(golden.bucket);
  cache::MemoryCacheOptions memory;
  IndexCacheOptions index;
  index.cache = *cache::MemoryCache::create(memory);
  BucketStoreOptions options;
  options.index_cache = std::make_shared<IndexCache>(index);
  golden.start(options, bucket);
  auto requests_of = [&](const std::function<void()>& work) {
    bucket->reads = 0;
    work();
    return bucket->reads.load();
  };
  auto sync = [&] { CHECK(golden.store->sync(Context()).ok()); };
  // Start: of each of the twelve blocks its meta.json and two reads of its index, or one and its
  // size (meta.json of golden blocks doesn't tell it).
  CHECK_LE(requests_of(sync), 12 * 4);
  // An idle hour: four syncs, each one listing and nothing else.
  CHECK_EQ(requests_of([&] {
             for (int i = 0; i < 4; ++i) sync();
           }),
           0);
  // A query over six blocks of one replica: postings, entries and chunks, one read each.
  auto query = [&] {
    auto answer = ask(*golden.store, request_for({Matcher::equal("__name__", "http_requests_total"),
                                                  Matcher::equal("replica", "a")}));
    CHECK_EQ(answer.series.size(), 4);
  };
  CHECK_LE(requests_of(query), 6 * 3);
  // Once more: chunks only.
  CHECK_LE(requests_of(query), 6);
}
