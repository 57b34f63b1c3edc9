// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/yaml_fields.hpp"
#include "http/client.hpp"

#include <chrono>
#include <cstdint>

namespace mnemo {

/// `http_config` as Thanos has it for all of its object storages: its defaults, or what was read.
/// A time or number of 0 is no limit.
struct HttpSection {
  std::chrono::milliseconds idle_timeout{90'000};
  std::chrono::milliseconds response_header_timeout{120'000};
  std::chrono::milliseconds tls_handshake_timeout{10'000};
  std::chrono::milliseconds expect_continue_timeout{1'000};
  int64_t max_idle = 100;
  int64_t max_idle_per_host = 100;
  int64_t max_per_host = 0;
  bool insecure_skip_verify = false;
  bool disable_compression = false;
  HttpTlsOptions tls;

  yaml::Fields fields();
  HttpClientOptions options() const;
};

}  // namespace mnemo
