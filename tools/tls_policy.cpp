// SPDX-License-Identifier: Apache-2.0
#include "tls_policy.hpp"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace mnemo::tools {
namespace {

struct CipherName {
  std::string_view given;  // as Go and the RFCs name it
  std::string_view openssl;
  bool is_tls13 = false;
};

constexpr std::array<CipherName, 13> kCiphers = {{
    {"TLS_AES_128_GCM_SHA256", "", true},
    {"TLS_AES_256_GCM_SHA384", "", true},
    {"TLS_CHACHA20_POLY1305_SHA256", "", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
}};

// Every context takes this over when it is made; a minimum version set later doesn't undo it.
constexpr char kOnlyTls13[] =
    "mnemo = mnemo_init\n"
    "[mnemo_init]\n"
    "ssl_conf = mnemo_ssl\n"
    "[mnemo_ssl]\n"
    "system_default = mnemo_tls\n"
    "[mnemo_tls]\n"
    "Protocol = -TLSv1, -TLSv1.1, -TLSv1.2\n";

}  // namespace

Status demand_tls_version(const std::string& version) {
  if (version == "1.2") return {};  // gRPC accepts nothing older anyway
  if (version != "1.3") return Status::invalid_argument("TLS version \"" + version + "\"");
  ::OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  std::unique_ptr<BIO, decltype(&::BIO_free_all)> text(
      ::BIO_new_mem_buf(kOnlyTls13, sizeof(kOnlyTls13) - 1), &::BIO_free_all);
  std::unique_ptr<CONF, decltype(&::NCONF_free)> config(::NCONF_new(nullptr), &::NCONF_free);
  bool loaded = ::NCONF_load_bio(config.get(), text.get(), nullptr) > 0 &&
                ::CONF_modules_load(config.get(), "mnemo", 0) > 0;
  if (!loaded) return Status::internal("OpenSSL does not let TLS below 1.3 be forbidden");
  return {};
}

Status demand_ciphers(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) {
    const auto* known = std::find_if(kCiphers.begin(), kCiphers.end(),
                                     [&](const auto& cipher) { return cipher.given == name; });
    if (known == kCiphers.end()) {
      std::string all;
      for (const auto& cipher : kCiphers)
        all += (all.empty() ? "" : ", ") + std::string(cipher.given);
      return Status::invalid_argument("invalid cipher suite: " + name + ", valid values are " +
                                      all);
    }
    if (!known->is_tls13) list += (list.empty() ? "" : ":") + std::string(known->openssl);
  }
  if (list.empty()) return {};
  if (::setenv("GRPC_SSL_CIPHER_SUITES", list.c_str(), 1) != 0) {
    return Status::internal("gRPC's cipher suites can't be restricted");
  }
  return {};
}

}  // namespace mnemo::tools
