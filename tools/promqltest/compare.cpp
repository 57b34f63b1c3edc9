// SPDX-License-Identifier: Apache-2.0
#include "compare.hpp"

#include "base/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mnemo::promqltest {
namespace {

Status differs(std::string text) { return Status::failed_precondition(std::move(text)); }

std::string value_text(const SequenceValue& value) {
  if (value.omitted) return "_";
  return value.histogram ? to_string(*value.histogram) : float_general(value.value);
}

std::string values_text(const std::vector<SequenceValue>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + value_text(value);
  return text;
}

std::string samples_text(const SampleColumn& samples) {
  std::string text;
  for (size_t i = 0; i < samples.size(); ++i) {
    const FloatHistogram* histogram = samples.histogram(i);
    text += text.empty() ? "" : " ";
    text += histogram ? to_string(*histogram) : float_general(samples.values[i]);
    text += fmt::format(" @[{}]", samples.times[i]);
  }
  return text;
}

bool same_buckets(const std::map<int64_t, double>& a, const std::map<int64_t, double>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && almost_equal(x.second, y.second);
         });
}

bool same_histogram(const SequenceValue& expected, const FloatHistogram& actual) {
  const FloatHistogram& wanted = *expected.histogram;
  if (expected.has_reset_hint && wanted.counter_reset_hint != actual.counter_reset_hint) {
    return false;
  }
  bool same_bounds = !wanted.uses_custom_buckets() || wanted.custom_values == actual.custom_values;
  return wanted.schema == actual.schema && same_bounds &&
         almost_equal(wanted.count, actual.count) && almost_equal(wanted.sum, actual.sum) &&
         wanted.zero_threshold == actual.zero_threshold &&
         almost_equal(wanted.zero_count, actual.zero_count) &&
         same_buckets(buckets_by_index(wanted.positive_spans, wanted.positive_buckets),
                      buckets_by_index(actual.positive_spans, actual.positive_buckets)) &&
         same_buckets(buckets_by_index(wanted.negative_spans, wanted.negative_buckets),
                      buckets_by_index(actual.negative_spans, actual.negative_buckets));
}

bool same_value(const SequenceValue& expected, const SampleColumn& samples, size_t i) {
  const FloatHistogram* histogram = samples.histogram(i);
  if ((histogram != nullptr) != (expected.histogram != nullptr)) return false;
  if (histogram) return same_histogram(expected, *histogram);
  return almost_equal(expected.value, samples.values[i]);
}

/// The points that a line of a range query expects, with their times.
struct ExpectedPoint {
  int64_t time;
  const SequenceValue* value;
};

std::vector<ExpectedPoint> expected_points(const EvalCommand& eval,
                                           const std::vector<SequenceValue>& values) {
  std::vector<ExpectedPoint> points;
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t time = eval.start_ms + static_cast<int64_t>(i) * eval.step_ms;
    if (!values[i].omitted) points.push_back({time, &values[i]});
  }
  return points;
}

Status compare_points(const EvalCommand& eval, const ResultSeries& series,
                      const std::vector<SequenceValue>& values) {
  auto mismatch = [&] {
    return differs(fmt::format("expected {} for {}, but got {}", values_text(values),
                               series.labels.to_string(), samples_text(series.samples)));
  };
  auto points = expected_points(eval, values);
  if (!points.empty() && points.back().time > eval.end_ms) {
    return differs(fmt::format("expected {} points for {}, but the query's range is shorter",
                               values.size(), series.labels.to_string()));
  }
  if (points.size() != series.samples.size()) return mismatch();
  for (size_t i = 0; i < points.size(); ++i) {
    if (points[i].time != series.samples.times[i] ||
        !same_value(*points[i].value, series.samples, i)) {
      return mismatch();
    }
  }
  return {};
}

Status compare_sample(const ResultSeries& series, const std::vector<SequenceValue>& values) {
  if (series.samples.size() == 1 && !values.empty() &&
      same_value(values.front(), series.samples, 0)) {
    return {};
  }
  return differs(fmt::format("expected {} for {}, but got {}", values_text(values),
                             series.labels.to_string(), samples_text(series.samples)));
}

