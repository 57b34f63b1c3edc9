// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/openmetrics/parser.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::fuzz {

/// Gives a text in pieces of at most `most` bytes.
inline ReadBytes read_pieces(std::string_view text, size_t most) {
  return [text, most](std::span<char> buffer) mutable {
    size_t count = std::min({most, buffer.size(), text.size()});
    if (count > 0) std::memcpy(buffer.data(), text.data(), count);
    text.remove_prefix(count);
    return Result<size_t>(count);
  };
}

/// All that a parser finds, as text. With `guess` it is told each time to expect the series that it
/// gave last.
inline std::string parse_all(std::string_view text, size_t most, bool guess,
                             std::vector<openmetrics::Position>* positions = nullptr,
                             openmetrics::Position from = {}) {
  constexpr size_t kMaxLine = 1024;
  openmetrics::Parser parser(read_pieces(text.substr(from.offset), most), from, kMaxLine);
  std::string found;
  std::string last;
  while (parser.next(guess ? std::string_view(last) : std::string_view())) {
    last = parser.series();
    if (positions != nullptr) positions->push_back(parser.position());
    auto labels = parser.labels();
    if (labels.empty()) std::abort();
    found += labels.to_string();
    double value = parser.value();
    found.append(reinterpret_cast<const char*>(&value), sizeof(value));
    found += parser.time() ? std::to_string(*parser.time()) : "-";
    found += '\n';
  }
  return found + parser.status().message();
}

/// Parses any bytes: the result is the same however the bytes come, with guesses and without, and
/// from each sample on.
inline void parse_any(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<openmetrics::Position> positions;
  auto found = parse_all(text, size + 1, false, &positions);
  if (parse_all(text, 7, true) != found) std::abort();
  if (positions.empty()) return;
  auto rest = parse_all(text, size + 1, true, nullptr, positions[positions.size() / 2]);
  if (!found.ends_with(rest)) std::abort();
}

}  // namespace mnemo::fuzz
