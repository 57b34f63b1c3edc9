// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/environment.hpp"

#include <mnemo/bucket.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mnemo::s3 {

enum class LookupStyle { kAuto, kVirtualHosted, kPath };

enum class EncryptionKind { kNone, kS3, kKms, kCustomerKey };

/// How the server encrypts what it stores.
struct Encryption {
  EncryptionKind kind = EncryptionKind::kNone;
  std::string kms_key_id;
  std::map<std::string, std::string> kms_context;
  std::string customer_key_file;  // 32 bytes
};

/// Thanos' configuration of S3, with its defaults.
struct Options {
  std::string bucket;
  std::string endpoint;  // host and port, no scheme
  std::string region;    // empty: by the endpoint's name, or asked for
  bool disable_dualstack = false;
  bool aws_sdk_auth = false;
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  bool insecure = false;                             // http instead of https
  std::map<std::string, std::string> user_metadata;  // on every object put
  HttpClientOptions http;
  bool trace = false;
  bool list_objects_v1 = false;
  LookupStyle lookup = LookupStyle::kAuto;
  bool send_content_md5 = true;
  bool disable_multipart = false;
  uint64_t part_size = 64 << 20;
  Encryption encryption;
  std::string sts_endpoint;
  int max_tries = 10;
};

/// Errors: InvalidArgument, with Thanos' words where it has some.
Status check_options(const Options& options);

/// A bucket behind S3's API. Nothing is asked of the server yet. Errors: as check_options;
/// FailedPrecondition (a file that is named can't be read).
Result<std::unique_ptr<Bucket>> open_bucket(const Options& options,
                                            const BucketEnvironment& environment);

}  // namespace mnemo::s3
