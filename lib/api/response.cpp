// SPDX-License-Identifier: Apache-2.0
#include "api/response.hpp"

#include "api/result_json.hpp"
#include "base/json_text.hpp"

#include <algorithm>
#include <string_view>

namespace mnemo::api {
namespace {

struct ErrorKind {
  int http_status;
  std::string_view name;
};

ErrorKind error_kind(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return {400, "bad_data"};
    case Code::kCancelled: return {503, "canceled"};
    case Code::kDeadlineExceeded: return {503, "timeout"};
    case Code::kInternal: return {500, "internal"};
    default: return {422, "execution"};
  }
}

bool is_from_promql(const std::string& warning) {
  return warning.rfind("PromQL info", 0) == 0 || warning.rfind("PromQL warning", 0) == 0;
}

ServerResponse failure(const Status& status) {
  auto kind = error_kind(status.code());
  std::string body = "{\"status\":\"error\",\"errorType\":\"";
  body += kind.name;
  body += "\",\"error\":";
  append_json_string(body, status.message());
  body += '}';
  auto response = ServerResponse::json(kind.http_status, std::move(body));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

ServerResponse to_response(const Result<Answer>& result) {
  if (!result) return failure(result.status());
  const auto& warnings = result->warnings;
  std::string body = "{\"status\":\"success\",\"data\":";
  body.reserve(body.size() + result->data.size() + 64);
  body += result->data;
  if (!warnings.empty()) {
    body += ",\"warnings\":";
    append_strings(body, warnings);
  }
  body += '}';
  auto response = ServerResponse::json(200, std::move(body));
  if (!std::all_of(warnings.begin(), warnings.end(), is_from_promql)) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  return response;
}

void add_cors_headers(ServerResponse& response) {
  auto& headers = response.headers;
  headers.emplace_back("Access-Control-Allow-Headers",
                       "Accept, Accept-Encoding, Authorization, Content-Type, Origin");
  headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  headers.emplace_back("Access-Control-Allow-Origin", "*");
  headers.emplace_back("Access-Control-Expose-Headers", "Date");
}

Status execution_failure(Status status) {
  if (status.code() != Code::kInvalidArgument && status.code() != Code::kInternal) return status;
  return Status::failed_precondition(status.message());
}

}  // namespace mnemo::api
