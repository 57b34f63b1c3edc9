// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns.hpp"

#include "base/listen_address.hpp"
#include "discovery/ares_channel.hpp"

#include <algorithm>

namespace mnemo::discovery {
namespace {

using Addresses = std::vector<ResolvedAddress>;

std::string join(const std::string& host, std::string_view port) {
  bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::string(port);
}

Status add_host(const Context& context, AresChannel& dns, const std::string& host,
                std::string_view port, Addresses& found) {
  MNEMO_TRY(auto addresses, dns.addresses(context, host));
  for (const auto& address : addresses) found.push_back({join(address, port), host});
  return {};
}

Result<Addresses> look_up_host(const Context& context, AresChannel& dns, const std::string& name) {
  auto parts = split_host_port(name);
  if (!parts) {
    return Status::invalid_argument("missing port in address given for dns lookup: " + name);
  }
  Addresses found;
  MNEMO_RETURN_IF_ERROR(add_host(context, dns, parts->host, parts->port, found));
  return found;
}

Result<Addresses> look_up_srv(const Context& context, AresChannel& dns, const AddressSpec& spec) {
  // A port beside the name wins over the records'.
  auto parts = split_host_port(spec.name).value_or(HostPort{spec.name, {}});
  MNEMO_TRY(auto records, dns.srv(context, parts.host));
  Addresses found;
  for (const auto& record : records) {
    auto record_port = parts.port.empty() ? std::to_string(record.port) : parts.port;
    if (spec.lookup == Lookup::kSrvWithoutHosts) {
      found.push_back({join(record.host, record_port), record.host});
    } else {
      MNEMO_RETURN_IF_ERROR(add_host(context, dns, record.host, record_port, found));
    }
  }
  return found;
}

std::string host_of(const std::string& address) {
  auto parts = split_host_port(address);
  return parts ? parts->host : address;
}

}  // namespace

AddressSpec parse_address(std::string_view text) {
  struct Prefix {
    std::string_view text;
    Lookup lookup;
  };
  constexpr Prefix kPrefixes[] = {
      {"dns+", Lookup::kHost}, {"dnssrv+", Lookup::kSrv}, {"dnssrvnoa+", Lookup::kSrvWithoutHosts}};
  for (const auto& prefix : kPrefixes) {
    if (text.starts_with(prefix.text)) {
      return {prefix.lookup, std::string(text.substr(prefix.text.size()))};
    }
  }
  return {Lookup::kNone, std::string(text)};
}

Resolver make_dns_resolver(std::string servers) {
  return [servers = std::move(servers)](const Context& context,
                                        const AddressSpec& spec) -> Result<Addresses> {
    if (spec.lookup == Lookup::kNone) return Addresses{{spec.name, host_of(spec.name)}};
    MNEMO_TRY(auto dns, AresChannel::open(servers));
    MNEMO_TRY(auto found, spec.lookup == Lookup::kHost ? look_up_host(context, *dns, spec.name)
                                                       : look_up_srv(context, *dns, spec));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  };
}

}  // namespace mnemo::discovery
