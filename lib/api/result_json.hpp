// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/promql.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mnemo::api {

/// Each of these appends JSON to `out`, straight from the values and in the form of Prometheus'
/// HTTP API v1.

/// Milliseconds as seconds with up to three decimals: 1435781451.781.
void append_timestamp(std::string& out, int64_t time_ms);

/// A value of a vector or matrix, quoted: fixed, but with an exponent below 1e-6 and from 1e21 on.
void append_sample_value(std::string& out, double value);

void append_histogram(std::string& out, const FloatHistogram& histogram);
void append_labels(std::string& out, const Labels& labels);
void append_strings(std::string& out, const std::vector<std::string>& texts);

/// `"resultType":"vector","result":[...]`: the members that make up a query's data. `time_ms`
/// dates a string.
void append_result(std::string& out, const QueryResult& result, int64_t time_ms);

}  // namespace mnemo::api
