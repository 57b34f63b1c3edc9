// SPDX-License-Identifier: Apache-2.0
#include "base/proto_wire.hpp"
#include "rpc/prometheus_json.hpp"

#include <nlohmann/json.hpp>

namespace mnemo::rpc {
namespace {

using json::Value;

constexpr uint64_t kAbort = 1;  // PartialResponseStrategy of everything that is Prometheus'

uint64_t alert_state(const std::string& state) {
  if (state == "inactive") return 1;
  if (state == "pending") return 2;
  if (state == "firing") return 3;
  return 0;
}

std::string alert_instance(const Value& alert) {
  std::string out;
  ProtoWriter writer(out);
  json::append_label_set(out, 1, json::labels(alert, "labels"));
  json::append_label_set(out, 2, json::labels(alert, "annotations"));
  writer.varint(3, alert_state(json::text(alert, "state")));
  auto active_at = json::text(alert, "activeAt");
  if (!active_at.empty()) json::append_time(out, 4, active_at);
  writer.string(5, json::text(alert, "value"));
  return out;
}

std::string alerting_rule(const Value& rule, const Labels& external) {
  std::string out;
  ProtoWriter writer(out);
  writer.varint(1, alert_state(json::text(rule, "state")));
  writer.string(2, json::text(rule, "name"));
  writer.string(3, json::text(rule, "query"));
  writer.fixed_double(4, json::number(rule, "duration"));
  json::append_label_set(out, 5, json::labels(rule, "labels", external));
  json::append_label_set(out, 6, json::labels(rule, "annotations"));
  for (const auto& alert : json::member(rule, "alerts")) {
    writer.string_always(7, alert_instance(alert));
  }
  writer.string(8, json::text(rule, "health"));
  writer.string(9, json::text(rule, "lastError"));
  writer.fixed_double(10, json::number(rule, "evaluationTime"));
  json::append_time(out, 11, json::text(rule, "lastEvaluation"));
  writer.fixed_double(12, json::number(rule, "keepFiringFor"));
  return out;
}

std::string recording_rule(const Value& rule, const Labels& external) {
  std::string out;
  ProtoWriter writer(out);
  writer.string(1, json::text(rule, "name"));
  writer.string(2, json::text(rule, "query"));
  json::append_label_set(out, 3, json::labels(rule, "labels", external));
  writer.string(4, json::text(rule, "health"));
  writer.string(5, json::text(rule, "lastError"));
  writer.fixed_double(6, json::number(rule, "evaluationTime"));
  json::append_time(out, 7, json::text(rule, "lastEvaluation"));
  return out;
}

Result<std::string> encode_rule(const Value& rule, const Labels& external) {
  auto type = json::text(rule, "type");
  std::string out;
  if (type == "recording") {
    ProtoWriter(out).string_always(1, recording_rule(rule, external));
  } else if (type == "alerting") {
    ProtoWriter(out).string_always(2, alerting_rule(rule, external));
  } else {
    return Status::data_loss("Prometheus' rules: a rule of type \"" + type + "\"");
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> rules_messages(std::string_view body, const Labels& external) {
  MNEMO_TRY(auto data, json::data_of(body, "rules"));
  std::vector<std::string> messages;
  for (const auto& group : json::member(data, "groups")) {
    std::string out;
    ProtoWriter writer(out);
    writer.string(1, json::text(group, "name"));
    writer.string(2, json::text(group, "file"));
    for (const auto& rule : json::member(group, "rules")) {
      MNEMO_TRY(auto encoded, encode_rule(rule, external));
      writer.string_always(3, encoded);
    }
    writer.fixed_double(4, json::number(group, "interval"));
    writer.fixed_double(5, json::number(group, "evaluationTime"));
    json::append_time(out, 6, json::text(group, "lastEvaluation"));
    writer.varint(8, kAbort);
    writer.int64(9, json::integer(group, "limit"));
    std::string message;
    ProtoWriter(message).string_always(1, out);
    messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace mnemo::rpc
