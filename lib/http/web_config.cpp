// SPDX-License-Identifier: Apache-2.0
#include "http/web_config.hpp"

#include "base/yaml_fields.hpp"
#include "http/basic_auth.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace mnemo {
namespace {

template <typename Value>
using Names = std::vector<std::pair<std::string_view, Value>>;

template <typename Value>
Result<Value> value_of(const Names<Value>& names, const std::string& name, std::string_view what) {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  return Status::invalid_argument("unknown " + std::string(what) + ": " + name);
}

yaml::Reader version(int& out) {
  return [&out](const YAML::Node& node) {
    static const Names<int> kVersions = {{"TLS10", TLS1_VERSION},
                                         {"TLS11", TLS1_1_VERSION},
                                         {"TLS12", TLS1_2_VERSION},
                                         {"TLS13", TLS1_3_VERSION}};
    MNEMO_TRY(out, value_of(kVersions, node.as<std::string>(), "TLS version"));
    return Status();
  };
}

/// A list of names as OpenSSL's list of its own names; those that are "" need not be listed.
yaml::Reader openssl_list(std::string& out, const Names<std::string_view>& names,
                          std::string_view what) {
  return [&out, &names, what](const YAML::Node& node) {
    for (const auto& entry : node) {
      MNEMO_TRY(auto name, value_of(names, entry.as<std::string>(), what));
      if (!name.empty()) out += (out.empty() ? "" : ":") + std::string(name);
    }
    return Status();
  };
}

const Names<std::string_view>& cipher_names() {
  static const Names<std::string_view> kNames = {
      {"TLS_AES_128_GCM_SHA256", ""},
      {"TLS_AES_256_GCM_SHA384", ""},
      {"TLS_CHACHA20_POLY1305_SHA256", ""},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}};
  return kNames;
}

