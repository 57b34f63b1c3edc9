// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/encryption.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/letter_case.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace mnemo::s3 {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr uint64_t kMaxKeyFileBytes = 4096;

std::vector<HttpHeader> customer_headers(const std::string& key) {
  const std::string prefix = "X-Amz-Server-Side-Encryption-Customer-";
  return {{prefix + "Algorithm", "AES256"},
          {prefix + "Key", base64_text(key)},
          {prefix + "Key-MD5", base64_text(digest_of(DigestKind::kMd5, key))}};
}

bool is_standard_header(const std::string& name) {
  constexpr std::array<std::string_view, 6> kStandard = {"content-type",     "cache-control",
                                                         "content-encoding", "content-language",
                                                         "expires",          "content-disposition"};
  constexpr std::array<std::string_view, 4> kOfS3 = {
      "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-tagging", "x-amz-acl"};
  return std::find(kStandard.begin(), kStandard.end(), name) != kStandard.end() ||
         std::find(kOfS3.begin(), kOfS3.end(), name) != kOfS3.end() ||
         name.starts_with("x-amz-meta-") || name.starts_with("x-amz-grant-") ||
         name.starts_with("x-amz-server-side-encryption") || name.starts_with("x-amz-object-lock-");
}

}  // namespace

Result<EncryptionHeaders> encryption_headers(const Encryption& encryption) {
  EncryptionHeaders headers;
  const std::string name = "X-Amz-Server-Side-Encryption";
  switch (encryption.kind) {
    case EncryptionKind::kNone: return headers;
    case EncryptionKind::kS3: headers.create = {{name, "AES256"}}; return headers;
    case EncryptionKind::kKms: {
      auto context = nlohmann::json(encryption.kms_context);
      if (encryption.kms_context.empty()) context = nlohmann::json::object();
      headers.create = {
          {name, "aws:kms"},
          {name + "-Aws-Kms-Key-Id", encryption.kms_key_id},
          {name + "-Context",
           base64_text(context.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))}};
      return headers;
    }
    case EncryptionKind::kCustomerKey: break;
  }
  auto key = read_file(encryption.customer_key_file, kMaxKeyFileBytes);
  if (!key.ok()) {
    return Status::failed_precondition("sse_config.encryption_key: " + key.status().message());
  }
  if (key->size() != kKeyBytes) {
    return Status::invalid_argument("sse_config.encryption_key: " + encryption.customer_key_file +
                                    " holds " + std::to_string(key->size()) +
                                    " bytes; SSE-C needs exactly 32");
  }
  headers.create = customer_headers(*key);
  headers.use = headers.create;
  return headers;
}

std::vector<HttpHeader> metadata_headers(const std::map<std::string, std::string>& metadata) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : metadata) {
    bool as_is = is_standard_header(lower_case(name));
    headers.push_back({as_is ? name : "X-Amz-Meta-" + name, value});
  }
  return headers;
}

}  // namespace mnemo::s3
