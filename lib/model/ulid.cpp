// SPDX-License-Identifier: Apache-2.0
#include <mnemo/ulid.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace mnemo {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kTextLength = 26;

int digit_value(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  auto at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

Result<Ulid> Ulid::parse(std::string_view text) {
  auto bad = [&] {
    return Status::invalid_argument("not a ULID: \"" + std::string(text.substr(0, 64)) + "\"");
  };
  if (text.size() != kTextLength || digit_value(text[0]) > 7) return bad();
  Uint128 number = 0;
  for (char c : text) {
    int digit = digit_value(c);
    if (digit < 0) return bad();
    number = number << 5 | static_cast<unsigned>(digit);
  }
  Ulid ulid;
  for (size_t i = 16; i-- > 0; number >>= 8) ulid.bytes_[i] = static_cast<uint8_t>(number);
  return ulid;
}

Ulid Ulid::make(int64_t time_ms, const std::array<uint8_t, 10>& entropy) {
  Ulid ulid;
  for (size_t i = 6; i-- > 0; time_ms >>= 8) ulid.bytes_[i] = static_cast<uint8_t>(time_ms);
  std::copy(entropy.begin(), entropy.end(), ulid.bytes_.begin() + 6);
  return ulid;
}

Ulid Ulid::generate() {
  std::random_device device;
  std::array<uint8_t, 10> entropy;
  for (auto& byte : entropy) byte = static_cast<uint8_t>(device());
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return make(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), entropy);
}

std::string Ulid::to_string() const {
  Uint128 number = 0;
  for (uint8_t byte : bytes_) number = number << 8 | byte;
  std::string text(kTextLength, '0');
  for (size_t i = kTextLength; i-- > 0; number >>= 5) {
    text[i] = kAlphabet[static_cast<size_t>(number & 31)];
  }
  return text;
}

int64_t Ulid::time_ms() const {
  int64_t time = 0;
  for (size_t i = 0; i < 6; ++i) time = time << 8 | bytes_[i];
  return time;
}

}  // namespace mnemo