const Names<std::string_view>& curve_names() {
  static const Names<std::string_view> kNames = {
      {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};
  return kNames;
}

yaml::Reader client_auth(ClientCertificate& out) {
  return [&out](const YAML::Node& node) {
    static const Names<ClientCertificate> kKinds = {
        {"", ClientCertificate::kNone},
        {"NoClientCert", ClientCertificate::kNone},
        {"RequestClientCert", ClientCertificate::kRequest},
        {"RequireClientCert", ClientCertificate::kRequireAny},
        {"RequireAnyClientCert", ClientCertificate::kRequireAny},
        {"VerifyClientCertIfGiven", ClientCertificate::kVerifyIfGiven},
        {"RequireAndVerifyClientCert", ClientCertificate::kRequireAndVerify}};
    MNEMO_TRY(out, value_of(kKinds, node.as<std::string>(), "client_auth_type"));
    return Status();
  };
}

/// As Prometheus' rules: what would verify nothing in silence is an error.
Status check_tls(const WebTlsConfig& tls) {
  auto none = [](const std::string& file, const std::string& written) {
    return file.empty() && written.empty();
  };
  if (none(tls.files.cert_file, tls.written.cert)) {
    return Status::invalid_argument("missing one of cert or cert_file");
  }
  if (none(tls.files.key_file, tls.written.key)) {
    return Status::invalid_argument("missing one of key or key_file");
  }
  if (!none(tls.files.ca_file, tls.written.ca) && tls.client == ClientCertificate::kNone) {
    return Status::invalid_argument(
        "client CA's have been configured without a Client Auth Policy");
  }
  bool is_required = tls.client == ClientCertificate::kRequireAny ||
                     tls.client == ClientCertificate::kRequireAndVerify;
  if (!tls.client_allowed_sans.empty() && !is_required) {
    return Status::invalid_argument(
        "client_allowed_sans requires client_auth_type to be one of RequireAnyClientCert or "
        "RequireAndVerifyClientCert");
  }
  return {};
}

Result<std::optional<WebTlsConfig>> read_tls(const YAML::Node& node,
                                             const std::filesystem::path& folder) {
  WebTlsConfig tls;
  tls.min_version = TLS1_2_VERSION;
  tls.max_version = TLS1_3_VERSION;
  bool is_client_auth_given = false;
  auto sans = [&](const YAML::Node& list) {
    tls.client_allowed_sans = list.as<std::vector<std::string>>();
    return Status();
  };
  auto client = [&](const YAML::Node& value) {
    is_client_auth_given = true;
    return client_auth(tls.client)(value);
  };
  MNEMO_RETURN_IF_ERROR(
      yaml::read(node, {{"cert", yaml::text(tls.written.cert)},
                        {"key", yaml::text(tls.written.key)},
                        {"client_ca", yaml::text(tls.written.ca)},
                        {"cert_file", yaml::text(tls.files.cert_file)},
                        {"key_file", yaml::text(tls.files.key_file)},
                        {"client_ca_file", yaml::text(tls.files.ca_file)},
                        {"client_auth_type", client},
                        {"client_allowed_sans", sans},
                        {"cipher_suites", openssl_list(tls.ciphers, cipher_names(), "cipher")},
                        {"curve_preferences", openssl_list(tls.curves, curve_names(), "curve")},
                        {"min_version", version(tls.min_version)},
                        {"max_version", version(tls.max_version)},
                        {"prefer_server_cipher_suites", yaml::flag(tls.prefer_server_ciphers)}}));
  bool is_enabled = is_client_auth_given;
  for (const auto* part : {&tls.written.cert, &tls.written.key, &tls.written.ca,
                           &tls.files.cert_file, &tls.files.key_file, &tls.files.ca_file}) {
    is_enabled = is_enabled || !part->empty();
  }
  if (!is_enabled) return {std::nullopt};
  MNEMO_RETURN_IF_ERROR(check_tls(tls).with_context("tls_server_config"));
  for (auto* file : {&tls.files.cert_file, &tls.files.key_file, &tls.files.ca_file}) {
    if (!file->empty()) *file = (folder / *file).string();  // an absolute one stays
  }
  return {std::move(tls)};
}

Status read_headers(const YAML::Node& node, HttpHeaders& headers) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> kAllowed = {
      {"Strict-Transport-Security", {}},
      {"X-Content-Type-Options", {"nosniff"}},
      {"X-Frame-Options", {"deny", "sameorigin"}},
      {"X-XSS-Protection", {}},
      {"Content-Security-Policy", {}}};
  for (const auto& [name, value] : node.as<std::map<std::string, std::string>>()) {
    auto allowed = kAllowed.find(name);
    if (allowed == kAllowed.end()) {
      return Status::invalid_argument("HTTP header \"" + name + "\" can not be configured");
    }
    const auto& values = allowed->second;
    bool is_good = values.empty() || std::find(values.begin(), values.end(), value) != values.end();
    if (!is_good || value.find_first_of("\r\n") != std::string::npos) {
      return Status::invalid_argument("invalid value for " + name + ": \"" + value + "\"");
    }
    headers.emplace_back(name, value);
  }
  return {};
}

Status read_users(const YAML::Node& node, WebConfig& config) {
  for (const auto& [user, hash] : node.as<std::map<std::string, std::string>>()) {
    if (!is_bcrypt_hash(hash)) {
      return Status::invalid_argument("basic_auth_users: the password of \"" + user +
                                      "\" is no bcrypt hash");
    }
    config.users[user] = hash;
  }
  return {};
}

}  // namespace

Result<WebConfig> parse_web_config(std::string_view yaml, const std::filesystem::path& folder) {
  WebConfig config;
  bool http2 = true;  // only HTTP/1.1 is spoken
  auto tls = [&](const YAML::Node& node) {
    MNEMO_TRY(config.tls, read_tls(node, folder));
    return Status();
  };
  auto headers = [&](const YAML::Node& node) { return read_headers(node, config.headers); };
  auto http = [&](const YAML::Node& node) {
    return yaml::read(node, {{"http2", yaml::flag(http2)}, {"headers", headers}});
  };
  auto users = [&](const YAML::Node& node) { return read_users(node, config); };
  auto rate_limit = [](const YAML::Node&) {
    return Status::invalid_argument("rate_limit is not supported");
  };
  auto read = [&](const YAML::Node& root) {
    return yaml::read(root, {{"tls_server_config", tls},
                             {"http_server_config", http},
                             {"basic_auth_users", users},
                             {"rate_limit", rate_limit}});
  };
  MNEMO_RETURN_IF_ERROR(yaml::read_document("web configuration", yaml, read));
  return config;
}

}  // namespace mnemo
