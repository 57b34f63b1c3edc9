// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/number_text.hpp"
#include "support/memory_queryable.hpp"

#include <mnemo/promql.hpp>

#include <initializer_list>
#include <string>

namespace mnemo::testing {

/// Appends one sample every `interval_ms` from time 0 on.
inline void load(MemoryQueryable& data, const Labels& labels, int64_t interval_ms,
                 std::initializer_list<double> values) {
  SampleColumn& column = data.series(labels);
  int64_t time = 0;
  for (double value : values) {
    column.append(time, value);
    time += interval_ms;
  }
}

/// With everything that the language has behind a switch.
inline EngineOptions experimental() {
  EngineOptions options;
  options.enable_experimental_functions = true;
  return options;
}

inline std::string print(const QueryResult& result) {
  std::string text;
  for (const auto& series : result.series) {
    if (!text.empty()) text += "; ";
    text += series.labels.to_string();
    for (size_t i = 0; i < series.samples.size(); ++i) {
      text += ' ' + std::to_string(series.samples.times[i] / 1000) + ':' +
              float_general(series.samples.values[i]);
    }
  }
  return text;
}

/// The result of a query as `{labels} seconds:value ...; ...`, or its error.
inline std::string evaluate(MemoryQueryable& data, const QueryRequest& request,
                            const EngineOptions& options = {}) {
  auto result = Engine(options).query(Context(), data, request);
  return result ? print(*result) : result.status().to_string();
}

inline std::string instant(MemoryQueryable& data, std::string expression, int64_t time_ms,
                           const EngineOptions& options = {}) {
  return evaluate(data, {std::move(expression), time_ms, time_ms, 0, 0}, options);
}

inline std::string range(MemoryQueryable& data, std::string expression, int64_t start_ms,
                         int64_t end_ms, int64_t step_ms, const EngineOptions& options = {}) {
  return evaluate(data, {std::move(expression), start_ms, end_ms, step_ms, 0}, options);
}

}  // namespace mnemo::testing
