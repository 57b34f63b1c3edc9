// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"
#include "store/bucket/bucket_store.hpp"
#include "store/series_stream.hpp"
#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::testing {

inline constexpr TimeRange kGoldenRange{1780272000000, 1780315200000};

/// A bucket in memory with the named folders of blocks of the golden data.
struct GoldenBucket {
  explicit GoldenBucket(const std::vector<std::string>& folders) {
    auto golden = golden_dir();
    if (!golden) return;
    for (const auto& folder : folders) {
      for (const auto& entry : std::filesystem::directory_iterator(*golden / folder)) {
        if (entry.is_directory()) add(entry.path());
      }
    }
    present = true;
  }

  void add(const std::filesystem::path& block) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(block)) {
      if (!entry.is_regular_file()) continue;
      auto name = block.filename() / std::filesystem::relative(entry.path(), block);
      auto bytes = map_file(entry.path());
      REQUIRE(bytes.ok());
      REQUIRE(bucket->put(Context(), name.string(), *bytes).ok());
    }
    directories.push_back(block);
  }

  /// Replaces one byte of an object by its complement.
  void flip(const std::string& object, uint64_t offset) {
    auto bytes = bucket->get(Context(), object, UINT64_MAX);
    REQUIRE(bytes.ok());
    std::string changed(bytes->as_string());
    changed[offset] = static_cast<char>(~changed[offset]);
    REQUIRE(bucket->put(Context(), object, Bytes::own(std::move(changed))).ok());
  }

  /// Makes the store over `over`, or over the bucket itself.
  void start(BucketStoreOptions options = {}, std::shared_ptr<Bucket> over = nullptr) {
    if (!over) over = bucket;
    MetaFetcherOptions fetcher_options;
    fetcher_options.executor = pool;
    options.executor = pool;
    options.metrics = &metrics;
    store = std::make_unique<BucketStore>(
        over, std::make_shared<MetaFetcher>(over, fetcher_options), options);
  }

  std::string object(size_t block, const std::string& file) const {
    return directories[block].filename().string() + "/" + file;
  }

  double metric(const std::string& name) { return metrics.counter(name, "").value(); }

  bool present = false;
  std::shared_ptr<Bucket> bucket = make_memory_bucket();
  std::vector<std::filesystem::path> directories;
  std::shared_ptr<Executor> pool = make_thread_pool(3);
  Metrics metrics;
  std::unique_ptr<BucketStore> store;
};

inline SeriesRequest request_for(std::vector<Matcher> matchers) {
  SeriesRequest request;
  request.range = kGoldenRange;
  request.matchers = std::move(matchers);
  return request;
}

inline Matcher every_series() { return Matcher::not_equal("__name__", ""); }

/// Requests of many kinds over the golden blocks.
inline std::vector<SeriesRequest> various_requests() {
  std::vector<SeriesRequest> requests{request_for({every_series()})};
  requests.push_back(request_for({*Matcher::regex("__name__", "nh_.*|up|http.*")}));
  requests.push_back(request_for({every_series(), Matcher::equal("job", "")}));
  requests.push_back(request_for(
      {Matcher::equal("__name__", "http_requests_total"), *Matcher::not_regex("code", "5..")}));
  requests.push_back(request_for({Matcher::equal("replica", "a")}));
  requests.back().skip_chunks = true;
  requests.push_back(request_for({Matcher::equal("__name__", "absent")}));
  requests.push_back(request_for(
      {Matcher::equal("__name__", "http_requests_total"), *Matcher::regex("job", ".+")}));
  return requests;
}

struct Answer {
  Status status;
  std::vector<Series> series;
  std::vector<std::string> warnings;
  std::vector<std::string> blocks;
};

inline Answer ask(Store& store, const SeriesRequest& request) {
  Answer answer;
  auto stream = store.series(Context(), request);
  if (!stream.ok()) {
    answer.status = stream.status();
    return answer;
  }
  auto series = read_all(**stream);
  if (!series.ok()) {
    answer.status = series.status();
    return answer;
  }
  answer.series = *std::move(series);
  answer.warnings = (*stream)->warnings();
  answer.blocks = (*stream)->queried_blocks();
  return answer;
}

inline bool sorted_and_unique(const std::vector<Series>& series) {
  return std::adjacent_find(series.begin(), series.end(), [](const Series& a, const Series& b) {
           return !(a.labels < b.labels);
         }) == series.end();
}

/// Everything of an answer in comparable form.
inline std::vector<std::string> fingerprint(const Answer& answer) {
  std::vector<std::string> lines;
  for (const auto& series : answer.series) {
    auto line = series.labels.to_string();
    for (const auto& chunk : series.chunks) {
      line += " " + std::to_string(chunk.min_time) + "-" + std::to_string(chunk.max_time);
      for (auto aggregate : {Aggregate::kRaw, Aggregate::kCount, Aggregate::kSum, Aggregate::kMin,
                             Aggregate::kMax, Aggregate::kCounter}) {
        const auto* part = chunk.get(aggregate);
        line += part ? std::string(part->data.as_string()) : "-";
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace mnemo::testing
