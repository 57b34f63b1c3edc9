// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What lies between two texts of a pattern: ".*" or ".+".
enum class Gap : uint8_t { kAnything, kSomething };

/// Texts with gaps between them: the first is where a value begins, the last where it ends.
struct TextPattern {
  std::vector<std::string> texts{std::string()};
  std::vector<Gap> gaps;  // one less than texts

  bool is_literal() const { return gaps.empty(); }
  bool matches(std::string_view value) const;
};

/// The patterns of which one matches whenever the (anchored) expression does: prefixes ("api.*"),
/// suffixes, what is contained, literals, and their alternatives, nested ones multiplied out
/// ("(a|b)-(c|d).*"). Nothing where the expression is more than that, or too many.
/// REQUIRES: RE2 accepts the expression.
std::optional<std::vector<TextPattern>> split_regex(std::string_view expression);

}  // namespace mnemo
