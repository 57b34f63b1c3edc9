// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo {

/// The name of a block: 48 bits of milliseconds since the epoch and 80 bits of randomness, written
/// as 26 characters of Crockford's base 32.
///
/// A value type. Orders by time, then by randomness. Format: github.com/ulid/spec.
class Ulid {
 public:
  Ulid() = default;

  /// Errors: InvalidArgument unless `text` is exactly 26 characters that stand for 128 bits.
  static Result<Ulid> parse(std::string_view text);

  /// From a time (milliseconds since the epoch, 48 bits used) and 10 random bytes.
  static Ulid make(int64_t time_ms, const std::array<uint8_t, 10>& entropy);

  /// Now, with randomness from the operating system.
  static Ulid generate();

  std::string to_string() const;
  int64_t time_ms() const;
  bool is_zero() const { return bytes_ == std::array<uint8_t, 16>{}; }

  friend auto operator<=>(const Ulid&, const Ulid&) = default;

 private:
  std::array<uint8_t, 16> bytes_{};
};

}  // namespace mnemo
