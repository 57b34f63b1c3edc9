// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"
#include "http/client_url.hpp"
#include "objstore/azure/options.hpp"
#include "objstore/http_section.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace mnemo::azure {
namespace {

constexpr int kDefaultRetries = 3;

/// The fields of Thanos' configuration that decide how and where to connect.
struct Source {
  Identity identity;
  std::string key;
  std::string connection_string;
  std::string endpoint = "blob.core.windows.net";
};

/// In Thanos' words.
Status check(const Source& source, const Options& options) {
  std::string problems;
  auto add = [&](bool is_wrong, std::string_view problem) {
    if (is_wrong) problems += (problems.empty() ? "" : ", ") + std::string(problem);
  };
  const auto& identity = source.identity;
  bool has_identity = !identity.user_assigned_id.empty();
  int parts = static_cast<int>(!identity.tenant.empty()) +
              static_cast<int>(!identity.client_id.empty()) +
              static_cast<int>(!identity.client_secret.empty());
  add(has_identity && !source.key.empty(),
      "user_assigned_id cannot be set when using storage_account_key authentication");
  add(has_identity && !source.connection_string.empty(),
      "user_assigned_id cannot be set when using storage_connection_string authentication");
  add(has_identity && !identity.client_id.empty(),
      "user_assigned_id cannot be set when using client_id authentication");
  add(parts != 0 && parts != 3, "az_tenant_id, client_id, and client_secret must be set together");
  add(!source.key.empty() && !source.connection_string.empty(),
      "storage_account_key and storage_connection_string cannot both be set");
  add(options.account.empty(), "storage_account_name is required but not configured");
  add(options.container.empty(), "no container specified");
  return problems.empty() ? Status() : Status::invalid_argument(problems);
}

Result<std::map<std::string, std::string>> parse_connection_string(std::string_view text) {
  std::map<std::string, std::string> parts;
  while (!text.empty()) {
    auto end = text.find(';');
    auto part = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (part.empty()) continue;
    auto equals = part.find('=');
    if (equals == part.npos) {
      return Status::invalid_argument("storage_connection_string: a part is no NAME=VALUE");
    }
    parts[std::string(part.substr(0, equals))] = part.substr(equals + 1);
  }
  return parts;
}

Status set_key(const std::string& text, const char* field, Options& options) {
  auto key = parse_base64(text);
  if (!key || key->empty()) return Status::invalid_argument(std::string(field) + " is no base64");
  options.key = std::move(*key);
  return {};
}

Status use_connection_string(const std::string& text, Options& options) {
  MNEMO_TRY(auto parts, parse_connection_string(text));
  if (!parts["AccountName"].empty()) options.account = parts["AccountName"];
  options.sas = parts["SharedAccessSignature"];
  if (options.sas.starts_with('?')) options.sas.erase(0, 1);
  if (options.sas.empty()) {
    MNEMO_RETURN_IF_ERROR(
        set_key(parts["AccountKey"], "storage_connection_string: AccountKey", options));
  }
  auto url = parts["BlobEndpoint"];
  if (url.empty()) {
    auto protocol = parts["DefaultEndpointsProtocol"];
    auto suffix = parts["EndpointSuffix"];
    url = (protocol.empty() ? "https" : protocol) + "://" + options.account + ".blob." +
          (suffix.empty() ? "core.windows.net" : suffix);
  }
  options.container_url = join_url(url, percent_encode(options.container));
  return parse_http_url(options.container_url)
      .status()
      .with_context("storage_connection_string: BlobEndpoint");
}

int tries_of(int64_t retries, int64_t max_retries) {
  if (retries == 0) retries = max_retries;
  if (retries == 0) retries = kDefaultRetries;
  return static_cast<int>(std::min<int64_t>(retries, 1000)) + 1;
}

}  // namespace

Result<Options> read_config(const YAML::Node& config) {
  using namespace mnemo::yaml;
  Options options;
  Source source;
  HttpSection http;
  std::string msi_resource;
  int64_t max_retries = 0;
  int64_t read_retries = 0;
  int64_t tries = 0;
  std::chrono::milliseconds retry_delay{0};
  std::chrono::milliseconds max_retry_delay{0};
  MNEMO_RETURN_IF_ERROR(
      read(config, {{"az_tenant_id", text(source.identity.tenant)},
                    {"client_id", text(source.identity.client_id)},
                    {"client_secret", text(source.identity.client_secret)},
                    {"storage_account", text(options.account)},
                    {"storage_account_key", text(source.key)},
                    {"storage_connection_string", text(source.connection_string)},
                    {"storage_create_container", flag(options.create_container)},
                    {"container", text(options.container)},
                    {"endpoint", text(source.endpoint)},
                    {"user_assigned_id", text(source.identity.user_assigned_id)},
                    {"max_retries", integer(max_retries)},
                    {"reader_config", section({{"max_retry_requests", integer(read_retries)}})},
                    {"pipeline_config", section({{"max_tries", integer(tries)},
                                                 {"try_timeout", duration(options.try_timeout)},
                                                 {"retry_delay", duration(retry_delay)},
                                                 {"max_retry_delay", duration(max_retry_delay)}})},
                    {"http_config", section(http.fields())},
                    {"msi_resource", text(msi_resource)}}));
  if (tries < 0 || read_retries < 0 || max_retries < 0) {
    return Status::invalid_argument(
        "max_tries, max_retry_requests and max_retries must be greater than or equal to 0");
  }
  MNEMO_RETURN_IF_ERROR(check(source, options));
  options.http = http.options();
  options.max_tries = tries_of(tries, max_retries);
  options.max_read_tries = tries_of(read_retries, max_retries);
  if (retry_delay.count() > 0) options.retry_delay = retry_delay;
  if (max_retry_delay.count() > 0) options.max_retry_delay = max_retry_delay;
  if (!source.connection_string.empty()) {
    MNEMO_RETURN_IF_ERROR(use_connection_string(source.connection_string, options));
    return options;
  }
  if (source.key.empty()) {
    options.identity = source.identity;
  } else {
    MNEMO_RETURN_IF_ERROR(set_key(source.key, "storage_account_key", options));
  }
  if (source.endpoint.empty()) source.endpoint = "blob.core.windows.net";
  options.container_url = "https://" + options.account + "." + source.endpoint + "/" +
                          percent_encode(options.container);
  MNEMO_RETURN_IF_ERROR(parse_http_url(options.container_url).status().with_context("endpoint"));
  return options;
}

}  // namespace mnemo::azure
