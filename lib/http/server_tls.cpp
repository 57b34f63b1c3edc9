// SPDX-License-Identifier: Apache-2.0
#include "http/server_tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

namespace asio = boost::asio;
using asio::ssl::context;
using ErrorCode = boost::system::error_code;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_STRING* string) {
  auto bytes = text_of(string);
  if (bytes.size() == 4) {
    asio::ip::address_v4::bytes_type v4{};
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return asio::ip::address_v4(v4).to_string();
  }
  if (bytes.size() != 16) return {};
  asio::ip::address_v6::bytes_type v6{};
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return asio::ip::address_v6(v6).to_string();
}

/// The subject alternative names that Prometheus compares: DNS, mail, address, URI.
std::vector<std::string> alternative_names(X509* cert) {
  std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::vector<std::string> names;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_EMAIL) names.push_back(text_of(name->d.rfc822Name));
    if (name->type == GEN_URI) names.push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_IPADD) names.push_back(address_of(name->d.iPAddress));
  }
  return names;
}

bool has_allowed_name(X509_STORE_CTX* chain, const std::vector<std::string>& allowed) {
  if (allowed.empty() || X509_STORE_CTX_get_error_depth(chain) != 0) return true;
  auto names = alternative_names(X509_STORE_CTX_get_current_cert(chain));
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  });
}

Status failed(const ErrorCode& error, std::string_view what) {
  return error ? Status::invalid_argument(std::string(what) + ": " + error.message()) : Status();
}

Result<PemTexts> certificates(const WebTlsConfig& config) {
  // The pair may be half written down, half in a file: it is checked as a whole.
  auto part = [](const std::string& file, const std::string& written) -> Result<std::string> {
    if (file.empty()) return written;
    return read_pem_text(file);
  };
  PemTexts texts;
  MNEMO_TRY(texts.cert, part(config.files.cert_file, config.written.cert));
  MNEMO_TRY(texts.key, part(config.files.key_file, config.written.key));
  MNEMO_TRY(texts.ca, part(config.files.ca_file, config.written.ca));
  auto name = [](const std::string& file, const char* field) {
    return file.empty() ? field : file;
  };
  PemFiles names{name(config.files.cert_file, "cert"), name(config.files.key_file, "key"),
                 name(config.files.ca_file, "client_ca")};
  MNEMO_RETURN_IF_ERROR(check_pem_texts(texts, names));
  if (texts.cert.empty()) return Status::invalid_argument(names.cert_file + ": is empty");
  if (texts.ca.empty() && !config.files.ca_file.empty()) {
    return Status::invalid_argument(names.ca_file + ": is empty");
  }
  return texts;
}

void set_versions(SSL_CTX* ctx, const WebTlsConfig& config) {
  // What gRPC's side of the program forbids, for want of a setting of its own, isn't meant here.
  SSL_CTX_clear_options(ctx, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2);
  SSL_CTX_set_min_proto_version(ctx, config.min_version);
  SSL_CTX_set_max_proto_version(ctx, config.max_version);
  if (config.prefer_server_ciphers) SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A resumed session would be let in on a certificate that was checked under older rules.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(ctx, 0);
}

void verify_clients(context& tls, const WebTlsConfig& config) {
  bool is_required = config.client == ClientCertificate::kRequireAny ||
                     config.client == ClientCertificate::kRequireAndVerify;
  bool is_verified = config.client == ClientCertificate::kVerifyIfGiven ||
                     config.client == ClientCertificate::kRequireAndVerify;
  auto mode = asio::ssl::verify_none;
  if (config.client != ClientCertificate::kNone) mode = asio::ssl::verify_peer;
  if (is_required) mode |= asio::ssl::verify_fail_if_no_peer_cert;
  tls.set_verify_mode(mode);
  if (config.client == ClientCertificate::kNone) return;
  tls.set_verify_callback([is_verified, allowed = config.client_allowed_sans](
                              bool is_good, asio::ssl::verify_context& chain) {
    return (is_good || !is_verified) && has_allowed_name(chain.native_handle(), allowed);
  });
}

/// HTTP/1.1 is all that is spoken; a client that offers other protocols must offer it too.
int select_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                    unsigned in_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  int found = SSL_select_next_proto(&chosen, size, kHttp11, sizeof(kHttp11) - 1, in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<context>> make_server_tls(const WebTlsConfig& config) {
  MNEMO_TRY(auto texts, certificates(config));
  auto tls = std::make_shared<context>(context::tls_server);
  SSL_CTX* ctx = tls->native_handle();
  set_versions(ctx, config);
  ErrorCode error;
  tls->use_certificate_chain(asio::buffer(texts.cert), error);
  MNEMO_RETURN_IF_ERROR(failed(error, "certificate"));
  tls->use_private_key(asio::buffer(texts.key), context::pem, error);
  MNEMO_RETURN_IF_ERROR(failed(error, "key"));
  if (!texts.ca.empty()) {
    tls->add_certificate_authority(asio::buffer(texts.ca), error);
    MNEMO_RETURN_IF_ERROR(failed(error, "client CA"));
  } else if (config.client != ClientCertificate::kNone) {
    tls->set_default_verify_paths(error);
    MNEMO_RETURN_IF_ERROR(failed(error, "the system's authorities"));
  }
  if (!config.ciphers.empty() && SSL_CTX_set_cipher_list(ctx, config.ciphers.c_str()) != 1) {
    return Status::invalid_argument("cipher_suites: " + config.ciphers + ": not possible");
  }
  if (!config.curves.empty() && SSL_CTX_set1_groups_list(ctx, config.curves.c_str()) != 1) {
    return Status::invalid_argument("curve_preferences: " + config.curves + ": not possible");
  }
  verify_clients(*tls, config);
  SSL_CTX_set_alpn_select_cb(ctx, &select_protocol, nullptr);
  return tls;
}

}  // namespace mnemo
