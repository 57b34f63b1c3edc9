// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "http/pem_files.hpp"

#include <mnemo/status.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What is asked of a client's certificate. "Any" and "request" verify nothing.
enum class ClientCertificate { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

/// `tls_server_config` of a web configuration.
struct WebTlsConfig {
  PemFiles files;    // absolute or as seen from the working directory
  PemTexts written;  // in the configuration itself, instead of a file
  ClientCertificate client = ClientCertificate::kNone;
  std::vector<std::string> client_allowed_sans;
  int min_version = 0;  // OpenSSL's number
  int max_version = 0;
  std::string ciphers;  // OpenSSL's list for TLS 1.2; empty: its default
  std::string curves;   // OpenSSL's list; empty: its default
  bool prefer_server_ciphers = true;
};

/// Prometheus' web configuration: TLS, headers and passwords of HTTP endpoints.
struct WebConfig {
  std::optional<WebTlsConfig> tls;
  HttpHeaders headers;
  std::map<std::string, std::string, std::less<>> users;  // bcrypt hashes
};

/// Reads one; relative paths in it are below `folder`. Files that it names aren't read.
/// Errors: InvalidArgument, names the field.
Result<WebConfig> parse_web_config(std::string_view yaml, const std::filesystem::path& folder);

}  // namespace mnemo
