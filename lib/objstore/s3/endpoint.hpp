// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/options.hpp"

#include <string>
#include <string_view>

namespace mnemo::s3 {

/// Where a bucket is reached: "https://" host and the path of an object below `root`.
struct Address {
  std::string scheme;
  std::string host;  // with the port, unless it is the scheme's
  std::string root;  // "/" or "/bucket/"
};

/// The bucket's address as Thanos' client finds it. For Amazon's own endpoints the host depends on
/// `region` (dual-stack unless disabled); it is used as it is for all others.
Address address_of(const Options& options, std::string_view region);

/// The region in the name of one of Amazon's hosts ("s3.eu-west-1.amazonaws.com", and the FIPS,
/// dual-stack, PrivateLink, Chinese forms); empty where it has none.
std::string region_of_host(std::string_view host);

/// Whether `host` is one of Amazon's for S3, with or without a region.
bool is_aws_host(std::string_view host);

/// Checks that it is a host with an optional port. Errors: InvalidArgument.
Status check_endpoint(const std::string& endpoint);

}  // namespace mnemo::s3
