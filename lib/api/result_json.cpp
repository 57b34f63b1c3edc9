// SPDX-License-Identifier: Apache-2.0
#include "api/result_json.hpp"

#include "base/json_text.hpp"
#include "base/number_text.hpp"
#include "model/histogram_buckets.hpp"

#include <charconv>
#include <cmath>

namespace mnemo::api {
namespace {

void append_unsigned(std::string& out, uint64_t value) {
  char text[20];
  auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out.append(text, end);
}

void append_float_point(std::string& out, int64_t time, double value) {
  out += '[';
  append_timestamp(out, time);
  out += ',';
  append_sample_value(out, value);
  out += ']';
}

void append_histogram_point(std::string& out, int64_t time, const FloatHistogram& histogram) {
  out += '[';
  append_timestamp(out, time);
  out += ',';
  append_histogram(out, histogram);
  out += ']';
}

/// 0: open on the left, 1: open on the right, 2: open, 3: closed.
char boundary_digit(const HistogramBucket& bucket) {
  if (bucket.lower_inclusive) return bucket.upper_inclusive ? '3' : '1';
  return bucket.upper_inclusive ? '0' : '2';
}

void append_sample(std::string& out, const ResultSeries& series) {
  out += "{\"metric\":";
  append_labels(out, series.labels);
  const auto& samples = series.samples;
  if (samples.empty()) {
    out += '}';
    return;
  }
  if (const FloatHistogram* histogram = samples.histogram(0)) {
    out += ",\"histogram\":";
    append_histogram_point(out, samples.times[0], *histogram);
  } else {
    out += ",\"value\":";
    append_float_point(out, samples.times[0], samples.values[0]);
  }
  out += '}';
}

/// `,"values":[point,...]` of the samples of one kind, or nothing when there are none.
template <typename IsWanted, typename Append>
void append_points(std::string& out, const char* name, size_t count, IsWanted is_wanted,
                   Append append) {
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    if (!is_wanted(i)) continue;
    if (any) {
      out += ',';
    } else {
      out += name;
    }
    any = true;
    append(i);
  }
  if (any) out += ']';
}

void append_series(std::string& out, const ResultSeries& series) {
  out += "{\"metric\":";
  append_labels(out, series.labels);
  const auto& samples = series.samples;
  append_points(
      out, ",\"values\":[", samples.size(),
      [&](size_t i) { return samples.histogram(i) == nullptr; },
      [&](size_t i) { append_float_point(out, samples.times[i], samples.values[i]); });
  append_points(
      out, ",\"histograms\":[", samples.histograms.size(),
      [&](size_t i) { return samples.histogram(i) != nullptr; },
      [&](size_t i) { append_histogram_point(out, samples.times[i], *samples.histogram(i)); });
  out += '}';
}

template <typename Append>
void append_all(std::string& out, const std::vector<ResultSeries>& series, Append append) {
  out += '[';
  for (size_t i = 0; i < series.size(); ++i) {
    if (i > 0) out += ',';
    append(out, series[i]);
  }
  out += ']';
}

/// A scalar's value never has an exponent.
void append_scalar(std::string& out, const QueryResult& result, int64_t time_ms) {
  bool empty = result.series.empty() || result.series[0].samples.empty();
  out += '[';
  append_timestamp(out, empty ? time_ms : result.series[0].samples.times[0]);
  out += ",\"";
  append_float_fixed(out, empty ? std::nan("") : result.series[0].samples.values[0]);
  out += "\"]";
}

}  // namespace

void append_timestamp(std::string& out, int64_t time_ms) {
  if (time_ms < 0) out += '-';
  auto magnitude = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) magnitude = 0 - magnitude;
  append_unsigned(out, magnitude / 1000);
  uint64_t fraction = magnitude % 1000;
  if (fraction == 0) return;
  char digits[4] = {'.', static_cast<char>('0' + fraction / 100),
                    static_cast<char>('0' + fraction / 10 % 10),
                    static_cast<char>('0' + fraction % 10)};
  out.append(digits, sizeof(digits));
}

void append_sample_value(std::string& out, double value) {
  out += '"';
  double magnitude = std::fabs(value);
  if (magnitude != 0 && (magnitude < 1e-6 || (magnitude >= 1e21 && !std::isinf(value)))) {
    append_float_exponent(out, value);
  } else {
    append_float_fixed(out, value);
  }
  out += '"';
}

void append_histogram(std::string& out, const FloatHistogram& histogram) {
  out += "{\"count\":";
  append_sample_value(out, histogram.count);
  out += ",\"sum\":";
  append_sample_value(out, histogram.sum);
  bool any = false;
  for (const auto& bucket : histogram_buckets(histogram)) {
    if (bucket.count == 0) continue;
    out += any ? ",[" : ",\"buckets\":[[";
    any = true;
    out += boundary_digit(bucket);
    for (double number : {bucket.lower, bucket.upper, bucket.count}) {
      out += ',';
      append_sample_value(out, number);
    }
    out += ']';
  }
  out += any ? "]}" : "}";
}

void append_labels(std::string& out, const Labels& labels) {
  out += '{';
  bool any = false;
  for (const auto& label : labels) {
    if (any) out += ',';
    any = true;
    append_json_string(out, label.name);
    out += ':';
    append_json_string(out, label.value);
  }
  out += '}';
}

void append_strings(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, texts[i]);
  }
  out += ']';
}

void append_result(std::string& out, const QueryResult& result, int64_t time_ms) {
  out += "\"resultType\":\"";
  out += value_type_name(result.type);
  out += "\",\"result\":";
  switch (result.type) {
    case ValueType::kScalar: append_scalar(out, result, time_ms); break;
    case ValueType::kVector: append_all(out, result.series, append_sample); break;
    case ValueType::kMatrix: append_all(out, result.series, append_series); break;
    case ValueType::kString:
      out += '[';
      append_timestamp(out, time_ms);
      out += ',';
      append_json_string(out, result.string_value);
      out += ']';
      break;
  }
}

}  // namespace mnemo::api
