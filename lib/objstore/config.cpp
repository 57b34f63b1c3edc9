// SPDX-License-Identifier: Apache-2.0
#include "objstore/config.hpp"

#include "base/file.hpp"
#include "base/letter_case.hpp"
#include "base/yaml_fields.hpp"
#include "objstore/azure/options.hpp"
#include "objstore/prefix_bucket.hpp"
#include "objstore/s3/config.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mnemo {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

constexpr std::array<std::string_view, 6> kTypesNotBuilt = {"SWIFT", "COS", "ALIYUNOSS",
                                                            "BOS",   "OCI", "OBS"};

using BucketResult = Result<std::shared_ptr<Bucket>>;

BucketResult make_filesystem_bucket(const YAML::Node& config) {
  FilesystemBucketOptions options;
  std::string directory;
  MNEMO_RETURN_IF_ERROR(yaml::read(config, {{"directory", yaml::text(directory)}}));
  options.directory = directory;
  MNEMO_TRY(auto bucket, open_filesystem_bucket(options));
  return std::shared_ptr<Bucket>(std::move(bucket));
}

BucketResult make_s3_bucket(const Result<s3::Options>& options,
                            const BucketEnvironment& environment) {
  if (!options.ok()) return options.status();
  MNEMO_TRY(auto bucket, s3::open_bucket(*options, environment));
  return std::shared_ptr<Bucket>(std::move(bucket));
}

BucketResult make_azure_bucket(const YAML::Node& config, const BucketEnvironment& environment) {
  MNEMO_TRY(auto options, azure::read_config(config));
  MNEMO_TRY(auto bucket, azure::open_bucket(options, environment));
  return std::shared_ptr<Bucket>(std::move(bucket));
}

BucketResult make_bucket_of_type(const std::string& type, const YAML::Node& config,
                                 const BucketEnvironment& environment) {
  auto wanted = upper_case(type);
  if (wanted == "FILESYSTEM") return make_filesystem_bucket(config);
  if (wanted == "S3") return make_s3_bucket(s3::read_config(config), environment);
  if (wanted == "AZURE") return make_azure_bucket(config, environment);
  if (wanted == "GCS") return make_s3_bucket(s3::read_gcs_config(config), environment);
  if (std::find(kTypesNotBuilt.begin(), kTypesNotBuilt.end(), wanted) != kTypesNotBuilt.end()) {
    return Status::unimplemented("type " + wanted + " is not built in");
  }
  return Status::invalid_argument("bucket with type " + type + " is not supported");
}

BucketResult make_bucket(const YAML::Node& root, const BucketEnvironment& environment) {
  std::string type;
  std::string prefix;
  YAML::Node config;
  MNEMO_RETURN_IF_ERROR(yaml::read(root, {{"type", yaml::text(type)},
                                          {"config", yaml::keep(config)},
                                          {"prefix", yaml::text(prefix)}}));
  if (type.empty()) return Status::invalid_argument("missing type");
  MNEMO_TRY(auto bucket, make_bucket_of_type(type, config, environment));
  return make_prefix_bucket(std::move(bucket), prefix);
}

}  // namespace

BucketResult make_bucket_from_config(std::string_view yaml, const BucketEnvironment& environment) {
  std::shared_ptr<Bucket> bucket;
  auto make = [&](const YAML::Node& root) -> Status {
    MNEMO_TRY(bucket, make_bucket(root, environment));
    return {};
  };
  MNEMO_RETURN_IF_ERROR(yaml::read_document("bucket configuration", yaml, make));
  return bucket;
}

BucketResult make_bucket_from_config_file(const std::filesystem::path& file,
                                          const BucketEnvironment& environment) {
  MNEMO_TRY(auto yaml, read_file(file, kMaxConfigBytes));
  return make_bucket_from_config(yaml, environment).with_context(file.string());
}

}  // namespace mnemo
