// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mnemo {

enum class DigestKind { kMd5, kSha1, kSha256 };

/// A digest of bytes that come piece by piece.
///
/// Not thread-safe. REQUIRES: nothing is added after `finish`.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void add(std::string_view data);
  /// The raw bytes; empty where the system's OpenSSL refuses this kind (MD5 under FIPS).
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Raw bytes of the digest; empty where OpenSSL refuses the kind.
std::string digest_of(DigestKind kind, std::string_view data);

/// Raw bytes of the keyed digest (HMAC).
std::string hmac_of(DigestKind kind, std::string_view key, std::string_view data);

/// Lower-case hexadecimal.
std::string hex_text(std::string_view data);

/// With padding, on one line.
std::string base64_text(std::string_view data);

/// Nothing when `text` isn't base64 with padding.
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace mnemo
