// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/prometheus/prometheus_api.hpp"

#include <mnemo/status.hpp>

#include <map>
#include <string>
#include <string_view>

namespace mnemo {

/// Parse the bodies of Prometheus' HTTP API: {"status": "success", "data": ..., "warnings": [...]}.
/// Errors: DataLoss when a body isn't of that form; Unknown with its text when it is an error.

/// Where data is a list of texts.
Result<PrometheusList> parse_list_answer(std::string_view json);
/// Where data is a list of objects with texts as members. Built as it is read: no document.
Result<PrometheusSeriesList> parse_series_answer(std::string_view json);
/// Where data is an object: those of its members that are texts.
Result<std::map<std::string, std::string>> parse_object_answer(std::string_view json);

/// `global.external_labels` of a Prometheus configuration. Errors: DataLoss.
Result<Labels> parse_external_labels(const std::string& yaml);

/// The flags that `PrometheusFlags` has, from their names and texts.
Result<PrometheusFlags> parse_flags(const std::map<std::string, std::string>& flags);

/// The value of prometheus_tsdb_lowest_timestamp_seconds in an exposition, in milliseconds;
/// kMinTime where there is none or nothing is stored yet.
int64_t parse_lowest_time(std::string_view exposition);

/// A label name in the form that the values API takes in its path.
std::string label_name_in_path(std::string_view name);

}  // namespace mnemo
