// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/s3/options.hpp"

#include <mnemo/status.hpp>

#include <vector>

namespace mnemo::s3 {

/// The headers by which the server is told how to encrypt.
struct EncryptionHeaders {
  std::vector<HttpHeader> create;  // of puts and of creating a multipart upload
  std::vector<HttpHeader> use;     // of parts, gets and heads: the customer's key
};

/// Errors: FailedPrecondition (the key's file can't be read), InvalidArgument (it isn't 32 bytes).
Result<EncryptionHeaders> encryption_headers(const Encryption& encryption);

/// The headers for `put_user_metadata`: x-amz-meta-NAME, but S3's own and HTTP's standard headers
/// (a storage class, Cache-Control) as they are.
std::vector<HttpHeader> metadata_headers(const std::map<std::string, std::string>& metadata);

}  // namespace mnemo::s3
