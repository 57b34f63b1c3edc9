// SPDX-License-Identifier: Apache-2.0
#include "objstore/caching_bucket_config.hpp"

#include "base/digest.hpp"
#include "base/yaml_fields.hpp"

#include <utility>

namespace mnemo {
namespace {

constexpr char kWhat[] = "caching bucket configuration";
constexpr size_t kIdDigits = 32;

yaml::Fields fields_of(CachingBucketOptions& options) {
  return {{"chunk_subrange_size", yaml::count(options.chunk_subrange_size)},
          {"max_chunks_get_range_requests", yaml::count(options.max_chunks_get_range_requests)},
          {"metafile_max_size", yaml::bytes(options.metafile_max_size)},
          {"chunk_object_attrs_ttl", yaml::duration(options.chunk_object_attrs_ttl)},
          {"chunk_subrange_ttl", yaml::duration(options.chunk_subrange_ttl)},
          {"blocks_iter_ttl", yaml::duration(options.blocks_iter_ttl)},
          {"metafile_exists_ttl", yaml::duration(options.metafile_exists_ttl)},
          {"metafile_doesnt_exist_ttl", yaml::duration(options.metafile_doesnt_exist_ttl)},
          {"metafile_content_ttl", yaml::duration(options.metafile_content_ttl)}};
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
  MNEMO_RETURN_IF_ERROR(yaml::read_document(kWhat, yaml, [&](const YAML::Node& root) -> Status {
    MNEMO_TRY(options.cache, cache::make_cache_levels(root, surroundings, fields_of(options)));
    if (options.chunk_subrange_size > 0) return {};
    return Status::invalid_argument("chunk_subrange_size must be positive");
  }));
  return make_caching_bucket(std::move(bucket), std::move(options));
}

}  // namespace mnemo
