// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/prometheus_api.hpp"

#include "http/client_url.hpp"
#include "store/prometheus/api_answer.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace mnemo {
namespace {

/// Times beyond the year 9999 (milliseconds) are left out of requests, which means unbounded.
constexpr int64_t kFarTime = 253'402'300'799'999;

/// Seconds with three decimals.
std::string time_text(int64_t time) {
  return fmt::format("{}{}.{:03}", time < 0 ? "-" : "", std::abs(time) / 1000,
                     std::abs(time) % 1000);
}

}  // namespace

PrometheusApi::PrometheusApi(std::shared_ptr<HttpClient> client, std::string base_url,
                             size_t max_body_bytes)
    : client_(std::move(client)), base_url_(std::move(base_url)), max_body_bytes_(max_body_bytes) {}

Result<std::string> PrometheusApi::body_of(const Context& context,
                                           const HttpRequest& request) const {
  MNEMO_TRY(auto answer, client_->perform(context, request, max_body_bytes_));
  if (answer.ok()) return std::move(answer.body);
  Code code = code_of_http_status(answer.status);
  MNEMO_TRY(auto url, parse_http_url(request.url));
  return Status(code == Code::kOk ? Code::kUnknown : code,
                fmt::format("{} {}: HTTP status {}: {}", request.method, url.redacted,
                            answer.status, body_excerpt(answer.body)));
}

Result<std::string> PrometheusApi::get(const Context& context, std::string_view path) const {
  HttpRequest request;
  request.url = join_url(base_url_, path);
  return body_of(context, request);
}

Result<std::string> PrometheusApi::post(const Context& context, std::string_view path,
                                        const Parameters& form) const {
  HttpRequest request;
  request.method = "POST";
  request.url = join_url(base_url_, path);
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body = encode_form(form);
  return body_of(context, request);
}

PrometheusApi::Parameters PrometheusApi::selection(std::span<const Matcher> matchers,
                                                   TimeRange range, int64_t limit) {
  Parameters parameters;
  if (!matchers.empty()) parameters.emplace_back("match[]", to_string(matchers));
  if (range.min > -kFarTime) parameters.emplace_back("start", time_text(range.min));
  if (range.max < kFarTime) parameters.emplace_back("end", time_text(range.max));
  if (limit > 0) parameters.emplace_back("limit", std::to_string(limit));
  return parameters;
}

Result<Labels> PrometheusApi::external_labels(const Context& context) const {
  MNEMO_TRY(auto body, get(context, "/api/v1/status/config"));
  MNEMO_TRY(auto data, parse_object_answer(body).with_context("Prometheus' configuration"));
  return parse_external_labels(data["yaml"]);
}

Result<PrometheusFlags> PrometheusApi::flags(const Context& context) const {
  MNEMO_TRY(auto body, get(context, "/api/v1/status/flags"));
  MNEMO_TRY(auto data, parse_object_answer(body).with_context("Prometheus' flags"));
  return parse_flags(data);
}

Result<std::string> PrometheusApi::version(const Context& context) const {
  auto body = get(context, "/api/v1/status/buildinfo");
  Code code = body.status().code();
  if (code == Code::kNotFound || code == Code::kUnimplemented) return std::string("0");
  if (!body) return body.status();
  MNEMO_TRY(auto data, parse_object_answer(*body).with_context("Prometheus' build information"));
  return data["version"];
}

Status PrometheusApi::ready(const Context& context) const {
  return get(context, "/-/ready").status();
}

Result<std::string> PrometheusApi::snapshot(const Context& context) const {
  auto body = post(context, "/api/v1/admin/tsdb/snapshot", {{"skip_head", "false"}});
  if (!body && body.status().message().find("admin APIs disabled") != std::string::npos) {
    return Status::failed_precondition(
        "Prometheus' admin API is off; it needs --web.enable-admin-api to take a snapshot");
  }
  if (!body) return std::move(body).status().with_context("take a snapshot");
  MNEMO_TRY(auto data, parse_object_answer(*body).with_context("Prometheus' snapshot"));
  const auto& name = data["name"];
  if (name.empty() || name.find('/') != std::string::npos) {
    return Status::data_loss("Prometheus' snapshot: no usable name \"" + name + "\"");
  }
  return name;
}

Result<int64_t> PrometheusApi::lowest_time(const Context& context) const {
  MNEMO_TRY(auto body, get(context, "/metrics"));
  return parse_lowest_time(body);
}

Result<PrometheusList> PrometheusApi::label_names(const Context& context,
                                                  std::span<const Matcher> matchers,
                                                  TimeRange range, int64_t limit) const {
  MNEMO_TRY(auto body, post(context, "/api/v1/labels", selection(matchers, range, limit)));
  return parse_list_answer(body).with_context("Prometheus' label names");
}

Result<PrometheusList> PrometheusApi::label_values(const Context& context, std::string_view label,
                                                   std::span<const Matcher> matchers,
                                                   TimeRange range, int64_t limit) const {
  auto path = "/api/v1/label/" + percent_encode(label_name_in_path(label)) + "/values?" +
              encode_form(selection(matchers, range, limit));
  MNEMO_TRY(auto body, get(context, path));
  return parse_list_answer(body).with_context("Prometheus' label values");
}

Result<PrometheusSeriesList> PrometheusApi::series(const Context& context,
                                                   std::span<const Matcher> matchers,
                                                   TimeRange range, int64_t limit) const {
  MNEMO_TRY(auto body, post(context, "/api/v1/series", selection(matchers, range, limit)));
  return parse_series_answer(body).with_context("Prometheus' series");
}

Result<std::unique_ptr<HttpTransfer>> PrometheusApi::remote_read(const Context& context,
                                                                 std::string request) const {
  HttpRequest http;
  http.method = "POST";
  http.url = join_url(base_url_, "/api/v1/read");
  http.headers = {{"Content-Encoding", "snappy"},
                  {"Content-Type", "application/x-protobuf"},
                  {"X-Prometheus-Remote-Read-Version", "0.1.0"}};
  http.body = std::move(request);
  MNEMO_TRY(auto transfer, client_->open(context, http));
  if (!transfer->head().ok()) return transfer->unexpected_status();
  return transfer;
}

}  // namespace mnemo
