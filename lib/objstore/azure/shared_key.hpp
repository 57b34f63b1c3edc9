// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo::azure {

using Query = std::vector<std::pair<std::string, std::string>>;

/// What Azure signs of a request (version 2015-02-21 and later).
struct SigningRequest {
  std::string method;
  std::string path;  // of the URL, encoded
  Query query;       // not encoded
  std::vector<HttpHeader> headers;
  uint64_t content_length = 0;
};

/// The text that is signed: "Authorize with Shared Key" in Azure's REST reference.
std::string string_to_sign(const SigningRequest& request, std::string_view account);

/// The value of the Authorization header.
std::string authorization(const SigningRequest& request, std::string_view account,
                          std::string_view key);

}  // namespace mnemo::azure
