// SPDX-License-Identifier: Apache-2.0
#include "fuzz/targets.hpp"
#include "model/openmetrics/parser.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace mnemo::fuzz {
namespace {

/// Gives a text in pieces of at most `most` bytes.
ReadBytes read_pieces(std::string_view text, size_t most) {
  return [text, most](std::span<char> buffer) mutable {
    size_t count = std::min({most, buffer.size(), text.size()});
    if (count > 0) std::memcpy(buffer.data(), text.data(), count);
    text.remove_prefix(count);
    return Result<size_t>(count);
  };
}

/// All that a parser finds, as text. With `guess` it is told each time to expect the series that it
/// gave last.
std::string parse_all(std::string_view text, size_t most, bool guess,
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
    require(!labels.empty());
    found += labels.to_string();
    double value = parser.value();
    found.append(reinterpret_cast<const char*>(&value), sizeof(value));
    found += parser.time() ? std::to_string(*parser.time()) : "-";
    found += '\n';
  }
  return found + parser.status().message();
}

}  // namespace

/// What is found in a text is the same however its bytes come, with guesses and without, and from
/// each sample on.
void run_openmetrics(std::span<const uint8_t> data) {
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  std::vector<openmetrics::Position> positions;
  auto found = parse_all(text, text.size() + 1, false, &positions);
  require(parse_all(text, 7, true) == found);
  if (positions.empty()) return;
  auto rest = parse_all(text, text.size() + 1, true, nullptr, positions[positions.size() / 2]);
  require(found.ends_with(rest));
}

}  // namespace mnemo::fuzz
