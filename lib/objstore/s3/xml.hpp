// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/http_bucket.hpp"

#include <mnemo/status.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mnemo::s3 {

/// What an answer that is an error says of itself; empty fields where it says nothing.
struct ErrorText {
  std::string code;  // "NoSuchKey"
  std::string message;
  std::string region;
};

/// The `Error` document in a body; empty when there is none.
ErrorText parse_error(std::string_view body);

/// Reads the answer of ListObjects (v1) or ListObjectsV2. Errors: DataLoss.
Result<ListPage> parse_list(std::string_view body, bool v1);

/// The upload's id in the answer of CreateMultipartUpload. Errors: DataLoss.
Result<std::string> parse_upload_id(std::string_view body);

/// The region in the answer of GetBucketLocation. Errors: DataLoss.
Result<std::string> parse_location(std::string_view body);

/// The body of CompleteMultipartUpload.
std::string complete_body(const std::vector<std::string>& etags);

}  // namespace mnemo::s3
