// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include "base/number_text.hpp"
#include "promql/syntax/lex_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace mnemo::promqltest {
namespace {

Status malformed(std::string_view what) {
  return Status::invalid_argument("histogram description: " + std::string(what));
}

void skip_spaces(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

/// The text up to one of `stops`, which is left.
std::string_view take_until(std::string_view& text, std::string_view stops) {
  size_t end = std::min(text.find_first_of(stops), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(end);
  return part;
}

Result<double> parse_signed_number(std::string_view text) {
  bool minus = !text.empty() && text.front() == '-';
  if (minus || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  MNEMO_TRY(double value, promql::parse_number(text));
  return minus ? -value : value;
}

Result<int32_t> parse_int(std::string_view text) {
  int32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return malformed("not a number: " + std::string(text));
  }
  return value;
}

Result<std::vector<double>> parse_list(std::string_view& text) {
  if (text.empty() || text.front() != '[') return malformed("a list begins with [");
  text.remove_prefix(1);
  std::vector<double> values;
  while (true) {
    skip_spaces(text);
    if (text.empty()) return malformed("a list ends with ]");
    if (text.front() == ']') break;
    MNEMO_TRY(double value, parse_signed_number(take_until(text, " \t]")));
    values.push_back(value);
  }
  text.remove_prefix(1);
  return values;
}

Result<CounterResetHint> parse_hint(std::string_view word) {
  if (word == "unknown") return CounterResetHint::kUnknown;
  if (word == "reset") return CounterResetHint::kReset;
  if (word == "not_reset") return CounterResetHint::kNotReset;
  if (word == "gauge") return CounterResetHint::kGauge;
  return malformed("no such counter reset hint: " + std::string(word));
}

struct Offsets {
  int32_t positive = 0;
  int32_t negative = 0;
};

Status parse_member(std::string_view key, std::string_view& text, HistogramText& out,
                    Offsets& offsets) {
  FloatHistogram& h = out.histogram;
  std::vector<double>* list = key == "buckets"         ? &h.positive_buckets
                              : key == "n_buckets"     ? &h.negative_buckets
                              : key == "custom_values" ? &h.custom_values
                                                       : nullptr;
  if (list) {
    MNEMO_TRY(*list, parse_list(text));
    return {};
  }
  std::string_view value = take_until(text, " \t}");
  if (key == "counter_reset_hint") {
    MNEMO_TRY(h.counter_reset_hint, parse_hint(value));
    out.has_reset_hint = true;
    return {};
  }
  int32_t* integer = key == "schema"     ? &h.schema
                     : key == "offset"   ? &offsets.positive
                     : key == "n_offset" ? &offsets.negative
                                         : nullptr;
  if (integer) {
    MNEMO_TRY(*integer, parse_int(value));
    return {};
  }
  double* number = key == "sum"          ? &h.sum
                   : key == "count"      ? &h.count
                   : key == "z_bucket"   ? &h.zero_count
                   : key == "z_bucket_w" ? &h.zero_threshold
                                         : nullptr;
  if (!number) return malformed("bad histogram descriptor found: " + std::string(key));
  MNEMO_TRY(*number, parse_signed_number(value));
  return {};
}

void set_spans(std::vector<Span>& spans, int32_t offset, size_t buckets) {
  if (buckets > 0) spans = {{offset, static_cast<uint32_t>(buckets)}};
}

/// The index that a bucket has at a coarser schema.
int64_t coarser_index(int64_t index, int32_t from_schema, int32_t to_schema) {
  return ((index - 1) >> (from_schema - to_schema)) + 1;
}

void set_buckets(const std::map<int64_t, double>& by_index, std::vector<Span>& spans,
                 std::vector<double>& counts) {
  spans.clear();
  counts.clear();
  int64_t next = 0;
  for (const auto& [index, count] : by_index) {
    if (spans.empty() || index != next) {
      spans.push_back({static_cast<int32_t>(index - next), 0});
    }
    ++spans.back().length;
    counts.push_back(count);
    next = index + 1;
  }
}

/// Adds one side's buckets. Those of `b` may be finer.
void add_side(std::vector<Span>& spans, std::vector<double>& counts, int32_t schema,
              const std::vector<Span>& b_spans, const std::vector<double>& b_counts,
              int32_t b_schema, double sign) {
  auto sum = buckets_by_index(spans, counts);
  for (const auto& [index, count] : buckets_by_index(b_spans, b_counts)) {
    sum[schema == b_schema ? index : coarser_index(index, b_schema, schema)] += sign * count;
  }
  set_buckets(sum, spans, counts);
}

CounterResetHint merged_hint(CounterResetHint a, CounterResetHint b) {
  if (a == b) return a;
  bool gauge = a == CounterResetHint::kGauge || b == CounterResetHint::kGauge;
  return gauge ? CounterResetHint::kGauge : CounterResetHint::kUnknown;
}

std::string list_text(const std::vector<double>& values) {
  std::string text = "[";
  for (double value : values) {
    if (text.size() > 1) text += ' ';
    text += float_general(value);
  }
  return text + "]";
}

/// `offset:1 buckets:[...]`, with zeros in the gaps.
std::string side_text(std::string_view prefix, const std::vector<Span>& spans,
                      const std::vector<double>& counts) {
  auto by_index = buckets_by_index(spans, counts);
  if (by_index.empty()) return {};
  constexpr int64_t kWidest = 1000;
  int64_t first = by_index.begin()->first;
  int64_t last = std::min(by_index.rbegin()->first, first + kWidest);
  std::vector<double> dense(static_cast<size_t>(last - first + 1));
  for (const auto& [index, count] : by_index) {
    if (index <= last) dense[static_cast<size_t>(index - first)] = count;
  }
  std::string text;
  if (first != 0) text += fmt::format(" {}offset:{}", prefix, first);
  return text + fmt::format(" {}buckets:{}", prefix, list_text(dense));
}

}  // namespace

Result<HistogramText> parse_histogram(std::string_view& text) {
  if (text.substr(0, 2) != "{{") return malformed("it begins with {{");
  text.remove_prefix(2);
  HistogramText out;
  Offsets offsets;
  std::set<std::string_view> seen;
  while (true) {
    skip_spaces(text);
    if (text.substr(0, 2) == "}}") break;
    std::string_view key = take_until(text, ": \t}");
    if (text.empty() || text.front() != ':')
      return malformed("missing `:` for " + std::string(key));
    text.remove_prefix(1);
    if (!seen.insert(key).second) return malformed("duplicate key " + std::string(key));
    MNEMO_RETURN_IF_ERROR(parse_member(key, text, out, offsets));
  }
  text.remove_prefix(2);
  FloatHistogram& h = out.histogram;
  set_spans(h.positive_spans, offsets.positive, h.positive_buckets.size());
  set_spans(h.negative_spans, offsets.negative, h.negative_buckets.size());
  return out;
}

std::map<int64_t, double> buckets_by_index(const std::vector<Span>& spans,
                                           const std::vector<double>& counts) {
  std::map<int64_t, double> by_index;
  int64_t index = 0;
  size_t i = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (uint32_t k = 0; k < span.length && i < counts.size(); ++k, ++index, ++i) {
      if (counts[i] != 0) by_index[index] = counts[i];
    }
  }
  return by_index;
}

Status add_histogram(FloatHistogram& a, const FloatHistogram& b, double sign) {
  if (a.schema > b.schema) {
    return Status::invalid_argument(fmt::format(
        "error combining histograms: cannot merge from schema {} to {}", b.schema, a.schema));
  }
  if (a.uses_custom_buckets() != b.uses_custom_buckets() || a.custom_values != b.custom_values) {
    return Status::invalid_argument("error combining histograms: bucket boundaries differ");
  }
  if (a.zero_threshold != b.zero_threshold) {
    return Status::invalid_argument("error combining histograms: zero buckets differ");
  }
  a.counter_reset_hint = merged_hint(a.counter_reset_hint, b.counter_reset_hint);
  a.zero_count += sign * b.zero_count;
  a.count += sign * b.count;
  a.sum += sign * b.sum;
  add_side(a.positive_spans, a.positive_buckets, a.schema, b.positive_spans, b.positive_buckets,
           b.schema, sign);
  add_side(a.negative_spans, a.negative_buckets, a.schema, b.negative_spans, b.negative_buckets,
           b.schema, sign);
  return {};
}

std::string to_string(const FloatHistogram& histogram) {
  std::string text = "{{schema:" + std::to_string(histogram.schema);
  text += " count:" + float_general(histogram.count) + " sum:" + float_general(histogram.sum);
  if (histogram.zero_count != 0) text += " z_bucket:" + float_general(histogram.zero_count);
  if (histogram.zero_threshold != 0) {
    text += " z_bucket_w:" + float_general(histogram.zero_threshold);
  }
  if (histogram.uses_custom_buckets()) {
    text += " custom_values:" + list_text(histogram.custom_values);
  }
  text += side_text("", histogram.positive_spans, histogram.positive_buckets);
  text += side_text("n_", histogram.negative_spans, histogram.negative_buckets);
  static constexpr std::string_view kHints[] = {"unknown", "reset", "not_reset", "gauge"};
  text += " counter_reset_hint:";
  text += kHints[static_cast<size_t>(histogram.counter_reset_hint) & 3];
  return text + "}}";
}

}  // namespace mnemo::promqltest
