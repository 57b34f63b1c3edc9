// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/endpoint.hpp"

#include "http/client_url.hpp"

#include <array>

namespace mnemo::s3 {
namespace {

constexpr std::string_view kAws = ".amazonaws.com";
constexpr std::string_view kAwsChina = ".amazonaws.com.cn";

/// `text` between the two, empty where it doesn't have both.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  if (text.size() <= before.size() + after.size() || !text.starts_with(before) ||
      !text.ends_with(after)) {
    return {};
  }
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

bool is_one_label(std::string_view text) {
  return !text.empty() && text.find('.') == std::string_view::npos;
}

std::string_view host_without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

/// As it stands in a Host header: the port left out where it is the scheme's.
std::string host_header(std::string_view endpoint, bool insecure) {
  std::string_view usual = insecure ? ":80" : ":443";
  if (endpoint.ends_with(usual)) endpoint.remove_suffix(usual.size());
  return std::string(endpoint);
}

std::string_view private_link_region(std::string_view host) {
  if (!host.starts_with("bucket.vpce-") && !host.starts_with("accesspoint.vpce-")) return {};
  auto at = host.find(".s3.");
  if (at == host.npos) return {};
  auto region = between(host.substr(at), ".s3.", ".vpce.amazonaws.com");
  return is_one_label(region) ? region : std::string_view();
}

/// Amazon's host for a region, for endpoints that may be replaced by it.
std::string regional_host(std::string_view region, bool dualstack) {
  auto domain = region.starts_with("cn-") ? kAwsChina : kAws;
  return "s3." + std::string(dualstack ? "dualstack." : "") + std::string(region) +
         std::string(domain);
}

bool is_fixed_aws_host(std::string_view host) {
  return host.starts_with("s3-fips") || !private_link_region(host).empty();
}

bool takes_virtual_hosts(const Options& options, std::string_view host) {
  if (options.lookup != LookupStyle::kAuto) return options.lookup == LookupStyle::kVirtualHosted;
  // A certificate for *.host doesn't cover a name with dots.
  if (!options.insecure && options.bucket.find('.') != std::string::npos) return false;
  return is_aws_host(host) || host == "storage.googleapis.com" || host.ends_with("aliyuncs.com");
}

}  // namespace

std::string region_of_host(std::string_view host) {
  host = host_without_port(host);
  if (host == "s3-external-1.amazonaws.com") return {};
  if (auto region = private_link_region(host); !region.empty()) return std::string(region);
  constexpr std::array<std::string_view, 5> kBefore = {"s3-fips.dualstack.", "s3-fips.",
                                                       "s3.dualstack.", "s3.", "s3-"};
  for (auto before : kBefore) {
    auto region = between(host, before, kAws);
    if (region.empty()) region = between(host, before, kAwsChina);
    if (!is_one_label(region) || region.starts_with("website-")) continue;
    return std::string(region);
  }
  return {};
}

bool is_aws_host(std::string_view host) {
  host = host_without_port(host);
  return host == "s3.amazonaws.com" || host == "s3-external-1.amazonaws.com" ||
         !region_of_host(host).empty();
}

Address address_of(const Options& options, std::string_view region) {
  Address address;
  address.scheme = options.insecure ? "http" : "https";
  address.host = host_header(options.endpoint, options.insecure);
  auto bare = host_without_port(options.endpoint);
  bool is_virtual = takes_virtual_hosts(options, bare);
  if (is_aws_host(bare) && !is_fixed_aws_host(bare) && !region.empty()) {
    address.host = regional_host(region, !options.disable_dualstack);
  }
  if (is_virtual) {
    address.host = options.bucket + "." + address.host;
    address.root = "/";
  } else {
    address.root = "/" + percent_encode(options.bucket) + "/";
  }
  return address;
}

Status check_endpoint(const std::string& endpoint) {
  if (endpoint.empty()) return Status::invalid_argument("no s3 endpoint in config file");
  if (endpoint.find_first_of("/?#@ ") != std::string::npos ||
      !parse_http_url("http://" + endpoint).ok()) {
    return Status::invalid_argument(
        "endpoint must be a host with an optional port, without a scheme and a path (insecure: "
        "true is for http)");
  }
  return {};
}

}  // namespace mnemo::s3
