// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>

#include "cache/cache_config.hpp"
#include "objstore/caching_bucket.hpp"

#include <memory>
#include <string_view>

namespace mnemo {

/// Puts the cache that Thanos' YAML (`--store.caching-bucket.config`) describes before `bucket`.
/// `bucket_yaml` is the bucket's own configuration: buckets of different ones never share what is
/// in a cache (deletion marks of a block that several hold, or listings), processes of one do.
/// `requests` runs the requests of one read. Errors: InvalidArgument (with field and line),
/// Unimplemented (a cache that is not built in).
Result<std::shared_ptr<Bucket>> make_caching_bucket_from_config(
    std::shared_ptr<Bucket> bucket, std::string_view bucket_yaml, std::string_view yaml,
    std::shared_ptr<Executor> requests, const cache::CacheSurroundings& surroundings);

}  // namespace mnemo
