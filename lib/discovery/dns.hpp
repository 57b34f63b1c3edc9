// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::discovery {

/// How an address is turned into endpoints, by its prefix: none, `dns+` (A and AAAA of a host),
/// `dnssrv+` (SRV, then A and AAAA of its targets), `dnssrvnoa+` (SRV only).
enum class Lookup { kNone, kHost, kSrv, kSrvWithoutHosts };

struct AddressSpec {
  Lookup lookup = Lookup::kNone;
  std::string name;  // "host:port"; of an SRV lookup the record's name, with or without port
};

AddressSpec parse_address(std::string_view text);

/// Where something can be reached, and the host that it was found under, which TLS checks.
struct ResolvedAddress {
  std::string address;      // "1.2.3.4:10901", "[::1]:10901", "host:10901"
  std::string server_name;  // without port
  friend auto operator<=>(const ResolvedAddress&, const ResolvedAddress&) = default;
};

/// Looks addresses up; sorted, unique. NotFound: the name doesn't exist.
using Resolver =
    std::function<Result<std::vector<ResolvedAddress>>(const Context&, const AddressSpec&)>;

/// A resolver over the system's DNS configuration and hosts file, or over `servers`
/// ("127.0.0.1:5353,..."). Blocks the caller; starts no thread.
/// Errors: NotFound, Unavailable (no answer), InvalidArgument (no port where one is needed).
Resolver make_dns_resolver(std::string servers = {});

}  // namespace mnemo::discovery
