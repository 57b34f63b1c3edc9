// SPDX-License-Identifier: Apache-2.0
#include "objstore/caching_bucket_config.hpp"

#include "base/digest.hpp"
#include "cache/config_fields.hpp"

#include <utility>

namespace mnemo {
namespace {

constexpr char kWhat[] = "caching bucket configuration";
constexpr size_t kIdDigits = 32;

void read_fields(cache::ConfigFields& fields, CachingBucketOptions& options) {
  fields.number("chunk_subrange_size", options.chunk_subrange_size);
  fields.number("max_chunks_get_range_requests", options.max_chunks_get_range_requests);
  fields.bytes("metafile_max_size", options.metafile_max_size);
  fields.duration("chunk_object_attrs_ttl", options.chunk_object_attrs_ttl);
  fields.duration("chunk_subrange_ttl", options.chunk_subrange_ttl);
  fields.duration("blocks_iter_ttl", options.blocks_iter_ttl);
  fields.duration("metafile_exists_ttl", options.metafile_exists_ttl);
  fields.duration("metafile_doesnt_exist_ttl", options.metafile_doesnt_exist_ttl);
  fields.duration("metafile_content_ttl", options.metafile_content_ttl);
}

}  // namespace

Result<std::shared_ptr<Bucket>> make_caching_bucket_from_config(
    std::shared_ptr<Bucket> bucket, std::string_view bucket_yaml, std::string_view yaml,
    std::shared_ptr<Executor> requests, const cache::CacheSurroundings& surroundings) {
  CachingBucketOptions options;
  // Its name alone tells apart neither prefixes nor servers. A digest, since there are secrets.
  options.bucket_id = hex_text(digest_of(DigestKind::kSha256, bucket_yaml)).substr(0, kIdDigits);
  options.executor = std::move(requests);
  options.metrics = surroundings.metrics;
  MNEMO_RETURN_IF_ERROR(cache::read_yaml(kWhat, yaml, [&](const YAML::Node& root) -> Status {
    auto read_more = [&](cache::ConfigFields& fields) { read_fields(fields, options); };
    MNEMO_TRY(options.cache, cache::make_cache_levels(kWhat, root, surroundings, read_more));
    if (options.chunk_subrange_size > 0) return {};
    return Status::invalid_argument(std::string(kWhat) + ": chunk_subrange_size must be positive");
  }));
  return make_caching_bucket(std::move(bucket), std::move(options));
}

}  // namespace mnemo
