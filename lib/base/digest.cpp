// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace mnemo {
namespace {

const EVP_MD* algorithm_of(DigestKind kind) {
  switch (kind) {
    case DigestKind::kMd5: return EVP_md5();
    case DigestKind::kSha1: return EVP_sha1();
    case DigestKind::kSha256: return EVP_sha256();
  }
  return nullptr;
}

const unsigned char* bytes_of(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

using DigestBytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string text_of(const DigestBytes& bytes, unsigned int size) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace

struct Digest::State {
  EVP_MD_CTX* context = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>()) {
  state_->context = EVP_MD_CTX_new();
  if (EVP_DigestInit_ex(state_->context, algorithm_of(kind), nullptr) != 1) {
    EVP_MD_CTX_free(state_->context);
    state_->context = nullptr;
  }
}

Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::add(std::string_view data) {
  if (state_->context) EVP_DigestUpdate(state_->context, data.data(), data.size());
}

std::string Digest::finish() {
  DigestBytes bytes;
  unsigned int size = 0;
  if (!state_->context || EVP_DigestFinal_ex(state_->context, bytes.data(), &size) != 1) return {};
  return text_of(bytes, size);
}

std::string digest_of(DigestKind kind, std::string_view data) {
  Digest digest(kind);
  digest.add(data);
  return digest.finish();
}

std::string hmac_of(DigestKind kind, std::string_view key, std::string_view data) {
  DigestBytes bytes;
  unsigned int size = 0;
  // An empty key must still be a pointer: null means "the former key" to OpenSSL.
  const char* key_bytes = key.empty() ? "" : key.data();
  HMAC(algorithm_of(kind), key_bytes, static_cast<int>(key.size()), bytes_of(data), data.size(),
       bytes.data(), &size);
  return text_of(bytes, size);
}

std::string hex_text(std::string_view data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(data.size() * 2);
  for (char c : data) {
    auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string base64_text(std::string_view data) {
  std::string text((data.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero byte
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(data),
                             static_cast<int>(data.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::optional<std::string> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  auto last = text.find_last_not_of('=');
  size_t padding = text.size() - (last == text.npos ? 0 : last + 1);
  auto digits = text.substr(0, text.size() - padding);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (padding > 2 || digits.find_first_not_of(kAlphabet) != digits.npos) return std::nullopt;
  std::string data(text.size() / 4 * 3, '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(data.data()), bytes_of(text),
                             static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  data.resize(static_cast<size_t>(size) - padding);
  return data;
}

}  // namespace mnemo
