// SPDX-License-Identifier: Apache-2.0
#include "cache/tls_client.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace mnemo::cache {
namespace {

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<intptr_t>(::BIO_get_data(bio)));
}

bool is_passing(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int write_socket(BIO* bio, const char* data, int size) {
  ::BIO_clear_retry_flags(bio);
  auto sent = ::send(socket_of(bio), data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && is_passing(errno)) ::BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_socket(BIO* bio, char* data, int size) {
  ::BIO_clear_retry_flags(bio);
  auto received = ::recv(socket_of(bio), data, static_cast<size_t>(size), 0);
  if (received < 0 && is_passing(errno)) ::BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

/// OpenSSL's own sockets raise SIGPIPE, which a library may not.
BIO_METHOD* make_socket_method() {
  auto* method = ::BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
  ::BIO_meth_set_write(method, write_socket);
  ::BIO_meth_set_read(method, read_socket);
  ::BIO_meth_set_ctrl(method, control_socket);
  return method;
}

std::string first_error() {
  auto error = ::ERR_peek_error();  // the first is the cause of the others
  ::ERR_clear_error();
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  const char* text = error == 0 ? nullptr : ::ERR_reason_error_string(error);
  return text == nullptr ? "unknown error" : text;
}

Status unusable(const std::string& what, const std::string& file) {
  return Status::invalid_argument(what + " " + file + ": " + first_error());
}

Result<int> version_of(const std::string& text) {
  if (text.empty() || text == "1.2") return TLS1_2_VERSION;
  if (text == "1.0") return TLS1_VERSION;
  if (text == "1.1") return TLS1_1_VERSION;
  if (text == "1.3") return TLS1_3_VERSION;
  return Status::invalid_argument("min_version invalid: \"" + text +
                                  "\"; known are 1.0, 1.1, 1.2, 1.3");
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string tls_failure(const SSL* session) {
  auto text = first_error();
  auto verdict = ::SSL_get_verify_result(session);
  if (verdict != X509_V_OK) text += std::string(": ") + ::X509_verify_cert_error_string(verdict);
  return text;
}

TlsClient::TlsClient(TlsClientOptions options)
    : options_(std::move(options)), socket_method_(make_socket_method()) {}

Result<std::shared_ptr<TlsClient>> TlsClient::make(TlsClientOptions options) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return Status::invalid_argument("both client key and certificate must be provided");
  }
  std::shared_ptr<TlsClient> client(new TlsClient(std::move(options)));
  client->stamps_ = client->stamps();
  MNEMO_TRY(client->context_, client->load());
  return client;
}

TlsClient::Stamps TlsClient::stamps() const {
  return {stamp_of(options_.ca_file), stamp_of(options_.cert_file), stamp_of(options_.key_file)};
}

Result<TlsClient::Context> TlsClient::load() const {
  ::ERR_clear_error();
  Context context(::SSL_CTX_new(::TLS_client_method()), FreeTls());
  auto* tls = context.get();
  MNEMO_TRY(int version, version_of(options_.min_version));
  ::SSL_CTX_set_min_proto_version(tls, version);
  ::SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (options_.ca_file.empty()) {
    ::SSL_CTX_set_default_verify_paths(tls);
  } else if (::SSL_CTX_load_verify_locations(tls, options_.ca_file.c_str(), nullptr) != 1) {
    return unusable("ca_file", options_.ca_file);
  }
  if (!options_.cert_file.empty()) {
    if (::SSL_CTX_use_certificate_chain_file(tls, options_.cert_file.c_str()) != 1) {
      return unusable("cert_file", options_.cert_file);
    }
    bool is_usable =
        ::SSL_CTX_use_PrivateKey_file(tls, options_.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
        ::SSL_CTX_check_private_key(tls) == 1;
    if (!is_usable) return unusable("key_file", options_.key_file);
  }
  ::SSL_CTX_set_verify(tls, options_.insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                       nullptr);
  ::ERR_clear_error();
  return context;
}

TlsClient::Context TlsClient::current() {
  std::lock_guard lock(mutex_);
  auto now = stamps();
  if (now == stamps_) return context_;
  stamps_ = now;
  if (auto loaded = load(); loaded.ok()) context_ = *std::move(loaded);
  return context_;
}

Result<TlsClient::Session> TlsClient::session(int socket, const std::string& host) {
  const auto& name = options_.server_name.empty() ? host : options_.server_name;
  if (name.empty() && !options_.insecure_skip_verify) {
    return Status::invalid_argument("TLS over a Unix socket needs tls_config.server_name");
  }
  Session session(::SSL_new(current().get()));
  auto* bio = session ? ::BIO_new(socket_method_.get()) : nullptr;
  if (bio == nullptr) return Status::unavailable("TLS: " + first_error());
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket)));
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(session.get(), bio, bio);
  bool is_ip = is_ip_address(name);
  if (!name.empty() && !is_ip) SSL_set_tlsext_host_name(session.get(), name.c_str());
  if (is_ip) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session.get()), name.c_str());
  } else if (!name.empty()) {
    ::SSL_set1_host(session.get(), name.c_str());
  }
  ::SSL_set_connect_state(session.get());
  return session;
}

}  // namespace mnemo::cache
