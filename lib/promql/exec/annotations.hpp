// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::promql {

/// What an evaluation says beside its result: warnings and infos, each with the part of the query
/// that it is about. Equal texts are kept once, with the position that was added last.
///
/// A value type; not thread-safe.
class Annotations {
 public:
  /// `text` comes after "PromQL warning: " or "PromQL info: ".
  void warn(std::string text, PositionRange position);
  void info(std::string text, PositionRange position);
  /// A warning of the source of samples, without a position.
  void source_warning(std::string text);
  /// The buckets of a classic histogram had to be made monotonic at `time_ms`.
  void forced_monotonicity(std::string_view metric_name, PositionRange position, int64_t time_ms,
                           double min_bucket, double max_bucket, double max_diff);

  void merge(const Annotations& other);

  /// Appends the texts with their positions in `query`, sorted.
  void render(std::string_view query, std::vector<std::string>& warnings,
              std::vector<std::string>& infos) const;

 private:
  struct Monotonicity {
    int64_t min_time = 0;
    int64_t max_time = 0;
    double min_bucket = 0;
    double max_bucket = 0;
    double max_diff = 0;
    int samples = 0;
  };
  struct Note {
    bool is_info = false;
    bool has_position = true;
    PositionRange position;
    Monotonicity monotonicity;  // samples == 0: not one of those
  };

  void add(std::string text, const Note& note);
  static std::string rendered(const std::string& text, const Note& note, std::string_view query);

  std::map<std::string, Note> notes_;
};

// The texts that more than one place uses.

/// `text` about a metric, whose name may be empty: then it isn't told.
std::string with_metric_name(std::string text, std::string_view metric_name);
std::string quantile_warning(double quantile);
std::string mixed_floats_histograms_warning(std::string_view metric_name);
std::string mixed_schemas_warning(std::string_view metric_name);
std::string histogram_not_counter_warning(std::string_view metric_name);
std::string histogram_not_gauge_warning(std::string_view metric_name);
std::string start_time_overlap_warning(std::string_view metric_name);
std::string histograms_ignored_in_range_info(std::string_view metric_name);
std::string histogram_ignored_in_aggregation_info(std::string_view aggregation);
std::string custom_buckets_reconciled_info(std::string_view operation);
std::string counter_reset_collision_warning(std::string_view operation);

}  // namespace mnemo::promql
