// SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::promqltest {
namespace {

/// Whether some bucket that had a count has less now.
bool any_bucket_shrank(const std::map<int64_t, double>& before,
                       const std::map<int64_t, double>& now) {
  return std::any_of(before.begin(), before.end(), [&](const auto& bucket) {
    auto found = now.find(bucket.first);
    return found == now.end() || found->second < bucket.second;
  });
}

bool is_reset(const FloatHistogram& before, const FloatHistogram& now) {
  return now.count < before.count || now.zero_count < before.zero_count ||
         now.custom_values != before.custom_values ||
         any_bucket_shrank(buckets_by_index(before.positive_spans, before.positive_buckets),
                           buckets_by_index(now.positive_spans, now.positive_buckets)) ||
         any_bucket_shrank(buckets_by_index(before.negative_spans, before.negative_buckets),
                           buckets_by_index(now.negative_spans, now.negative_buckets));
}

/// What is read back for `now` after `before` (null: none, a float or a stale marker): a histogram
/// that goes on in the chunk of the one before cannot be a reset; of the first in its chunk nothing
/// is known, for the chunk before may be gone.
CounterResetHint stored_hint(const FloatHistogram* before, const FloatHistogram& now) {
  if (now.counter_reset_hint == CounterResetHint::kGauge) return CounterResetHint::kGauge;
  if (now.counter_reset_hint == CounterResetHint::kReset) return CounterResetHint::kUnknown;
  if (!before || is_stale_nan(before->sum)) return CounterResetHint::kUnknown;
  if (before->counter_reset_hint == CounterResetHint::kGauge) return CounterResetHint::kUnknown;
  if (now.schema != before->schema || now.zero_threshold != before->zero_threshold) {
    return CounterResetHint::kUnknown;
  }
  return is_reset(*before, now) ? CounterResetHint::kUnknown : CounterResetHint::kNotReset;
}

void append(SampleColumn& column, int64_t time, const SequenceValue& value,
            std::optional<int64_t> start_offset) {
  if (value.histogram) {
    const FloatHistogram* before = column.empty() ? nullptr : column.histogram(column.size() - 1);
    auto stored = std::make_shared<FloatHistogram>(*value.histogram);
    stored->counter_reset_hint = stored_hint(before, *value.histogram);
    column.append(time, std::move(stored));
  } else {
    column.append(time, value.value);
  }
  if (!start_offset) return;
  if (column.start_times.empty()) column.start_times.resize(column.size());
  column.start_times.back() = time + *start_offset;
}

Status append_series(const SeriesLine& series, int64_t interval_ms, MemoryQueryable& storage) {
  SampleColumn& column = storage.series(series.labels);
  for (size_t i = 0; i < series.values.size(); ++i) {
    if (series.values[i].omitted) continue;
    int64_t time = static_cast<int64_t>(i) * interval_ms;
    if (!column.empty() && column.times.back() >= time) {
      return Status::invalid_argument(
          fmt::format("out of order sample of {} at {} ms", series.labels.to_string(), time));
    }
    bool has_start = i < series.start_offsets_ms.size();
    append(column, time, series.values[i],
           has_start ? series.start_offsets_ms[i] : std::optional<int64_t>());
  }
  return {};
}

}  // namespace

Status apply_load(const LoadCommand& load, MemoryQueryable& storage) {
  std::map<Labels, const SeriesLine*> by_labels;  // of equal ones the last wins
  for (const auto& series : load.series) by_labels[series.labels] = &series;
  for (const auto& [labels, series] : by_labels) {
    MNEMO_RETURN_IF_ERROR(append_series(*series, load.interval_ms, storage));
  }
  if (!load.with_custom_buckets) return {};
  MNEMO_TRY(auto converted, with_custom_buckets(load.series));
  for (const auto& series : converted) {
    MNEMO_RETURN_IF_ERROR(append_series(series, load.interval_ms, storage));
  }
  return {};
}

}  // namespace mnemo::promqltest
