// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/client_assertion.hpp"

#include "base/digest.hpp"

#include <nlohmann/json.hpp>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace mnemo::azure {
namespace {

constexpr int64_t kGoodSeconds = 10 * 60;

/// Base64 for URLs, without padding.
std::string url_text(std::string_view data) {
  auto text = base64_text(data);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::string part_of(const nlohmann::json& json) {
  return url_text(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// A random UUID.
Result<std::string> unique_id() {
  std::string bytes(16, '\0');
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), 16) != 1) {
    return Status::failed_precondition("OpenSSL has no random bytes");
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  auto text = hex_text(bytes);
  for (size_t at : {8, 13, 18, 23}) text.insert(at, "-");
  return text;
}

/// RSASSA-PSS with SHA-256 and a salt of the digest's size.
Result<std::string> sign(EVP_PKEY* key, std::string_view text) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> signing(::EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  std::string signature;
  ::ERR_set_mark();
  bool is_signed =
      ::EVP_DigestSignInit(signing.get(), &options, ::EVP_sha256(), nullptr, key) == 1 &&
      ::EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
      ::EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1 &&
      ::EVP_DigestSign(signing.get(), nullptr, &size, data, text.size()) == 1;
  if (is_signed) {
    signature.resize(size);
    is_signed = ::EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                 &size, data, text.size()) == 1;
  }
  ::ERR_pop_to_mark();
  if (!is_signed) return Status::failed_precondition("OpenSSL can't sign with the private key");
  signature.resize(size);
  return signature;
}

}  // namespace

Result<std::string> client_assertion(const ClientCertificate& certificate,
                                     const AssertionClaims& claims) {
  nlohmann::json header = {
      {"alg", "PS256"},
      {"typ", "JWT"},
      {"x5t#S256", url_text(digest_of(DigestKind::kSha256, certificate.chain.front()))}};
  if (claims.sends_chain) {
    for (const auto& der : certificate.chain) header["x5c"].push_back(base64_text(der));
  }
  MNEMO_TRY(auto id, unique_id());
  auto seconds = claims.now_ms / 1000;
  nlohmann::json body = {
      {"aud", claims.token_url}, {"iss", claims.client_id},
      {"sub", claims.client_id}, {"jti", id},
      {"nbf", seconds},          {"exp", seconds + kGoodSeconds},
  };
  auto text = part_of(header) + "." + part_of(body);
  MNEMO_TRY(auto signature, sign(certificate.key.get(), text));
  return text + "." + url_text(signature);
}

}  // namespace mnemo::azure
