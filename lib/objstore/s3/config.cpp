// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/config.hpp"

#include "objstore/http_section.hpp"
#include "objstore/s3/credential_services.hpp"

#include <algorithm>
#include <utility>

namespace mnemo::s3 {
namespace {

constexpr int kDefaultTries = 10;
constexpr uint64_t kDefaultPartSize = 128 << 20;  // for part_size: 0

Status set_lookup(const std::string& text, LookupStyle& lookup) {
  if (text == "auto" || text.empty()) {
    lookup = LookupStyle::kAuto;
  } else if (text == "virtual-hosted") {
    lookup = LookupStyle::kVirtualHosted;
  } else if (text == "path") {
    lookup = LookupStyle::kPath;
  } else {
    return Status::invalid_argument("unsupported bucket lookup type: " + text);
  }
  return {};
}

Status set_encryption(const std::string& type, Encryption& encryption) {
  if (type.empty()) {
    encryption.kind = EncryptionKind::kNone;
  } else if (type == "SSE-S3") {
    encryption.kind = EncryptionKind::kS3;
  } else if (type == "SSE-KMS") {
    encryption.kind = EncryptionKind::kKms;
  } else if (type == "SSE-C") {
    encryption.kind = EncryptionKind::kCustomerKey;
  } else {
    return Status::invalid_argument("sse_config: Unsupported type \"" + type +
                                    "\" was provided. Supported types are SSE-S3, SSE-KMS, SSE-C");
  }
  return {};
}

Status set_list_version(const std::string& version, bool& v1) {
  if (!version.empty() && version != "v1" && version != "v2") {
    return Status::invalid_argument("list_objects_version: Unsupported version \"" + version +
                                    "\" was provided. Supported values are v1, v2");
  }
  v1 = version == "v1";
  return {};
}

int tries_of(int64_t max_retries) {
  return max_retries > 0 ? static_cast<int>(std::min<int64_t>(max_retries, 1000)) : kDefaultTries;
}

}  // namespace

Result<Options> read_config(const YAML::Node& config) {
  using namespace mnemo::yaml;
  Options options;
  HttpSection http;
  bool signature_v2 = false;
  std::string list_version;
  std::string lookup;
  std::string encryption;
  auto part_size = static_cast<int64_t>(options.part_size);
  int64_t max_retries = 0;
  MNEMO_RETURN_IF_ERROR(read(
      config,
      {{"bucket", text(options.bucket)},
       {"endpoint", text(options.endpoint)},
       {"region", text(options.region)},
       {"disable_dualstack", flag(options.disable_dualstack)},
       {"aws_sdk_auth", flag(options.aws_sdk_auth)},
       {"access_key", text(options.access_key)},
       {"insecure", flag(options.insecure)},
       {"signature_version2", flag(signature_v2)},
       {"secret_key", text(options.secret_key)},
       {"session_token", text(options.session_token)},
       {"put_user_metadata", text_map(options.user_metadata)},
       {"http_config", section(http.fields())},
       {"trace", section({{"enable", flag(options.trace)}})},
       {"list_objects_version", text(list_version)},
       {"bucket_lookup_type", text(lookup)},
       {"send_content_md5", flag(options.send_content_md5)},
       {"disable_multipart", flag(options.disable_multipart)},
       {"part_size", integer(part_size)},
       {"sse_config", section({{"type", text(encryption)},
                               {"kms_key_id", text(options.encryption.kms_key_id)},
                               {"kms_encryption_context", text_map(options.encryption.kms_context)},
                               {"encryption_key", text(options.encryption.customer_key_file)}})},
       {"sts_endpoint", text(options.sts_endpoint)},
       {"max_retries", integer(max_retries)}}));
  if (signature_v2) {
    return Status::unimplemented(
        "signature_version2 is not supported: requests are signed by Signature Version 4");
  }
  if (part_size < 0) return Status::invalid_argument("part_size is negative");
  options.http = http.options();
  options.part_size = part_size == 0 ? kDefaultPartSize : static_cast<uint64_t>(part_size);
  options.max_tries = tries_of(max_retries);
  MNEMO_RETURN_IF_ERROR(set_lookup(lookup, options.lookup));
  MNEMO_RETURN_IF_ERROR(set_encryption(encryption, options.encryption));
  MNEMO_RETURN_IF_ERROR(set_list_version(list_version, options.list_objects_v1));
  return options;
}

Result<Options> read_gcs_config(const YAML::Node& config) {
  using namespace mnemo::yaml;
  Options options;
  HttpSection http;
  std::string service_account;
  bool use_grpc = false;
  int64_t pool_size = 0;
  int64_t chunk_size = 0;
  int64_t max_retries = 0;
  MNEMO_RETURN_IF_ERROR(read(config, {{"bucket", text(options.bucket)},
                                      {"service_account", text(service_account)},
                                      {"use_grpc", flag(use_grpc)},
                                      {"grpc_conn_pool_size", integer(pool_size)},
                                      {"http_config", section(http.fields())},
                                      {"chunk_size_bytes", integer(chunk_size)},
                                      {"max_retries", integer(max_retries)}}));
  if (options.bucket.empty()) {
    return Status::invalid_argument("missing Google Cloud Storage bucket name for stored blocks");
  }
  if (use_grpc) return Status::unimplemented("use_grpc is not supported for GCS");
  options.access_key = environment_text("GCS_HMAC_ACCESS_ID");
  options.secret_key = environment_text("GCS_HMAC_SECRET");
  if (!service_account.empty() || options.access_key.empty() || options.secret_key.empty()) {
    return Status::unimplemented(
        "GCS is reached by HMAC keys only (GCS_HMAC_ACCESS_ID and GCS_HMAC_SECRET in the "
        "environment), not by service accounts or application credentials");
  }
  options.endpoint = "storage.googleapis.com";
  options.region = "auto";
  options.http = http.options();
  options.max_tries = tries_of(max_retries);
  return options;
}

}  // namespace mnemo::s3
