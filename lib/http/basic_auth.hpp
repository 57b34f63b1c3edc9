// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace mnemo {

/// Whether `text` has the form of a bcrypt hash ($2b$10$...).
bool is_bcrypt_hash(std::string_view text);

/// User and password of an `Authorization: Basic` header; nothing when it isn't one.
std::optional<std::pair<std::string, std::string>> parse_basic_auth(std::string_view header);

/// Checks passwords against bcrypt hashes.
///
/// Thread-safe. A hash takes long on purpose: one is computed at a time, and what was right is
/// remembered (by a keyed digest, never the password). An unknown user takes as long as a wrong
/// password.
class PasswordChecker {
 public:
  using Users = std::map<std::string, std::string, std::less<>>;

  PasswordChecker();
  bool check(const Users& users, const std::string& user, const std::string& password);

 private:
  std::string digest(const std::string& user, const std::string& hash,
                     const std::string& password) const;

  std::array<unsigned char, 32> secret_{};
  std::mutex hashing_;
  std::mutex mutex_;  // guards what follows
  std::set<std::string> right_;
  std::deque<std::string> oldest_first_;
};

}  // namespace mnemo
