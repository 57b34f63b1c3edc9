// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mnemo {

/// Where to listen. An empty host means all interfaces, IPv4 and IPv6.
struct ListenAddress {
  std::string host;  // a name or an IP address, without brackets
  uint16_t port = 0;
};

/// Reads ":10902", "0.0.0.0:10902", "localhost:0", "[::1]:0". Errors: InvalidArgument.
Result<ListenAddress> parse_listen_address(std::string_view text);

struct HostPort {
  std::string host;  // without brackets
  std::string port;
};

/// Takes "host:port" apart, also "[::1]:port"; nothing where one of the two is missing.
std::optional<HostPort> split_host_port(std::string_view address);

/// "host:port", with brackets around an IPv6 address.
std::string join_host_port(std::string_view host, uint16_t port);

/// Whether something can listen there, found out by trying: OK, or Unavailable with the system's
/// reason.
Status probe_listen(const ListenAddress& address);

}  // namespace mnemo
