// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/http_bucket.hpp"

#include <mnemo/status.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mnemo::azure {

struct ErrorText {
  std::string code;
  std::string message;
};

/// The `Error` document in a body; empty when there is none.
ErrorText parse_error(std::string_view body);

/// Reads the answer of List Blobs. Errors: DataLoss.
Result<ListPage> parse_list(std::string_view body);

/// The body of Put Block List.
std::string block_list_body(const std::vector<std::string>& ids);

}  // namespace mnemo::azure
