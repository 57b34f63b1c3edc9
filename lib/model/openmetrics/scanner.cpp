// SPDX-License-Identifier: Apache-2.0
#include "model/openmetrics/scanner.hpp"

#include "base/quote.hpp"
#include "base/utf8.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace mnemo::openmetrics {
namespace {

enum CharacterClass : uint8_t {
  kLabelStart = 1,
  kLabelRest = 2,
  kMetricStart = 4,
  kMetricRest = 8,
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = classes[c - 'a' + 'A'] = 15;
  classes['_'] = 15;
  classes[':'] = kMetricStart | kMetricRest;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kLabelRest | kMetricRest;
  return classes;
}

constexpr auto kClasses = make_classes();

bool is_in(char c, CharacterClass wanted) {
  return (kClasses[static_cast<uint8_t>(c)] & wanted) != 0;
}

const char* skip_name(const char* at, const char* end, CharacterClass start, CharacterClass rest) {
  if (at == end || !is_in(*at, start)) return at;
  do ++at;
  while (at != end && is_in(*at, rest));
  return at;
}

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<size_t>(to - from)};
}

}  // namespace

bool Scanner::accept(std::string_view text) {
  if (static_cast<size_t>(end_ - at_) < text.size()) return false;
  if (std::memcmp(at_, text.data(), text.size()) != 0) return false;
  at_ += text.size();
  return true;
}

/// A text in quotes; `content` keeps its escapes. Line breaks must be escaped, in names as in
/// values; bytes of zero are for values alone, as Prometheus has it.
bool Scanner::quoted(Quoted what, std::string_view& content) {
  const char* at = at_ + 1;
  uint8_t all = 0;
  for (; at != end_ && *at != '"'; ++at) {
    if (*at == '\\' && at + 1 != end_) {
      all |= static_cast<uint8_t>(*at);
      ++at;
    }
    if (*at == '\n') break;
    if (*at == '\0' && what == Quoted::kName) return fail("a name without bytes of zero");
    all |= static_cast<uint8_t>(*at);
  }
  if (at == end_ || *at != '"') return fail("a closing quote on the same line");
  content = between(at_ + 1, at);
  if (all >= 0x80 && !is_valid_utf8(content)) {
    return fail(what == Quoted::kName ? "a name in UTF-8" : "a label value in UTF-8");
  }
  at_ = at + 1;
  return true;
}

bool Scanner::metric_name(std::string_view& name) {
  if (is_at('"')) return quoted(Quoted::kName, name);
  const char* last = skip_name(at_, end_, kMetricStart, kMetricRest);
  if (last == at_) return fail("a metric's name");
  name = between(at_, last);
  at_ = last;
  return true;
}

bool Scanner::series(SeriesText& series) {
  series.labels.clear();
  series.metric = {};
  if (is_at('"')) return fail("a metric's name or {");
  if (!is_at('{')) {
    if (!metric_name(series.metric)) return false;
    if (!is_at('{')) return true;
  }
  ++at_;
  if (!labels(series, MetricInBraces::kAllowed)) return false;
  return series.metric.data() != nullptr || fail("a metric's name in the braces before");
}

bool Scanner::labels(SeriesText& series, MetricInBraces metric) {
  while (!is_at('}')) {
    if (!label(series, metric)) return false;
    if (is_at('}')) break;
    if (!accept(",")) return fail("a comma or a closing brace");
  }
  ++at_;
  return true;
}

bool Scanner::label(SeriesText& series, MetricInBraces metric) {
  LabelText label;
  const char* start = at_;
  bool is_quoted = is_at('"');
  if (is_quoted) {
    if (!quoted(Quoted::kName, label.name)) return false;
  } else {
    const char* last = skip_name(at_, end_, kLabelStart, kLabelRest);
    if (last == at_) return fail("a label name");
    label.name = between(at_, last);
    at_ = last;
  }
  if (is_quoted && (is_at(',') || is_at('}'))) {
    if (metric == MetricInBraces::kRefused) return fail("an equals sign");
    if (series.metric.data() != nullptr) {
      at_ = start;
      return fail("one metric name");
    }
    series.metric = label.name;
    return true;
  }
  if (!accept("=")) return fail("an equals sign");
  if (label.name.empty()) {
    at_ = start;
    return fail("a label name");
  }
  if (!is_at('"')) return fail("a label value in quotes");
  if (!quoted(Quoted::kValue, label.value)) return false;
  series.labels.push_back(label);
  return true;
}

bool Scanner::word(std::string_view& text) {
  if (!is_at(' ')) return false;
  const char* last = at_ + 1;
  while (last != end_ && *last != ' ' && *last != '\n') ++last;
  if (last == at_ + 1) return false;
  text = between(at_ + 1, last);
  at_ = last;
  return true;
}

bool Scanner::rest(std::string_view& text) {
  const void* found = std::memchr(at_, '\n', static_cast<size_t>(end_ - at_));
  if (found == nullptr) return false;
  const char* last = static_cast<const char*>(found);
  text = between(at_, last);
  at_ = last + 1;
  return true;
}

std::string Scanner::error() const {
  constexpr size_t kShown = 40;
  auto found = between(at_, end_);
  std::string text = "expected " + std::string(expected_) + ", found ";
  if (found.empty()) return text + "the end of the file";
  if (found == "\n") return text + "the end of the line";
  if (found.ends_with('\n')) found.remove_suffix(1);
  text += go_quoted(found.substr(0, kShown));
  if (found.size() > kShown) text += "...";
  return text;
}

}  // namespace mnemo::openmetrics
