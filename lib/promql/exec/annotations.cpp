// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/annotations.hpp"

#include "base/number_text.hpp"
#include "base/quote.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace mnemo::promql {
namespace {

std::string position_text(std::string_view query, PositionRange position) {
  if (query.empty()) return "unknown position";
  if (position.start > query.size()) return "invalid position";
  size_t line = 1;
  size_t line_start = 0;
  for (size_t i = 0; i < position.start; ++i) {
    if (query[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  return std::to_string(line) + ":" + std::to_string(position.start - line_start + 1);
}

std::string rfc3339(int64_t time_ms) {
  std::time_t seconds = time_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, size};
}

std::string two_digits(double value) {
  char text[32];
  int size = std::snprintf(text, sizeof(text), "%.2g", value);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

void Annotations::warn(std::string text, PositionRange position) {
  Note note;
  note.position = position;
  add("PromQL warning: " + std::move(text), note);
}

void Annotations::info(std::string text, PositionRange position) {
  Note note;
  note.is_info = true;
  note.position = position;
  add("PromQL info: " + std::move(text), note);
}

void Annotations::source_warning(std::string text) {
  Note note;
  note.has_position = false;
  add(std::move(text), note);
}

void Annotations::forced_monotonicity(std::string_view metric_name, PositionRange position,
                                      int64_t time_ms, double min_bucket, double max_bucket,
                                      double max_diff) {
  Note note;
  note.is_info = true;
  note.position = position;
  note.monotonicity = {time_ms, time_ms, min_bucket, max_bucket, max_diff, 1};
  std::string text =
      "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
      "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
  add(with_metric_name(std::move(text), metric_name), note);
}

void Annotations::add(std::string text, const Note& note) {
  auto [at, is_new] = notes_.try_emplace(std::move(text), note);
  if (is_new) return;
  Monotonicity before = at->second.monotonicity;
  at->second = note;
  if (before.samples == 0) return;
  Monotonicity& merged = at->second.monotonicity;
  merged.min_time = std::min(merged.min_time, before.min_time);
  merged.max_time = std::max(merged.max_time, before.max_time);
  merged.min_bucket = std::min(merged.min_bucket, before.min_bucket);
  merged.max_bucket = std::max(merged.max_bucket, before.max_bucket);
  merged.max_diff = std::max(merged.max_diff, before.max_diff);
  merged.samples += before.samples;
}

void Annotations::merge(const Annotations& other) {
  for (const auto& [text, note] : other.notes_) add(text, note);
}

std::string Annotations::rendered(const std::string& text, const Note& note,
                                  std::string_view query) {
  if (!note.has_position) return text;
  std::string out = text;
  if (const Monotonicity& m = note.monotonicity; m.samples > 0) {
    out += ", from buckets " + float_general(m.min_bucket) + " to " + float_general(m.max_bucket) +
           ", with a max diff of " + two_digits(m.max_diff) + ", over " +
           std::to_string(m.samples) + " samples from " + rfc3339(m.min_time) + " to " +
           rfc3339(m.max_time);
  }
  return out + " (" + position_text(query, note.position) + ")";
}

void Annotations::render(std::string_view query, std::vector<std::string>& warnings,
                         std::vector<std::string>& infos) const {
  for (const auto& [text, note] : notes_) {
    (note.is_info ? infos : warnings).push_back(rendered(text, note, query));
  }
  std::sort(warnings.begin(), warnings.end());
  std::sort(infos.begin(), infos.end());
}

std::string with_metric_name(std::string text, std::string_view metric_name) {
  if (!metric_name.empty()) text += " for metric name " + go_quoted(metric_name);
  return text;
}

std::string quantile_warning(double quantile) {
  return "quantile value should be between 0 and 1, got " + float_general(quantile);
}

std::string mixed_floats_histograms_warning(std::string_view metric_name) {
  return "encountered a mix of histograms and floats for metric name " + go_quoted(metric_name);
}

std::string mixed_schemas_warning(std::string_view metric_name) {
  return "vector contains a mix of histograms with exponential and custom buckets schemas for "
         "metric name " +
         go_quoted(metric_name);
}

std::string histogram_not_counter_warning(std::string_view metric_name) {
  return "this native histogram metric is not a counter: " + go_quoted(metric_name);
}

std::string histogram_not_gauge_warning(std::string_view metric_name) {
  return "this native histogram metric is not a gauge: " + go_quoted(metric_name);
}

std::string start_time_overlap_warning(std::string_view metric_name) {
  return "sample has start time that overlaps with previous sample timestamp for metric " +
         go_quoted(metric_name);
}

std::string histograms_ignored_in_range_info(std::string_view metric_name) {
  return "ignored histograms in a range containing both floats and histograms for metric name " +
         go_quoted(metric_name);
}

std::string histogram_ignored_in_aggregation_info(std::string_view aggregation) {
  return "ignored histogram in " + std::string(aggregation) + " aggregation";
}

std::string custom_buckets_reconciled_info(std::string_view operation) {
  return "mismatched custom buckets were reconciled during " + std::string(operation);
}

std::string counter_reset_collision_warning(std::string_view operation) {
  return "conflicting counter resets during histogram " + std::string(operation);
}

}  // namespace mnemo::promql
