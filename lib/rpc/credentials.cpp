// SPDX-License-Identifier: Apache-2.0
#include "rpc/credentials.hpp"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <mutex>
#include <utility>
#include <vector>

namespace mnemo::rpc {
namespace {

/// Server credentials that are asked for at every handshake. gRPC's own provider that watches files
/// takes a certificate and a key that don't belong together, and then refuses everybody.
class ReloadingServerCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingServerCredentials(std::shared_ptr<PemWatch> watch) : watch_(std::move(watch)) {
    bool verifies = !watch_->files().ca_file.empty();
    auto* options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
        verifies ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                 : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
        &fetch, this);
    credentials_ = grpc_ssl_server_credentials_create_with_options(options);
  }

  ~ReloadingServerCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingServerCredentials*>(self)->fetch(config);
  }

  grpc_ssl_certificate_config_reload_status fetch(grpc_ssl_server_certificate_config** config) {
    std::lock_guard lock(mutex_);
    auto texts = watch_->current();
    if (texts == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    grpc_ssl_pem_key_cert_pair pair{texts->key.c_str(), texts->cert.c_str()};
    // gRPC wants authorities here even where clients need no certificate; then they verify nothing.
    const auto& ca = texts->ca.empty() ? texts->cert : texts->ca;
    *config = grpc_ssl_server_certificate_config_create(ca.c_str(), &pair, 1);
    given_ = std::move(texts);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  std::shared_ptr<PemWatch> watch_;
  grpc_server_credentials* credentials_ = nullptr;
  std::mutex mutex_;
  std::shared_ptr<const PemTexts> given_;  // to gRPC
};

/// gRPC checks the server always, unless it is told so in its experimental interface.
std::shared_ptr<grpc::ChannelCredentials> unverified_credentials(const PemTexts& texts) {
  using namespace grpc::experimental;
  TlsChannelCredentialsOptions options;
  if (!texts.cert.empty()) {
    std::vector<IdentityKeyCertPair> pairs = {{texts.key, texts.cert}};
    options.set_certificate_provider(std::make_shared<StaticDataCertificateProvider>(pairs));
    options.watch_identity_key_cert_pairs();
  }
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<NoOpCertificateVerifier>());
  return TlsCredentials(options);
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> make_server_credentials(
    const std::optional<TlsServerOptions>& options, const std::shared_ptr<Logger>& logger) {
  if (!options) return grpc::InsecureServerCredentials();
  if (options->cert_file.empty() || options->key_file.empty()) {
    return Status::invalid_argument("both server key and certificate must be provided");
  }
  PemFiles files{options->cert_file, options->key_file, options->client_ca_file};
  auto watch = PemWatch::open(std::move(files), logger);
  if (!watch) return std::move(watch).status().with_context("server credentials");
  return std::shared_ptr<grpc::ServerCredentials>(
      std::make_shared<ReloadingServerCredentials>(*std::move(watch)));
}

Result<std::shared_ptr<PemWatch>> watch_client_files(const TlsClientOptions& options,
                                                     std::shared_ptr<Logger> logger) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return Status::invalid_argument("both client key and certificate must be provided");
  }
  // Authorities that nothing is checked against need not be there.
  PemFiles files{options.cert_file, options.key_file, options.skip_verify ? "" : options.ca_file};
  auto watch = PemWatch::open(std::move(files), std::move(logger));
  if (!watch) return std::move(watch).status().with_context("client credentials");
  return watch;
}

std::shared_ptr<grpc::ChannelCredentials> make_channel_credentials(
    const std::optional<TlsClientOptions>& options, const PemTexts& texts) {
  if (!options) return grpc::InsecureChannelCredentials();
  if (options->skip_verify) return unverified_credentials(texts);
  grpc::SslCredentialsOptions ssl;
  ssl.pem_cert_chain = texts.cert;
  ssl.pem_private_key = texts.key;
  // gRPC's own default is not the system's everywhere.
  ssl.pem_root_certs = options->ca_file.empty() ? system_authorities() : texts.ca;
  return grpc::SslCredentials(ssl);
}

}  // namespace mnemo::rpc
