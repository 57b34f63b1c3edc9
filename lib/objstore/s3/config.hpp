// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/options.hpp"

#include <yaml-cpp/yaml.h>

namespace mnemo::s3 {

/// Reads the `config` of `type: S3`. Errors: InvalidArgument (names field and line), Unimplemented
/// (signature_version2).
Result<Options> read_config(const YAML::Node& config);

/// Reads the `config` of `type: GCS`, whose S3 interface takes HMAC keys: those in the environment
/// (GCS_HMAC_ACCESS_ID, GCS_HMAC_SECRET). Errors: Unimplemented (other credentials, gRPC).
Result<Options> read_gcs_config(const YAML::Node& config);

}  // namespace mnemo::s3
