// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mnemo::rpc {

/// TLS of a gRPC server, as Thanos' flags --grpc-server-tls-* give it. Files are PEM, read again
/// when they change; connections that there are go on with what they began with.
struct TlsServerOptions {
  std::string cert_file = {};
  std::string key_file = {};
  /// With it, clients must show a certificate that this CA signed.
  std::string client_ca_file = {};
};

/// TLS of a gRPC client, as Thanos' flags --grpc-client-tls-* give it. Files are PEM, read again
/// when they change (but the system's authorities): the next call then makes a new connection.
struct TlsClientOptions {
  std::string ca_file = {};    // empty: the system's authorities
  std::string cert_file = {};  // empty: no client certificate
  std::string key_file = {};
  std::string server_name = {};  // what the certificate must name; empty: the host of the address
  bool skip_verify = false;
};

}  // namespace mnemo::rpc
