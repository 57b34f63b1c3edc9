// SPDX-License-Identifier: Apache-2.0
#include "tls_policy.hpp"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/ssl.h>

#include <memory>

namespace mnemo::tools {
namespace {

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

}  // namespace mnemo::tools
