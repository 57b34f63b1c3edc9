// SPDX-License-Identifier: Apache-2.0
#include "model/regex_shape.hpp"

#include <cctype>
#include <utility>

namespace mnemo {
namespace {

using Patterns = std::vector<TextPattern>;

/// Groups that stand side by side make at most so many patterns.
constexpr size_t kMostMultiplied = 1000;
constexpr size_t kMostBytes = 4 << 20;
constexpr int kDeepest = 20;

/// Puts `next` behind `pattern`; false where gaps meet that no one gap stands for.
bool append(TextPattern& pattern, const TextPattern& next) {
  pattern.texts.back() += next.texts[0];
  for (size_t i = 0; i < next.gaps.size(); ++i) {
    bool gaps_meet = pattern.texts.back().empty() && !pattern.gaps.empty();
    if (!gaps_meet) {
      pattern.gaps.push_back(next.gaps[i]);
      pattern.texts.push_back(next.texts[i + 1]);
      continue;
    }
    auto& last = pattern.gaps.back();
    if (last == Gap::kSomething && next.gaps[i] == Gap::kSomething) return false;
    if (next.gaps[i] == Gap::kSomething) last = Gap::kSomething;
    pattern.texts.back() = next.texts[i + 1];
  }
  return true;
}

size_t byte_size(const Patterns& patterns) {
  size_t size = 0;
  for (const auto& pattern : patterns) {
    for (const auto& text : pattern.texts) size += text.size();
  }
  return size;
}

/// Reads an expression of few means; whatever else it meets makes it give up.
class Splitter {
 public:
  explicit Splitter(std::string_view expression) : rest_(expression) {}

  std::optional<Patterns> split() {
    auto patterns = alternatives(0);
    return patterns && rest_.empty() ? std::move(patterns) : std::nullopt;
  }

 private:
  std::optional<Patterns> alternatives(int depth) {
    if (depth > kDeepest) return std::nullopt;
    Patterns all;
    do {
      auto some = sequence(depth);
      if (!some) return std::nullopt;
      for (auto& pattern : *some) all.push_back(std::move(pattern));
    } while (take('|'));
    return all;
  }

  std::optional<Patterns> sequence(int depth) {
    Patterns all(1);
    if (depth == 0) take('^');  // values are matched in whole anyway
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      if (depth == 0 && take('$')) {
        if (!rest_.empty() && rest_[0] != '|') return std::nullopt;
        break;
      }
      auto next = rest_[0] == '(' ? group(depth) : element();
      if (!next || !multiply(all, *next)) return std::nullopt;
    }
    return all;
  }

  std::optional<Patterns> group(int depth) {
    rest_.remove_prefix(1);
    if (rest_.starts_with("?:")) {
      rest_.remove_prefix(2);
    } else if (rest_.starts_with('?')) {
      return std::nullopt;
    }
    auto inside = alternatives(depth + 1);
    return take(')') ? std::move(inside) : std::nullopt;
  }

  /// A run of literal characters, or a gap.
  std::optional<Patterns> element() {
    TextPattern pattern;
    if (take('.')) {
      if (rest_.empty() || (rest_[0] != '*' && rest_[0] != '+')) return std::nullopt;
      pattern.gaps.push_back(rest_[0] == '*' ? Gap::kAnything : Gap::kSomething);
      pattern.texts.emplace_back();
      rest_.remove_prefix(1);
      take('?');  // which of several ways to match is the same here
      return Patterns{std::move(pattern)};
    }
    auto& text = pattern.texts[0];
    while (auto literal = take_literal()) text += *literal;
    if (text.empty()) return std::nullopt;
    return Patterns{std::move(pattern)};
  }

  std::optional<char> take_literal() {
    if (rest_.empty()) return std::nullopt;
    char c = rest_[0];
    size_t size = 1;
    if (c == '\\') {
      if (rest_.size() < 2 || std::ispunct(static_cast<unsigned char>(rest_[1])) == 0) {
        return std::nullopt;
      }
      c = rest_[1];
      size = 2;
    } else if (std::string_view(R"(.+*?()|[]{}^$)").find(c) != std::string_view::npos) {
      return std::nullopt;
    }
    rest_.remove_prefix(size);
    return c;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// All of `patterns` followed by each of `next`.
  static bool multiply(Patterns& patterns, const Patterns& next) {
    size_t bytes = byte_size(patterns) * next.size() + byte_size(next) * patterns.size();
    if (bytes > kMostBytes) return false;
    if (next.size() == 1) {
      for (auto& pattern : patterns) {
        if (!append(pattern, next[0])) return false;
      }
      return true;
    }
    bool is_first = patterns.size() == 1 && patterns[0].is_literal();
    if (!is_first && patterns.size() * next.size() > kMostMultiplied) return false;
    Patterns product;
    product.reserve(patterns.size() * next.size());
    for (const auto& before : patterns) {
      for (const auto& after : next) {
        product.push_back(before);
        if (!append(product.back(), after)) return false;
      }
    }
    patterns = std::move(product);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool TextPattern::matches(std::string_view value) const {
  if (gaps.empty()) return value == texts[0];
  if (!value.starts_with(texts[0])) return false;
  value.remove_prefix(texts[0].size());
  // Each text as early as can be: that leaves most room for the others.
  for (size_t i = 1; i < texts.size(); ++i) {
    size_t from = gaps[i - 1] == Gap::kSomething ? 1 : 0;
    if (value.size() < from) return false;
    value.remove_prefix(from);
    if (i + 1 == texts.size()) return value.ends_with(texts[i]);
    size_t at = value.find(texts[i]);
    if (at == std::string_view::npos) return false;
    value.remove_prefix(at + texts[i].size());
  }
  return true;
}

std::optional<std::vector<TextPattern>> split_regex(std::string_view expression) {
  return Splitter(expression).split();
}

}  // namespace mnemo
