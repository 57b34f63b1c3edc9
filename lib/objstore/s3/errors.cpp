// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/errors.hpp"

#include "objstore/retries.hpp"

#include <algorithm>
#include <array>

namespace mnemo::s3 {
namespace {

constexpr size_t kMaxMessageBytes = 256;

/// What the server's own words leave open.
std::string advice(std::string_view code, const HttpResponse& answer, int64_t now_ms) {
  if (code == "SignatureDoesNotMatch") {
    return "the secret key is wrong, or something on the way changes requests";
  }
  if (code == "InvalidAccessKeyId") return "the server doesn't know this access key";
  if (code == "NoSuchBucket") return "the bucket does not exist";
  if (code == "RequestTimeTooSkewed" || code == "RequestExpired") {
    std::string text = "the clocks of this machine and the server differ";
    if (auto date = parse_http_date_ms(answer.header("Date"))) {
      text += " by " + std::to_string((now_ms - *date) / 1000) + " s";
    }
    return text;
  }
  return {};
}

Code code_of(std::string_view code, bool is_of_object, const HttpResponse& answer) {
  if (code == "NoSuchKey") return Code::kNotFound;
  if (code == "NoSuchUpload") return Code::kAborted;
  if (code == "NoSuchBucket") return Code::kFailedPrecondition;
  if (is_expiry_code(code)) return Code::kUnauthenticated;
  if (is_retryable_code(code) || is_retryable_status(answer.status)) return Code::kUnavailable;
  if (answer.status == 404 && !is_of_object) return Code::kFailedPrecondition;
  if (answer.status >= 300 && answer.status < 400) return Code::kFailedPrecondition;
  auto status = code_of_http_status(answer.status);
  return status == Code::kOk ? Code::kUnknown : status;
}

}  // namespace

bool is_retryable_code(std::string_view code) {
  constexpr std::array<std::string_view, 11> kCodes = {
      "RequestError",  "RequestTimeout",     "Throttling",      "ThrottlingException",
      "SlowDown",      "SlowDownWrite",      "SlowDownRead",    "RequestLimitExceeded",
      "InternalError", "ServiceUnavailable", "RequestThrottled"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

bool is_expiry_code(std::string_view code) {
  return code == "ExpiredToken" || code == "ExpiredTokenException" ||
         code == "TokenRefreshRequired";
}

Status error_status(std::string_view what, bool is_of_object, const HttpResponse& answer,
                    const ErrorText& error, int64_t now_ms) {
  std::string text = std::string(what) + ": HTTP status " + std::to_string(answer.status);
  if (!error.code.empty()) text += ": " + body_excerpt(error.code, kMaxMessageBytes);
  if (!error.message.empty()) text += ": " + body_excerpt(error.message, kMaxMessageBytes);
  if (auto more = advice(error.code, answer, now_ms); !more.empty()) text += " (" + more + ")";
  return {code_of(error.code, is_of_object, answer), std::move(text)};
}

}  // namespace mnemo::s3
