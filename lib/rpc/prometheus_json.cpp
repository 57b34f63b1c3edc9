// SPDX-License-Identifier: Apache-2.0
#include "rpc/prometheus_json.hpp"

#include "base/duration.hpp"
#include "base/proto_wire.hpp"
#include "rpc/wire_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace mnemo::rpc {
namespace json {
namespace {

constexpr int64_t kYearOne = -62'135'596'800;  // what Go's zero time is in seconds
constexpr double kInt64Limit = 9.2e18;

/// The digits behind the seconds' point, as nanoseconds.
int64_t nanoseconds_of(std::string_view rfc3339) {
  auto point = rfc3339.find('.');
  if (point == std::string_view::npos) return 0;
  int64_t value = 0;
  int digits = 0;
  for (char c : rfc3339.substr(point + 1)) {
    if (c < '0' || c > '9' || digits == 9) break;
    value = value * 10 + (c - '0');
    ++digits;
  }
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

}  // namespace

const Value& member(const Value& object, const char* name) {
  static const Value kNone;
  if (!object.is_object()) return kNone;
  auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

Result<Value> data_of(std::string_view body, std::string_view what) {
  auto answer = Value::parse(body, nullptr, false);
  if (!answer.is_object() || text(answer, "status") != "success" || !answer.contains("data")) {
    return Status::data_loss("Prometheus' " + std::string(what) +
                             ": not the answer of its API: " + std::string(body.substr(0, 100)));
  }
  return std::move(answer["data"]);
}

std::string text(const Value& object, const char* name) {
  const auto& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

double number(const Value& object, const char* name) {
  const auto& value = member(object, name);
  if (value.is_number()) return value.get<double>();
  return value.is_string() ? std::strtod(value.get_ref<const std::string&>().c_str(), nullptr) : 0;
}

int64_t integer(const Value& object, const char* name) {
  const auto& value = member(object, name);
  if (value.is_number_integer()) return value.get<int64_t>();
  double real = number(object, name);
  return std::abs(real) < kInt64Limit ? static_cast<int64_t>(real) : 0;
}

Labels labels(const Value& object, const char* name, const Labels& over) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto& value = member(object, name);
  if (value.is_object()) {
    for (const auto& [label, text] : value.items()) {
      if (text.is_string()) pairs.emplace_back(label, text.get<std::string>());
    }
  }
  auto own = Labels::from_pairs(std::move(pairs));
  if (over.empty()) return own;
  LabelsBuilder builder(own);
  for (const auto& label : over) builder.set(label.name, label.value);
  return builder.build();
}

void append_label_set(std::string& out, uint32_t field, const Labels& labels) {
  ProtoWriter(out).length_prefix(field, labels_size(labels));
  append_labels(out, labels);
}

void append_time(std::string& out, uint32_t field, std::string_view rfc3339) {
  auto ms = parse_rfc3339_ms(rfc3339);
  std::string time;
  ProtoWriter writer(time);
  int64_t below = ms ? (*ms % 1000 + 1000) % 1000 : 0;
  writer.int64(1, ms ? (*ms - below) / 1000 : kYearOne);
  if (ms) writer.int64(2, nanoseconds_of(rfc3339));
  ProtoWriter(out).string_always(field, time);
}

}  // namespace json

namespace {

using json::Value;

std::string active_target(const Value& target, const Labels& external) {
  std::string out;
  ProtoWriter writer(out);
  json::append_label_set(out, 1, json::labels(target, "discoveredLabels", external));
  json::append_label_set(out, 2, json::labels(target, "labels", external));
  writer.string(3, json::text(target, "scrapePool"));
  writer.string(4, json::text(target, "scrapeUrl"));
  writer.string(5, json::text(target, "globalUrl"));
  writer.string(6, json::text(target, "lastError"));
  json::append_time(out, 7, json::text(target, "lastScrape"));
  writer.fixed_double(8, json::number(target, "lastScrapeDuration"));
  auto health = json::text(target, "health");
  constexpr uint64_t kUp = 1;
  constexpr uint64_t kUnknown = 2;
  if (health != "down") writer.varint(9, health == "up" ? kUp : kUnknown);
  return out;
}

std::string metadata_entry(const Value& metas) {
  std::string out;
  for (const auto& meta : metas) {
    std::string one;
    ProtoWriter writer(one);
    writer.string(1, json::text(meta, "type"));
    writer.string(2, json::text(meta, "help"));
    writer.string(3, json::text(meta, "unit"));
    ProtoWriter(out).string_always(2, one);
  }
  return out;
}

std::string map_entry(std::string_view key, std::string_view value) {
  std::string out;
  ProtoWriter writer(out);
  writer.string_always(1, key);
  writer.string_always(2, value);
  return out;
}

std::string wrapped(uint32_t field, std::string_view message) {
  std::string out;
  ProtoWriter(out).string_always(field, message);
  return out;
}

std::string exemplar(const Value& value) {
  std::string out;
  json::append_label_set(out, 1, json::labels(value, "labels"));
  ProtoWriter writer(out);
  writer.fixed_double(2, json::number(value, "value"));
  double ms = std::round(json::number(value, "timestamp") * 1000);
  if (std::abs(ms) < 9.2e18) writer.int64(3, static_cast<int64_t>(ms));
  return out;
}

std::string head_statistics(const Value& data) {
  const auto& head = json::member(data, "headStats");
  std::string out;
  ProtoWriter writer(out);
  writer.int64(1, json::integer(head, "numSeries"));
  writer.int64(2, json::integer(head, "numLabelPairs"));
  writer.int64(3, json::integer(head, "chunkCount"));
  writer.int64(4, json::integer(head, "minTime"));
  writer.int64(5, json::integer(head, "maxTime"));
  return out;
}

void append_statistics(std::string& out, uint32_t field, const Value& list, int64_t most) {
  for (const auto& entry : list) {
    if (most-- == 0) return;
    std::string one;
    ProtoWriter writer(one);
    writer.string(1, json::text(entry, "name"));
    writer.int64(2, json::integer(entry, "value"));
    ProtoWriter(out).string_always(field, one);
  }
}

}  // namespace

Result<std::vector<std::string>> targets_messages(std::string_view body, const Labels& external) {
  MNEMO_TRY(auto data, json::data_of(body, "targets"));
  std::string targets;
  for (const auto& target : json::member(data, "activeTargets")) {
    ProtoWriter(targets).string_always(1, active_target(target, external));
  }
  for (const auto& target : json::member(data, "droppedTargets")) {
    std::string dropped;
    json::append_label_set(dropped, 1, json::labels(target, "discoveredLabels", external));
    ProtoWriter(targets).string_always(2, dropped);
  }
  return std::vector<std::string>{wrapped(1, targets)};
}

Result<std::vector<std::string>> metadata_messages(std::string_view body) {
  MNEMO_TRY(auto data, json::data_of(body, "metadata"));
  std::string metadata;
  for (const auto& [metric, metas] : data.items()) {
    ProtoWriter(metadata).string_always(1, map_entry(metric, metadata_entry(metas)));
  }
  return std::vector<std::string>{wrapped(1, metadata)};
}

Result<std::vector<std::string>> exemplars_messages(std::string_view body, const Labels& external) {
  MNEMO_TRY(auto data, json::data_of(body, "exemplars"));
  std::vector<std::string> messages;
  for (const auto& series : data) {
    std::string out;
    json::append_label_set(out, 1, json::labels(series, "seriesLabels", external));
    for (const auto& one : json::member(series, "exemplars")) {
      ProtoWriter(out).string_always(2, exemplar(one));
    }
    messages.push_back(wrapped(1, out));
  }
  return messages;
}

Result<std::vector<std::string>> tsdb_statistics_messages(std::string_view body, int64_t most) {
  MNEMO_TRY(auto data, json::data_of(body, "TSDB status"));
  std::string entry;
  ProtoWriter(entry).string_always(1, head_statistics(data));
  append_statistics(entry, 2, json::member(data, "seriesCountByMetricName"), most);
  append_statistics(entry, 3, json::member(data, "labelValueCountByLabelName"), most);
  append_statistics(entry, 4, json::member(data, "memoryInBytesByLabelName"), most);
  append_statistics(entry, 5, json::member(data, "seriesCountByLabelValuePair"), most);
  return std::vector<std::string>{wrapped(1, wrapped(1, map_entry("", entry)))};
}

}  // namespace mnemo::rpc
