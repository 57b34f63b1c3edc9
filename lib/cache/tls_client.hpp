// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include "base/file_stamp.hpp"

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace mnemo::cache {

struct TlsClientOptions {
  std::string ca_file;  // PEM; empty: the system's authorities
  std::string cert_file;
  std::string key_file;
  std::string server_name;  // empty: the host of the address
  bool insecure_skip_verify = false;
  std::string min_version;  // "1.0" to "1.3"; empty: 1.2
};

struct FreeTls {
  void operator()(SSL* tls) const { ::SSL_free(tls); }
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  void operator()(BIO_METHOD* method) const { ::BIO_meth_free(method); }
};

/// Makes the client's side of TLS for connections to cache servers. Files that have changed are
/// read again for the next connection; a set that isn't usable leaves the last one in use.
///
/// Thread-safe. Sessions keep nothing of it but must not outlive it.
class TlsClient {
 public:
  using Session = std::unique_ptr<SSL, FreeTls>;

  /// Errors: InvalidArgument, with the name of the option or file.
  static Result<std::shared_ptr<TlsClient>> make(TlsClientOptions options);

  /// A session over a connected socket that doesn't block, its handshake not yet begun. `host` is
  /// what the server's certificate must be for, where the options name nothing.
  Result<Session> session(int socket, const std::string& host);

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  using Stamps = std::array<FileStamp, 3>;

  explicit TlsClient(TlsClientOptions options);
  Result<Context> load() const;
  Stamps stamps() const;
  Context current();

  const TlsClientOptions options_;
  const std::unique_ptr<BIO_METHOD, FreeTls> socket_method_;
  std::mutex mutex_;
  Context context_;
  Stamps stamps_{};
};

/// Why OpenSSL failed on this thread, and why the server's certificate isn't
/// trusted.
std::string tls_failure(const SSL* session);

}  // namespace mnemo::cache
