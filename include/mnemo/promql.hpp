// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/queryable.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// How an engine evaluates, unless a query says otherwise. Times in milliseconds.
struct EngineOptions {
  int64_t lookback_delta_ms = 5 * 60 * 1000;
  int64_t default_subquery_step_ms = 60 * 1000;
  // Limits of a query, of which passing any is an error that names it; 0: none, but for
  // max_samples.
  uint64_t max_samples = 50'000'000;  // in memory at the same time, of 16 bytes each
  uint64_t max_series = 0;            // read, each as often as the query reads it
  uint64_t max_steps = 0;
  uint64_t max_bytes = 0;  // in memory at the same time: samples, labels, encoded series kept
  bool enable_experimental_functions = false;
  /// Metric names that functions and operators drop stay until the end of the query, so that
  /// label_replace and aggregations still see them.
  bool enable_delayed_name_removal = false;
  /// Whether a metric is a counter is told by its label `__type__`, not by its name.
  bool enable_type_and_unit_labels = false;
  /// rate, increase, irate and resets go by samples' start timestamps, too, and start_timestamp()
  /// tells them (Prometheus' feature use-start-timestamps).
  bool use_start_timestamps = false;
  bool enable_x_functions = false;  // xrate, xincrease and xdelta, as Thanos has them
  /// Series are spread over it; null: everything on the calling thread.
  std::shared_ptr<Executor> executor;
};

/// What one query asks. An instant query has start == end and step 0. Times in milliseconds.
struct QueryRequest {
  std::string expression;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
  int64_t lookback_delta_ms = 0;  // 0: the engine's
  bool count_samples = false;     // in QueryStatistics
  bool analyze = false;           // measure the parts of the plan
  bool is_instant() const { return step_ms == 0; }
};

enum class ValueType { kScalar, kVector, kMatrix, kString };

/// The name in the HTTP API: "scalar", "vector", "matrix", "string".
std::string_view value_type_name(ValueType type);

struct ResultSeries {
  Labels labels;
  SampleColumn samples;
};

/// What a query took. A histogram counts as samples by its size, as for the limit.
struct QueryStatistics {
  uint64_t series_selected = 0;
  uint64_t samples_read = 0;  // from the source, once each
  uint64_t peak_samples = 0;  // in memory at the same time
  /// Where the request has `count_samples`: the samples that the expression looked at, each as
  /// often as it did, in total and at each step. These are Prometheus' figures.
  uint64_t queryable_samples = 0;
  std::vector<uint64_t> queryable_samples_per_step;
  /// Of these, without what windows share with those of the step before, or a part of the
  /// expression with all steps; also what subqueries look at. Prometheus' `samplesRead`.
  uint64_t queryable_samples_read = 0;
  std::vector<uint64_t> queryable_samples_read_per_step;
  std::chrono::nanoseconds preparation_time{0};  // parsing, planning
  std::chrono::nanoseconds evaluation_time{0};   // reading included
  std::chrono::nanoseconds sort_time{0};         // of the result
};

/// A part of a query's plan: an operator with its inputs. `time` and `series`, those that it gave,
/// are known of an analyzed query; the time is that of its inputs, too.
struct PlanNode {
  std::string name;
  std::chrono::nanoseconds time{0};
  uint64_t series = 0;
  std::vector<PlanNode> inputs;
};

/// A query's answer. Scalar: one series without labels and with one sample. Vector: one sample a
/// series, in the order that the expression gives. Matrix: sorted by labels.
struct QueryResult {
  ValueType type = ValueType::kVector;
  std::vector<ResultSeries> series;
  std::string string_value;           // of a string; its time is the request's start
  std::vector<std::string> warnings;  // sorted, unique
  std::vector<std::string> infos;     // sorted, unique
  QueryStatistics statistics;
  std::optional<PlanNode> analysis;  // where the request has `analyze`
};

/// Evaluates PromQL (semantics of Prometheus 3.14) over a `Queryable`.
///
/// Thread-safe: any number of queries may run at the same time.
/// Errors: InvalidArgument (does not parse or type-check; the message has the position),
/// FailedPrecondition (fails during evaluation, e.g. many-to-many matching), ResourceExhausted (a
/// limit, named), Cancelled, DeadlineExceeded, and what the `Queryable` returns.
class Engine {
 public:
  explicit Engine(EngineOptions options);

  Result<QueryResult> query(const Context& context, Queryable& queryable,
                            const QueryRequest& request) const;

  /// How `request` would be evaluated. Errors: InvalidArgument, as above.
  Result<PlanNode> explain(const QueryRequest& request) const;

  const EngineOptions& options() const { return options_; }

 private:
  EngineOptions options_;
};

}  // namespace mnemo