Status compare_series(const EvalCommand& eval, const QueryResult& result) {
  bool ordered = eval.expects(ExpectKind::kOrdered);
  bool matrix = result.type == ValueType::kMatrix;
  if (eval.expected_scalar) return differs("expected a scalar, but got series");
  if (matrix && ordered) return differs("expected an ordered result, but got a matrix");
  std::map<Labels, bool> seen;
  for (size_t i = 0; i < result.series.size(); ++i) {
    const auto& series = result.series[i];
    auto found = eval.expected.find(series.labels);
    if (found == eval.expected.end()) {
      return differs(fmt::format("unexpected {} in the result, has {}", series.labels.to_string(),
                                 samples_text(series.samples)));
    }
    if (ordered && found->second.position != i + 1) {
      return differs(fmt::format("expected {} at position {}, but it was at {}",
                                 series.labels.to_string(), found->second.position, i + 1));
    }
    if (matrix && i > 0 && !(result.series[i - 1].labels < series.labels)) {
      return differs("the matrix is not sorted by labels");
    }
    MNEMO_RETURN_IF_ERROR(matrix ? compare_points(eval, series, found->second.values)
                                 : compare_sample(series, found->second.values));
    seen[series.labels] = true;
  }
  for (const auto& [labels, expected] : eval.expected) {
    if (seen.count(labels) > 0) continue;
    return differs(fmt::format("expected {} with {}, which was not found", labels.to_string(),
                               values_text(expected.values)));
  }
  return {};
}

Status compare_scalar(const EvalCommand& eval, const QueryResult& result) {
  double actual = result.series.empty() || result.series[0].samples.empty()
                      ? std::numeric_limits<double>::quiet_NaN()
                      : result.series[0].samples.values[0];
  if (!eval.expected_scalar) {
    return differs("expected series, but got the scalar " + float_general(actual));
  }
  if (almost_equal(*eval.expected_scalar, actual)) return {};
  return differs(fmt::format("expected the scalar {}, but got {}",
                             float_general(*eval.expected_scalar), float_general(actual)));
}

/// Each expectation matches an annotation, and each annotation an expectation.
Status compare_texts(const EvalCommand& eval, ExpectKind kind, std::string_view name,
                     const std::vector<std::string>& actual) {
  auto found = eval.expectations.find(kind);
  if (found == eval.expectations.end()) return {};
  const auto& expected = found->second;
  for (const auto& expectation : expected) {
    bool matched = std::any_of(actual.begin(), actual.end(),
                               [&](const auto& text) { return expectation.matches(text); });
    if (!matched) {
      return differs(fmt::format("expected a {} annotation matching \"{}\", found: [{}]", name,
                                 expectation.to_string(), fmt::join(actual, ", ")));
    }
  }
  for (const auto& text : actual) {
    bool matched = std::any_of(expected.begin(), expected.end(),
                               [&](const auto& expectation) { return expectation.matches(text); });
    if (!matched) return differs(fmt::format("unexpected {} annotation \"{}\"", name, text));
  }
  return {};
}

}  // namespace

bool almost_equal(double a, double b) {
  constexpr double kEpsilon = 0.000001;
  constexpr double kSmallestNormal = std::numeric_limits<double>::min();
  if (is_stale_nan(a) || is_stale_nan(b)) return is_stale_nan(a) && is_stale_nan(b);
  if ((std::isnan(a) && std::isnan(b)) || a == b) return true;
  double sum = std::abs(a) + std::abs(b);
  double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kSmallestNormal) return difference < kEpsilon * kSmallestNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kEpsilon;
}

Status compare_result(const EvalCommand& eval, const QueryResult& result) {
  switch (result.type) {
    case ValueType::kVector:
    case ValueType::kMatrix: return compare_series(eval, result);
    case ValueType::kScalar: return compare_scalar(eval, result);
    case ValueType::kString: break;
  }
  if (result.string_value == eval.expected_string) return {};
  return differs(fmt::format("expected the string \"{}\", but got \"{}\"", eval.expected_string,
                             result.string_value));
}

Status compare_annotations(const EvalCommand& eval, const QueryResult& result) {
  MNEMO_RETURN_IF_ERROR(compare_texts(eval, ExpectKind::kWarn, "warn", result.warnings));
  MNEMO_RETURN_IF_ERROR(compare_texts(eval, ExpectKind::kInfo, "info", result.infos));
  if (eval.expects(ExpectKind::kNoWarn) && !result.warnings.empty()) {
    return differs(fmt::format("unexpected warnings: {}", fmt::join(result.warnings, ", ")));
  }
  if (eval.expects(ExpectKind::kNoInfo) && !result.infos.empty()) {
    return differs(fmt::format("unexpected infos: {}", fmt::join(result.infos, ", ")));
  }
  return {};
}

}  // namespace mnemo::promqltest
