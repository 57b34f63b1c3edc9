// SPDX-License-Identifier: Apache-2.0
#include "promql/functions/histogram_rate.hpp"

#include "base/quote.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/functions/start_times.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

bool is_gauge(const FloatHistogram& histogram) {
  return histogram.counter_reset_hint == CounterResetHint::kGauge;
}

/// The coarsest schema of a window; nothing where exponential and custom buckets mix.
std::optional<int32_t> common_schema(const WindowCall& call, const Window& window,
                                     const FloatHistogram& first, bool is_counter) {
  bool custom = first.uses_custom_buckets();
  const FloatHistogram& last = *window.histograms.back();
  if (last.uses_custom_buckets() != custom) return std::nullopt;
  int32_t schema = std::min(first.schema, last.schema);
  if (!is_counter) return schema;
  for (size_t i = 1; i + 1 < window.histograms.size(); ++i) {
    const FloatHistogram& histogram = *window.histograms[i];
    if (is_gauge(histogram)) {
      call.annotations.warn(histogram_not_counter_warning(call.metric_name()), call.position);
    }
    schema = std::min(schema, histogram.schema);
    if (histogram.uses_custom_buckets() != custom) return std::nullopt;
  }
  return schema;
}

bool looks_like_counter(const WindowCall& call) {
  if (call.type_and_unit_labels) {
    std::string_view type = call.series.labels.get(kTypeLabel);
    return type == "counter" || type == "histogram";
  }
  std::string_view name = call.metric_name();
  for (std::string_view ending : {"_total", "_sum", "_count", "_bucket"}) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

void annotate_reconciled(const WindowCall& call, const HistogramMerge& merge,
                         std::string_view operation) {
  if (!merge.bounds_reconciled) return;
  call.annotations.info(custom_buckets_reconciled_info(operation), call.position);
}

/// Whether the start timestamps of the window's histograms say that `i` counts from nothing.
bool starts_anew_at(const WindowCall& call, const Window& window, size_t i) {
  auto starts = call.histogram_start_times(window);
  if (starts.empty()) return false;
  const auto& times = window.histogram_times;
  return starts_anew({times[i - 1], starts[i - 1]}, {times[i], starts[i]});
}

void annotate_overlaps(const WindowCall& call, const Window& window) {
  auto starts = call.histogram_start_times(window);
  const auto& times = window.histogram_times;
  for (size_t i = 1; i < starts.size(); ++i) {
    if (!starts_overlap({times[i - 1], starts[i - 1]}, {times[i], starts[i]})) continue;
    call.annotations.warn(start_time_overlap_warning(call.metric_name()), call.position);
    return;
  }
}

/// Adds to `change` what was counted before each reset. False where schemas mix.
bool add_resets(const WindowCall& call, const Window& window, const FloatHistogram& first,
                FloatHistogram& change) {
  const FloatHistogram* before = &first;
  for (size_t i = 1; i < window.histograms.size(); ++i) {
    const FloatHistogram& histogram = *window.histograms[i];
    if (starts_anew_at(call, window, i) || detect_reset(histogram, *before)) {
      if (!add_counted(call, *before, change)) return false;
    }
    before = &histogram;
  }
  return true;
}

}  // namespace

bool add_counted(const WindowCall& call, const FloatHistogram& before, FloatHistogram& change) {
  auto merge = add(change, before);
  if (!merge) return false;
  annotate_reconciled(call, *merge, "addition");
  return true;
}

std::optional<FloatHistogram> histogram_change(const WindowCall& call, const Window& window,
                                               bool is_counter) {
  if (window.histograms.size() < 2) return std::nullopt;
  const FloatHistogram* first = window.histograms.front().get();
  const FloatHistogram& second = *window.histograms[1];
  const FloatHistogram& last = *window.histograms.back();
  auto mixed = [&]() -> std::optional<FloatHistogram> {
    call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
    return std::nullopt;
  };
  bool first_is_gauge = is_gauge(*first);
  if (is_counter && (first_is_gauge || is_gauge(last))) {
    call.annotations.warn(histogram_not_counter_warning(call.metric_name()), call.position);
  }
  FloatHistogram nothing;  // stands for the first where a reset follows it
  if (is_counter && (starts_anew_at(call, window, 1) || detect_reset(second, *first))) {
    nothing.schema = second.schema;
    nothing.custom_values = second.custom_values;
    first = &nothing;
  }
  auto schema = common_schema(call, window, *first, is_counter);
  if (!schema) return mixed();
  FloatHistogram change = copy_to_schema(last, *schema);
  auto merge = subtract(change, *first);
  if (!merge) return mixed();
  annotate_reconciled(call, *merge, "subtraction");
  if (is_counter) {
    annotate_overlaps(call, window);
    if (!add_resets(call, window, *first, change)) return mixed();
  } else if (!first_is_gauge || !is_gauge(last)) {
    call.annotations.warn(histogram_not_gauge_warning(call.metric_name()), call.position);
  }
  change.counter_reset_hint = CounterResetHint::kGauge;
  compact(change);
  return change;
}

std::optional<FloatHistogram> histogram_difference(const WindowCall& call,
                                                   const FloatHistogram& before,
                                                   const FloatHistogram& last, bool is_counter,
                                                   bool anew) {
  bool gauges = is_gauge(before) && is_gauge(last);
  if (is_counter && (is_gauge(before) || is_gauge(last))) {
    call.annotations.warn(histogram_not_counter_warning(call.metric_name()), call.position);
  }
  if (!is_counter && !gauges) {
    call.annotations.warn(histogram_not_gauge_warning(call.metric_name()), call.position);
  }
  FloatHistogram change = last;
  if (!is_counter || (!anew && !detect_reset(last, before))) {
    auto merge = subtract(change, before);
    if (!merge) {
      call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
      return std::nullopt;
    }
    annotate_reconciled(call, *merge, "subtraction");
  }
  change.counter_reset_hint = CounterResetHint::kGauge;
  compact(change);
  return change;
}

void annotate_possible_non_counter(const WindowCall& call, const StepColumn& out) {
  std::string_view name = call.metric_name();
  if (name.empty() || looks_like_counter(call)) return;
  bool any_float = std::any_of(out.cells.begin(), out.cells.end(),
                               [](Cell cell) { return cell == Cell::kFloat; });
  if (!any_float) return;
  std::string text = "metric might not be a counter, ";
  if (call.type_and_unit_labels) {
    text += "__type__ label is not set to \"counter\" or \"histogram\", got " +
            go_quoted(call.series.labels.get(kTypeLabel)) + ": ";
  } else {
    text += "name does not end in _total/_sum/_count/_bucket: ";
  }
  call.annotations.info(text + go_quoted(name), call.position);
}

}  // namespace mnemo::promql
