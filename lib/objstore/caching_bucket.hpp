// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/metrics.hpp>

#include "cache/cache.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mnemo {

/// What a caching bucket keeps for how long; names and defaults are those of Thanos' configuration.
struct CachingBucketOptions {
  uint64_t chunk_subrange_size = 16'000;
  uint64_t max_chunks_get_range_requests = 3;  // a read of a range; 0: no limit
  uint64_t metafile_max_size = 1 << 20;
  cache::Ttl chunk_object_attrs_ttl = std::chrono::hours(24);
  cache::Ttl chunk_subrange_ttl = std::chrono::hours(24);
  cache::Ttl blocks_iter_ttl = std::chrono::minutes(5);
  cache::Ttl metafile_exists_ttl = std::chrono::hours(2);
  cache::Ttl metafile_doesnt_exist_ttl = std::chrono::minutes(15);
  cache::Ttl metafile_content_ttl = std::chrono::hours(24);
  std::string bucket_id;  // tells apart buckets that share a cache
  std::shared_ptr<cache::Cache> cache;
  std::shared_ptr<Executor> executor;  // the requests of one read run here at once; may be null
  Metrics* metrics = nullptr;          // thanos_store_bucket_cache_*; must outlive the bucket
};

/// `bucket`, of which is kept in a cache: listings of the root; content and existence of meta.json
/// and deletion-mark.json; attributes of chunk segments, and their content in pieces of equal size.
/// Everything else, and every write, goes to the bucket; a put or removal through this bucket is
/// not hidden by what was cached before.
///
/// Ownership: shares bucket, cache and executor.
std::shared_ptr<Bucket> make_caching_bucket(std::shared_ptr<Bucket> bucket,
                                            CachingBucketOptions options);

}  // namespace mnemo
