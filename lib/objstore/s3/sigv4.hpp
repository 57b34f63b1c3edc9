// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo::s3 {

/// What requests are signed with.
struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;          // of temporary ones
  std::optional<int64_t> expires_ms;  // since the epoch
};

using Query = std::vector<std::pair<std::string, std::string>>;

/// Payload hashes that say that the payload isn't part of the signature, and that it is empty.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kEmptyPayload =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A request as AWS' Signature Version 4 sees it.
struct SigningRequest {
  std::string method;
  std::string host;                 // with the port, unless it is the scheme's
  std::string path;                 // encoded
  Query query;                      // not encoded
  std::vector<HttpHeader> headers;  // to be signed besides Host and the date
  std::string payload_hash;         // hexadecimal SHA-256, or kUnsignedPayload
};

struct SigningScope {
  std::string region;
  std::string service = "s3";
  int64_t now_ms = 0;
};

/// The headers of the request with those that sign it: X-Amz-Date, X-Amz-Content-Sha256 (for the
/// service s3), X-Amz-Security-Token, Authorization.
std::vector<HttpHeader> sign(const SigningRequest& request, const SigningScope& scope,
                             const Credentials& credentials);

/// The request's query with a signature that is good for `lifetime`; encoded.
std::string presign_query(const SigningRequest& request, const SigningScope& scope,
                          const Credentials& credentials, std::chrono::seconds lifetime);

/// In order of names, encoded: as it is signed, and as it is sent.
std::string encode_query(const Query& query);

}  // namespace mnemo::s3
