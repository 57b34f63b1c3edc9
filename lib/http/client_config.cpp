// SPDX-License-Identifier: Apache-2.0
#include "http/client_config.hpp"

#include "http/yaml_fields.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>

namespace mnemo {
namespace {

using Fields = std::map<std::string, FieldReader>;

Status read_fields(const YAML::Node& node, const std::string& path, const Fields& fields) {
  if (!node || node.IsNull()) return {};
  if (!node.IsMap()) {
    return Status::invalid_argument((path.empty() ? "the document" : path) + ": not a mapping");
  }
  for (const auto& entry : node) {
    auto name = entry.first.as<std::string>();
    std::string full = path.empty() ? name : path + "." + name;
    auto field = fields.find(name);
    if (field == fields.end()) return Status::invalid_argument("unknown field \"" + full + "\"");
    try {
      MNEMO_RETURN_IF_ERROR(field->second(entry.second));
    } catch (const YAML::Exception&) {
      return Status::invalid_argument("field \"" + full + "\": wrong type");
    }
  }
  return {};
}

/// A time in nanoseconds, as Go's int64 of a time.Duration.
FieldReader nanoseconds(std::chrono::milliseconds& out) {
  return [&out](const YAML::Node& node) {
    std::chrono::nanoseconds value(node.as<int64_t>());
    out = std::chrono::ceil<std::chrono::milliseconds>(value);
    return Status();
  };
}

FieldReader count(size_t& out) {
  return [&out](const YAML::Node& node) {
    auto value = node.as<int64_t>();
    if (value > 0) out = static_cast<size_t>(value);
    return Status();
  };
}

FieldReader ignored_number() {
  return [](const YAML::Node& node) {
    node.as<int64_t>();
    return Status();
  };
}

FieldReader section(const std::string& path, Fields fields) {
  return [path, fields = std::move(fields)](const YAML::Node& node) {
    return read_fields(node, path, fields);
  };
}

Fields top_fields(HttpClientOptions& options, bool& disable_compression) {
  return {
      {"basic_auth", section("basic_auth", {{"username", read_text(options.username)},
                                            {"password", read_text(options.password)},
                                            {"password_file", read_text(options.password_file)}})},
      {"bearer_token", read_text(options.bearer_token)},
      {"bearer_token_file", read_text(options.bearer_token_file)},
      {"proxy_url", read_text(options.proxy_url)},
      {"follow_redirects", read_flag(options.follow_redirects)},
      {"tls_config", section("tls_config", {{"ca_file", read_text(options.tls.ca_file)},
                                            {"cert_file", read_text(options.tls.cert_file)},
                                            {"key_file", read_text(options.tls.key_file)},
                                            {"server_name", read_text(options.tls.server_name)},
                                            {"insecure_skip_verify",
                                             read_flag(options.tls.insecure_skip_verify)}})},
      {"transport_config",
       section("transport_config",
               {{"max_idle_conns", count(options.max_idle_connections)},
                {"max_idle_conns_per_host", ignored_number()},
                {"max_conns_per_host", ignored_number()},
                {"expect_continue_timeout", ignored_number()},
                {"idle_conn_timeout", nanoseconds(options.idle_timeout)},
                {"response_header_timeout", nanoseconds(options.response_header_timeout)},
                {"tls_handshake_timeout", nanoseconds(options.tls_handshake_timeout)},
                {"dialer_timeout", nanoseconds(options.connect_timeout)},
                {"disable_compression", read_flag(disable_compression)}})},
  };
}

}  // namespace

Result<HttpClientOptions> parse_http_client_config(std::string_view yaml) {
  HttpClientOptions options;
  bool disable_compression = false;
  try {
    auto document = YAML::Load(std::string(yaml));
    MNEMO_RETURN_IF_ERROR(read_fields(document, "", top_fields(options, disable_compression))
                              .with_context("HTTP client configuration"));
  } catch (const YAML::Exception& error) {
    return Status::invalid_argument("HTTP client configuration: " + std::string(error.what()));
  }
  options.accept_compressed = !disable_compression;
  return options;
}

}  // namespace mnemo
