// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/environment.hpp"

#include <mnemo/bucket.hpp>
#include <mnemo/status.hpp>

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace mnemo::azure {

/// Who asks for tokens, where there is neither key nor signature. All empty: as the environment has
/// it.
struct Identity {
  std::string tenant;
  std::string client_id;
  std::string client_secret;     // never told, like all secrets
  std::string user_assigned_id;  // a managed identity, instead of the other three
};

/// Thanos' configuration of Azure's blob storage, read and checked.
struct Options {
  std::string account;
  std::string key;                   // raw bytes; or
  std::string sas;                   // a shared access signature, as in a query; or
  std::optional<Identity> identity;  // who asks for tokens
  std::string container;
  std::string container_url;  // "https://account.blob.core.windows.net/container"
  bool create_container = true;
  HttpClientOptions http;
  int max_tries = 4;
  int max_read_tries = 4;                    // of a body that breaks off
  std::chrono::milliseconds try_timeout{0};  // of one request; 0: none
  std::chrono::milliseconds retry_delay{800};
  std::chrono::milliseconds max_retry_delay{60'000};
  uint64_t block_size = 64 << 20;  // objects larger than this are sent in blocks
};

/// Reads the `config` of `type: AZURE`. Errors: InvalidArgument (names the field).
Result<Options> read_config(const YAML::Node& config);

/// A container of Azure's blob storage. With `create_container` it is made here where it is absent.
/// Errors: the client's, those of `token_source`.
Result<std::unique_ptr<Bucket>> open_bucket(const Options& options,
                                            const BucketEnvironment& environment);

}  // namespace mnemo::azure
