// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/environment.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mnemo::testing {

/// One bucket on a server: NAME.yaml in the folder MNEMO_BUCKETS.
struct ServerBucket {
  std::string name;
  std::string yaml;
};
std::vector<ServerBucket> server_buckets();

/// A pool whose threads send parts at once, and quick retries.
BucketEnvironment server_environment();

}  // namespace mnemo::testing
