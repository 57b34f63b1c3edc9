// SPDX-License-Identifier: Apache-2.0
#include "http/basic_auth.hpp"

#include "base/digest.hpp"
#include "base/letter_case.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <crypt.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace mnemo {
namespace {

constexpr size_t kRemembered = 100;
constexpr size_t kHashSize = 60;
// What nobody's password hashes to: salt and digest are all zero bits.
constexpr char kNobody[] = "$2b$10$......................1111111111111111111111111111111";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool matches(const std::string& hash, const std::string& password) {
  auto data = std::make_unique<crypt_data>();
  // Not crypt_r: the address sanitizer has one of its own, which hides the library's need for it.
  const char* computed = ::crypt_rn(password.c_str(), hash.c_str(), data.get(), sizeof(crypt_data));
  bool same = computed != nullptr && std::string_view(computed).size() == hash.size() &&
              CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  return same;
}

}  // namespace

bool is_bcrypt_hash(std::string_view text) {
  if (text.size() != kHashSize || !text.starts_with("$2") || text[3] != '$' || text[6] != '$') {
    return false;
  }
  if (std::string_view("abxy").find(text[2]) == std::string_view::npos) return false;
  if (!is_digit(text[4]) || !is_digit(text[5])) return false;
  int cost = (text[4] - '0') * 10 + (text[5] - '0');
  if (cost < 4 || cost > 31) return false;
  return std::all_of(text.begin() + 7, text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '/';
  });
}

std::optional<std::pair<std::string, std::string>> parse_basic_auth(std::string_view header) {
  constexpr std::string_view kScheme = "Basic ";
  if (!equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  header.remove_prefix(kScheme.size());
  auto text = parse_base64(header);
  auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(text->substr(0, colon), text->substr(colon + 1));
}

PasswordChecker::PasswordChecker() {
  ::RAND_bytes(secret_.data(), static_cast<int>(secret_.size()));
}

std::string PasswordChecker::digest(const std::string& user, const std::string& hash,
                                    const std::string& password) const {
  // The sizes keep the parts apart.
  auto text = std::to_string(user.size()) + ":" + std::to_string(hash.size()) + ":" + user + hash +
              password;
  std::string_view secret(reinterpret_cast<const char*>(secret_.data()), secret_.size());
  return hmac_of(DigestKind::kSha256, secret, text);
}

bool PasswordChecker::check(const Users& users, const std::string& user,
                            const std::string& password) {
  auto known = users.find(user);
  bool is_known = known != users.end();
  const std::string hash = is_known ? known->second : kNobody;
  auto key = digest(user, hash, password);
  {
    std::lock_guard lock(mutex_);
    if (is_known && right_.contains(key)) return true;
  }
  bool is_right = false;
  {
    std::lock_guard lock(hashing_);
    // bcrypt ends a password at its first NUL.
    is_right = matches(hash, password) && is_known && password.find('\0') == std::string::npos;
  }
  if (!is_right) return false;
  std::lock_guard lock(mutex_);
  if (right_.insert(key).second) oldest_first_.push_back(key);
  if (oldest_first_.size() > kRemembered) {
    right_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  return true;
}

}  // namespace mnemo
