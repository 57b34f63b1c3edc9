// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command_line.hpp"

#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// The flags that several components share, with Thanos' names and defaults.

namespace mnemo::tools {

/// Logging, HTTP listener, and what Thanos' components all accept.
struct CommonFlags {
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string http_address = "0.0.0.0:10902";
  std::string http_config;
  int64_t http_grace_ms = 120'000;

  void declare(CommandLine& line);
  std::shared_ptr<Logger> make_logger() const;
};

/// The gRPC listener.
struct GrpcServerFlags {
  std::string address = "0.0.0.0:10901";
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  std::string tls_min_version = "1.3";
  std::vector<std::string> tls_ciphers;
  int64_t max_connection_age_ms = 3'600'000;
  int64_t grace_ms = 120'000;

  void declare(CommandLine& line);
};

/// A configuration that is given as text or as a file, e.g. `--objstore.config(-file)`.
struct ContentFlags {
  std::string content;
  std::string file;

  void declare(CommandLine& line, const std::string& flag, std::string_view what);
  bool given() const { return !content.empty() || !file.empty(); }
  /// The text, from wherever it is. Errors: InvalidArgument when both or none are
  /// given; the file's.
  Result<std::string> read(const std::string& flag) const;
};

/// Reads a time as `--min-time` has it: RFC 3339, or a duration relative to `now_ms`.
Result<int64_t> parse_time_or_duration(std::string_view text, int64_t now_ms);

/// Splits "a,b" entries and drops empty ones, as repeatable label flags allow.
std::vector<std::string> split_commas(const std::vector<std::string>& values);

int64_t now_ms();

/// Writes "mnemo <command>: error: ..." to standard error; returns kFailed (or kWrongUsage for
/// InvalidArgument).
int report(std::string_view command, const Status& status);

}  // namespace mnemo::tools
