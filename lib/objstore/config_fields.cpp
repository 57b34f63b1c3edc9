// SPDX-License-Identifier: Apache-2.0
#include "objstore/config_fields.hpp"

#include "base/duration.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mnemo::config {
namespace {

constexpr std::chrono::hours kNoLimit{24 * 365};
constexpr int64_t kManyConnections = 1000;
constexpr std::chrono::seconds kConnectTimeout{30};  // as Go's dialer has it there

Status wrong_type(const YAML::Node& node, const std::string& name, const char* wanted) {
  return error_at(node, "field \"" + name + "\" is no " + wanted);
}

std::chrono::milliseconds or_no_limit(std::chrono::milliseconds timeout) {
  return timeout.count() > 0 ? timeout : kNoLimit;
}

}  // namespace

Status error_at(const YAML::Node& node, const std::string& what) {
  return Status::invalid_argument("bucket configuration: line " +
                                  std::to_string(node.Mark().line + 1) + ": " + what);
}

Status read(const YAML::Node& map, const Fields& fields) {
  if (!map || map.IsNull()) return {};
  if (!map.IsMap()) return error_at(map, "not a map of fields");
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) return error_at(entry.first, "a field's name is no text");
    const auto& name = entry.first.Scalar();
    auto field = std::find_if(fields.begin(), fields.end(),
                              [&](const Field& known) { return known.name == name; });
    if (field == fields.end()) return error_at(entry.first, "unknown field \"" + name + "\"");
    if (!seen.insert(name).second) {
      return error_at(entry.first, "field \"" + name + "\" is set twice");
    }
    if (entry.second.IsNull()) continue;
    auto status = field->read(entry.second);
    // Readers say what they wanted; the field's name and place are known here.
    if (status.code() == Code::kUnknown) {
      return wrong_type(entry.second, name, status.message().c_str());
    }
    MNEMO_RETURN_IF_ERROR(std::move(status));
  }
  return {};
}

Reader text(std::string& out) {
  return [&out](const YAML::Node& node) {
    if (!node.IsScalar()) return Status::unknown("text");
    out = node.Scalar();
    return Status();
  };
}

Reader flag(bool& out) {
  return [&out](const YAML::Node& node) {
    return YAML::convert<bool>::decode(node, out) ? Status() : Status::unknown("true or false");
  };
}

Reader integer(int64_t& out) {
  return [&out](const YAML::Node& node) {
    return YAML::convert<int64_t>::decode(node, out) ? Status() : Status::unknown("whole number");
  };
}

Reader duration(std::chrono::milliseconds& out) {
  return [&out](const YAML::Node& node) {
    auto ms = node.IsScalar() ? parse_duration_ms(node.Scalar()) : Status::unknown("");
    if (!ms.ok() || *ms < 0) return Status::unknown("duration");
    out = std::chrono::milliseconds(*ms);
    return Status();
  };
}

Reader text_map(std::map<std::string, std::string>& out) {
  return [&out](const YAML::Node& node) {
    if (!node.IsMap()) return Status::unknown("map of texts");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || !(entry.second.IsScalar() || entry.second.IsNull())) {
        return Status::unknown("map of texts");
      }
      out[entry.first.Scalar()] = entry.second.Scalar();
    }
    return Status();
  };
}

Reader section(Fields fields) {
  return [fields = std::move(fields)](const YAML::Node& node) { return read(node, fields); };
}

Fields HttpSection::fields() {
  return {{"idle_conn_timeout", duration(idle_timeout)},
          {"response_header_timeout", duration(response_header_timeout)},
          {"insecure_skip_verify", flag(insecure_skip_verify)},
          {"tls_handshake_timeout", duration(tls_handshake_timeout)},
          {"expect_continue_timeout", duration(expect_continue_timeout)},
          {"max_idle_conns", integer(max_idle)},
          {"max_idle_conns_per_host", integer(max_idle_per_host)},
          {"max_conns_per_host", integer(max_per_host)},
          {"tls_config", section({{"ca_file", text(tls.ca_file)},
                                  {"cert_file", text(tls.cert_file)},
                                  {"key_file", text(tls.key_file)},
                                  {"server_name", text(tls.server_name)},
                                  {"insecure_skip_verify", flag(tls.insecure_skip_verify)}})},
          {"disable_compression", flag(disable_compression)}};
}

HttpClientOptions HttpSection::options() const {
  HttpClientOptions options;
  options.tls = tls;
  options.tls.insecure_skip_verify |= insecure_skip_verify;
  options.proxy_from_environment = true;
  options.follow_redirects = false;
  options.accept_compressed = false;
  options.connect_timeout = kConnectTimeout;
  options.tls_handshake_timeout = or_no_limit(tls_handshake_timeout);
  options.response_header_timeout = response_header_timeout;
  options.idle_timeout = or_no_limit(idle_timeout);
  auto idle = max_idle > 0 ? max_idle : kManyConnections;
  if (max_idle_per_host > 0) idle = std::min(idle, max_idle_per_host);
  options.max_idle_connections = static_cast<size_t>(idle);
  return options;
}

}  // namespace mnemo::config
