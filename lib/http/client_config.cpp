// SPDX-License-Identifier: Apache-2.0
#include "http/client_config.hpp"

#include "base/yaml_fields.hpp"

#include <chrono>

namespace mnemo {
namespace {

/// A time in nanoseconds, as Go's int64 of a time.Duration.
yaml::Reader nanoseconds(std::chrono::milliseconds& out) {
  return [&out](const YAML::Node& node) {
    std::chrono::nanoseconds value(node.as<int64_t>());
    out = std::chrono::ceil<std::chrono::milliseconds>(value);
    return Status();
  };
}

yaml::Reader connections(size_t& out) {
  return [&out](const YAML::Node& node) {
    auto value = node.as<int64_t>();
    if (value > 0) out = static_cast<size_t>(value);
    return Status();
  };
}

yaml::Reader ignored_number() {
  return [](const YAML::Node& node) {
    node.as<int64_t>();
    return Status();
  };
}

yaml::Fields top_fields(HttpClientOptions& options, bool& disable_compression) {
  using namespace yaml;
  return {
      {"basic_auth", section({{"username", text(options.username)},
                              {"password", text(options.password)},
                              {"password_file", text(options.password_file)}})},
      {"bearer_token", text(options.bearer_token)},
      {"bearer_token_file", text(options.bearer_token_file)},
      {"proxy_url", text(options.proxy_url)},
      {"follow_redirects", flag(options.follow_redirects)},
      {"tls_config", section({{"ca_file", text(options.tls.ca_file)},
                              {"cert_file", text(options.tls.cert_file)},
                              {"key_file", text(options.tls.key_file)},
                              {"server_name", text(options.tls.server_name)},
                              {"insecure_skip_verify", flag(options.tls.insecure_skip_verify)}})},
      {"transport_config",
       section({{"max_idle_conns", connections(options.max_idle_connections)},
                {"max_idle_conns_per_host", ignored_number()},
                {"max_conns_per_host", ignored_number()},
                {"expect_continue_timeout", ignored_number()},
                {"idle_conn_timeout", nanoseconds(options.idle_timeout)},
                {"response_header_timeout", nanoseconds(options.response_header_timeout)},
                {"tls_handshake_timeout", nanoseconds(options.tls_handshake_timeout)},
                {"dialer_timeout", nanoseconds(options.connect_timeout)},
                {"disable_compression", flag(disable_compression)}})},
  };
}

}  // namespace

Result<HttpClientOptions> parse_http_client_config(std::string_view yaml) {
  HttpClientOptions options;
  bool disable_compression = false;
  auto read = [&](const YAML::Node& root) {
    return yaml::read(root, top_fields(options, disable_compression));
  };
  MNEMO_RETURN_IF_ERROR(yaml::read_document("HTTP client configuration", yaml, read));
  options.accept_compressed = !disable_compression;
  return options;
}

}  // namespace mnemo
