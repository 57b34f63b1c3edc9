// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo::rpc {

/// Where a server listens. An empty host means all interfaces, IPv4 and IPv6.
struct ListenAddress {
  std::string host;  // without brackets
  uint16_t port = 0;

  /// Go's forms: ":10901", "0.0.0.0:10901", "[::1]:0", "localhost:10901". Errors: InvalidArgument.
  static Result<ListenAddress> parse(std::string_view text);

  /// With brackets where the host has colons.
  std::string to_string() const;
};

/// Why nothing can listen there, found out by trying: Unavailable with the system's reason, or OK
/// when it works now.
Status probe_listen(const ListenAddress& address);

}  // namespace mnemo::rpc
