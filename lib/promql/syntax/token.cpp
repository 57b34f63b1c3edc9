// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/token.hpp"

#include "base/letter_case.hpp"
#include "base/quote.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace mnemo::promql {
namespace {

struct Word {
  std::string_view text;
  TokenType type;
};

// Sorted by text.
constexpr Word kWords[] = {
    {"anchored", TokenType::kAnchored},
    {"and", TokenType::kAnd},
    {"atan2", TokenType::kAtan2},
    {"avg", TokenType::kAvg},
    {"bool", TokenType::kBool},
    {"bottomk", TokenType::kBottomk},
    {"by", TokenType::kBy},
    {"count", TokenType::kCount},
    {"count_values", TokenType::kCountValues},
    {"end", TokenType::kEndWord},
    {"fill", TokenType::kFill},
    {"fill_left", TokenType::kFillLeft},
    {"fill_right", TokenType::kFillRight},
    {"group", TokenType::kGroup},
    {"group_left", TokenType::kGroupLeft},
    {"group_right", TokenType::kGroupRight},
    {"ignoring", TokenType::kIgnoring},
    {"inf", TokenType::kNumber},
    {"limit_ratio", TokenType::kLimitRatio},
    {"limitk", TokenType::kLimitk},
    {"max", TokenType::kMax},
    {"max_of", TokenType::kMaxOf},
    {"min", TokenType::kMin},
    {"min_of", TokenType::kMinOf},
    {"nan", TokenType::kNumber},
    {"offset", TokenType::kOffset},
    {"on", TokenType::kOn},
    {"or", TokenType::kOr},
    {"quantile", TokenType::kQuantile},
    {"range", TokenType::kRange},
    {"smoothed", TokenType::kSmoothed},
    {"start", TokenType::kStart},
    {"stddev", TokenType::kStddev},
    {"stdvar", TokenType::kStdvar},
    {"step", TokenType::kStep},
    {"sum", TokenType::kSum},
    {"topk", TokenType::kTopk},
    {"unless", TokenType::kUnless},
    {"without", TokenType::kWithout},
};

constexpr size_t kLongestWord = 12;

/// The text in quotes; of a long one only the first ten characters.
std::string quote_shortened(std::string_view text) {
  if (text.size() <= 10) return go_quoted(text);
  size_t end = 0;
  for (int i = 0; i < 10 && end < text.size(); ++i) {
    end += std::max<size_t>(1, utf8_sequence_length(text.substr(end)));
  }
  return go_quoted(text.substr(0, end)) + "...";
}

std::string text_of(const Token& token) {
  std::string text(token.text);
  if (is_keyword(token.type)) return "<" + text + ">";
  if (is_operator(token.type)) return "<op:" + text + ">";
  if (is_aggregation(token.type)) return "<aggr:" + text + ">";
  return quote_shortened(token.text);
}

}  // namespace

std::optional<TokenType> keyword(std::string_view word) {
  if (word.size() > kLongestWord) return {};
  std::string lower = lower_case(word);
  const auto* found =
      std::lower_bound(std::begin(kWords), std::end(kWords), lower,
                       [](const Word& a, const std::string& b) { return a.text < b; });
  if (found == std::end(kWords) || found->text != lower) return {};
  return found->type;
}

std::optional<TokenType> duration_keyword(std::string_view word) {
  auto type = keyword(word);
  if (type == TokenType::kStep || type == TokenType::kRange || type == TokenType::kMaxOf ||
      type == TokenType::kMinOf) {
    return type;
  }
  return {};
}

std::string describe(const Token& token) {
  switch (token.type) {
    case TokenType::kEnd: return "end of input";
    case TokenType::kError: return token.message;
    case TokenType::kIdentifier: return "identifier " + go_quoted(token.text);
    case TokenType::kMetricIdentifier: return "metric identifier " + go_quoted(token.text);
    case TokenType::kNumber: return "number " + quote_shortened(token.text);
    case TokenType::kDuration: return "duration " + quote_shortened(token.text);
    case TokenType::kString: return "string " + quote_shortened(token.text);
    default: return text_of(token);
  }
}

}  // namespace mnemo::promql
