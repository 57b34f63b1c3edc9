// SPDX-License-Identifier: Apache-2.0
#include "rpc/credentials.hpp"

#include "base/file.hpp"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>

namespace mnemo::rpc {
namespace {

constexpr uint64_t kMaxPemBytes = 16 << 20;
constexpr unsigned kReloadSeconds = 5;

using BioPointer = std::unique_ptr<BIO, decltype(&BIO_free)>;
using CertPointer = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Result<std::string> read_pem(const std::string& file, std::string_view what) {
  auto text = read_file(file, kMaxPemBytes);
  if (!text) return Status::invalid_argument(std::string(what) + ": " + text.status().message());
  return text;
}

BioPointer reader_of(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

Result<CertPointer> parse_certificate(const std::string& pem, const std::string& file) {
  auto bio = reader_of(pem);
  CertPointer cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!cert) return Status::invalid_argument(file + ": no PEM certificate in it");
  return cert;
}

Status check_pair(const std::string& cert_pem, const std::string& cert_file,
                  const std::string& key_pem, const std::string& key_file) {
  MNEMO_TRY(auto cert, parse_certificate(cert_pem, cert_file));
  auto bio = reader_of(key_pem);
  // An encrypted key must not ask on the terminal.
  auto no_password = [](char*, int, int, void*) { return -1; };
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  if (!key) return Status::invalid_argument(key_file + ": no PEM private key in it");
  if (X509_check_private_key(cert.get(), key.get()) != 1) {
    return Status::invalid_argument(key_file + " is not the key of " + cert_file);
  }
  return {};
}

/// The system's bundle of authorities; gRPC's own default is not the system's everywhere.
std::string system_authorities() {
  static constexpr std::array<const char*, 3> kPlaces = {"/etc/ssl/certs/ca-certificates.crt",
                                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                                         "/etc/ssl/ca-bundle.pem"};
  for (const char* place : kPlaces) {
    auto text = read_file(place, kMaxPemBytes);
    if (text) return *std::move(text);
  }
  return {};
}

/// gRPC checks the server always, unless it is told so in its experimental interface.
std::shared_ptr<grpc::ChannelCredentials> unverified_credentials(
    const grpc::SslCredentialsOptions& ssl) {
  using namespace grpc::experimental;
  TlsChannelCredentialsOptions options;
  if (!ssl.pem_cert_chain.empty()) {
    std::vector<IdentityKeyCertPair> pairs = {{ssl.pem_private_key, ssl.pem_cert_chain}};
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
    const std::optional<TlsServerOptions>& options) {
  if (!options) return grpc::InsecureServerCredentials();
  if (options->cert_file.empty() || options->key_file.empty()) {
    return Status::invalid_argument("both server key and certificate must be provided");
  }
  MNEMO_TRY(auto cert, read_pem(options->cert_file, "server certificate"));
  MNEMO_TRY(auto key, read_pem(options->key_file, "server key"));
  MNEMO_RETURN_IF_ERROR(check_pair(cert, options->cert_file, key, options->key_file));
  using namespace grpc::experimental;
  if (options->client_ca_file.empty()) {
    TlsServerCredentialsOptions tls(std::make_shared<FileWatcherCertificateProvider>(
        options->key_file, options->cert_file, kReloadSeconds));
    tls.watch_identity_key_cert_pairs();
    return TlsServerCredentials(tls);
  }
  MNEMO_TRY(auto ca, read_pem(options->client_ca_file, "client CA"));
  MNEMO_RETURN_IF_ERROR(parse_certificate(ca, options->client_ca_file).status());
  TlsServerCredentialsOptions tls(std::make_shared<FileWatcherCertificateProvider>(
      options->key_file, options->cert_file, options->client_ca_file, kReloadSeconds));
  tls.watch_identity_key_cert_pairs();
  tls.watch_root_certs();
  tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.set_certificate_verifier(std::make_shared<NoOpCertificateVerifier>());
  tls.set_check_call_host(false);
  return TlsServerCredentials(tls);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> make_channel_credentials(
    const std::optional<TlsClientOptions>& options) {
  if (!options) return grpc::InsecureChannelCredentials();
  if (options->cert_file.empty() != options->key_file.empty()) {
    return Status::invalid_argument("both client key and certificate must be provided");
  }
  grpc::SslCredentialsOptions ssl;
  if (!options->cert_file.empty()) {
    MNEMO_TRY(ssl.pem_cert_chain, read_pem(options->cert_file, "client certificate"));
    MNEMO_TRY(ssl.pem_private_key, read_pem(options->key_file, "client key"));
    MNEMO_RETURN_IF_ERROR(
        check_pair(ssl.pem_cert_chain, options->cert_file, ssl.pem_private_key, options->key_file));
  }
  if (options->skip_verify) return unverified_credentials(ssl);
  if (options->ca_file.empty()) {
    ssl.pem_root_certs = system_authorities();
  } else {
    MNEMO_TRY(ssl.pem_root_certs, read_pem(options->ca_file, "client CA"));
    MNEMO_RETURN_IF_ERROR(parse_certificate(ssl.pem_root_certs, options->ca_file).status());
  }
  return grpc::SslCredentials(ssl);
}

}  // namespace mnemo::rpc
