// SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include "promql/syntax/lex_number.hpp"

#include <cmath>
#include <limits>

namespace mnemo::promqltest {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A classic histogram at one time: cumulative counts by upper boundary.
struct Classic {
  std::map<double, double> buckets;
  std::optional<double> count;
  double sum = 0;
};

/// The classic histograms of one metric, by position in the lines.
using ClassicSeries = std::map<size_t, Classic>;

enum class Part { kNone, kBucket, kCount, kSum };

/// Which part of a classic histogram a metric is; `name` becomes the histogram's.
Part part_of(std::string& name) {
  static constexpr std::pair<std::string_view, Part> kSuffixes[] = {
      {"_bucket", Part::kBucket}, {"_count", Part::kCount}, {"_sum", Part::kSum}};
  for (const auto& [suffix, part] : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    return part;
  }
  return Part::kNone;
}

std::optional<double> parse_boundary(std::string_view text) {
  bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  auto value = promql::parse_number(text);
  if (!value || std::isnan(*value)) return {};
  return minus ? -*value : *value;
}

void collect(const SeriesLine& series, Part part, std::optional<double> boundary,
             ClassicSeries& classics) {
  for (size_t i = 0; i < series.values.size(); ++i) {
    const auto& value = series.values[i];
    if (value.omitted || value.histogram) continue;
    Classic& classic = classics[i];
    if (part == Part::kBucket) {
      classic.buckets.emplace(*boundary, value.value);
    } else if (part == Part::kCount) {
      classic.count = value.value;
    } else {
      classic.sum = value.value;
    }
  }
}

Result<FloatHistogram> convert(Classic classic) {
  if (!classic.count && !classic.buckets.empty()) classic.count = classic.buckets.rbegin()->second;
  double total = classic.count.value_or(0);
  classic.buckets.emplace(kInfinity, total);
  FloatHistogram histogram;
  histogram.schema = kCustomBucketsSchema;
  histogram.count = total;
  histogram.sum = classic.sum;
  double before = 0;
  for (const auto& [boundary, count] : classic.buckets) {
    if (count < before) return Status::invalid_argument("count is not cumulative");
    if (boundary != kInfinity) histogram.custom_values.push_back(boundary);
    histogram.positive_buckets.push_back(count - before);
    before = count;
  }
  if (before != total) return Status::invalid_argument("count mismatch");
  histogram.positive_spans = {{0, static_cast<uint32_t>(histogram.positive_buckets.size())}};
  return histogram;
}

Result<SeriesLine> convert_series(const Labels& labels, const ClassicSeries& classics) {
  SeriesLine line;
  line.labels = labels;
  SequenceValue blank;
  blank.omitted = true;
  line.values.assign(classics.empty() ? 0 : classics.rbegin()->first + 1, blank);
  for (const auto& [position, classic] : classics) {
    MNEMO_TRY(FloatHistogram histogram, convert(classic));
    auto& value = line.values[position];
    value.omitted = false;
    value.histogram = std::make_shared<FloatHistogram>(std::move(histogram));
  }
  return line;
}

}  // namespace

Result<std::vector<SeriesLine>> with_custom_buckets(const std::vector<SeriesLine>& series) {
  std::map<Labels, ClassicSeries> by_metric;
  for (const auto& line : series) {
    std::string name(line.labels.get(kMetricName));
    Part part = part_of(name);
    if (part == Part::kNone) continue;
    auto boundary = parse_boundary(line.labels.get("le"));
    if (part == Part::kBucket && !boundary) continue;
    auto base = LabelsBuilder(line.labels).set(kMetricName, name).remove("le").build();
    collect(line, part, boundary, by_metric[base]);
  }
  std::vector<SeriesLine> converted;
  for (const auto& [labels, classics] : by_metric) {
    MNEMO_TRY(SeriesLine line, convert_series(labels, classics));
    converted.push_back(std::move(line));
  }
  return converted;
}

}  // namespace mnemo::promqltest
