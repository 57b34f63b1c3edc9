// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

// What Prometheus' HTTP API answers, as the messages of Thanos' gRPC APIs (lib/rpc/proto). The
// external labels are put over what rules, targets and exemplars have. Errors: DataLoss when a body
// isn't of the API's form.

namespace mnemo::rpc {

/// RulesResponse, one a group.
Result<std::vector<std::string>> rules_messages(std::string_view body, const Labels& external);
/// TargetsResponse, one.
Result<std::vector<std::string>> targets_messages(std::string_view body, const Labels& external);
/// MetricMetadataResponse, one.
Result<std::vector<std::string>> metadata_messages(std::string_view body);
/// ExemplarsResponse, one a series.
Result<std::vector<std::string>> exemplars_messages(std::string_view body, const Labels& external);
/// TSDBStatisticsResponse, one, for the tenant "", with at most `most` entries in each list; less
/// than zero: all.
Result<std::vector<std::string>> tsdb_statistics_messages(std::string_view body, int64_t most);

/// Parts of these.
namespace json {

using Value = nlohmann::json;

/// `data` of an answer. Errors: DataLoss.
Result<Value> data_of(std::string_view body, std::string_view what);
/// The member of an object; null where there is none, or `object` is none.
const Value& member(const Value& object, const char* name);
/// A member as text or number, whichever it is written as; empty or zero where it is neither.
std::string text(const Value& object, const char* name);
double number(const Value& object, const char* name);
int64_t integer(const Value& object, const char* name);
/// An object of texts, with `over` put over it.
Labels labels(const Value& object, const char* name, const Labels& over = {});

/// A thanos.ZLabelSet as field `field`, there even when empty.
void append_label_set(std::string& out, uint32_t field, const Labels& labels);
/// A google.protobuf.Timestamp as field `field`; a text that is no RFC 3339 is the year 1.
void append_time(std::string& out, uint32_t field, std::string_view rfc3339);

}  // namespace json
}  // namespace mnemo::rpc
