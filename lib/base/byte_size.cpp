// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.hpp"

#include <charconv>
#include <string>

namespace mnemo {

Result<uint64_t> parse_byte_size(std::string_view text) {
  auto malformed = [&] {
    return Status::invalid_argument("not a number of bytes: \"" + std::string(text) +
                                    "\"; give one as 250MB or 1GiB");
  };
  auto digits = text.substr(0, text.find_first_not_of("0123456789."));
  auto unit = text.substr(digits.size());
  double number = 0;
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size()) {
    return malformed();
  }
  constexpr std::string_view kPowers = "KMGTPE";
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    auto power = kPowers.find(unit[0]);
    auto rest = unit.substr(1);
    if (power == std::string_view::npos || (rest != "B" && rest != "iB")) return malformed();
    for (size_t i = 0; i <= power; ++i) factor *= 1024;
  }
  if (number * factor >= 1.8e19) return malformed();
  return static_cast<uint64_t>(number * factor);
}

}  // namespace mnemo
