// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <mnemo/status.hpp>

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mnemo::config {

/// Takes the value of one field, which isn't null. May throw YAML's exceptions.
using Reader = std::function<Status(const YAML::Node&)>;

struct Field {
  std::string name;
  Reader read;
};
using Fields = std::vector<Field>;

/// "bucket configuration: line N: what". Nothing here quotes a value, which may be a secret.
Status error_at(const YAML::Node& node, const std::string& what);

/// Reads a map whose fields are all known and there once; nothing or null is an empty map. Fields
/// that are absent or null leave what they would have set.
Status read(const YAML::Node& map, const Fields& fields);

/// Readers of the usual kinds, into what they are given.
Reader text(std::string& out);
Reader flag(bool& out);
Reader integer(int64_t& out);
/// As Prometheus writes durations: "1m30s", "0s".
Reader duration(std::chrono::milliseconds& out);
Reader text_map(std::map<std::string, std::string>& out);
Reader section(Fields fields);

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

  Fields fields();
  HttpClientOptions options() const;
};

}  // namespace mnemo::config
