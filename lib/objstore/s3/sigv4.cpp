// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: "Signature Version 4 signing process" in the IAM user guide and
// "Authenticating requests" in Amazon S3's API reference.
#include "objstore/s3/sigv4.hpp"

#include "base/digest.hpp"
#include "base/letter_case.hpp"
#include "http/client_url.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace mnemo::s3 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string time_text(int64_t now_ms) {
  auto time = std::chrono::sys_seconds(std::chrono::seconds(now_ms / 1000));
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string scope_text(const SigningScope& scope, std::string_view time) {
  return fmt::format("{}/{}/{}/aws4_request", time.substr(0, 8), scope.region, scope.service);
}

/// Without spaces at both ends, and runs of them as one.
std::string collapsed(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

struct SignedHeaders {
  std::string names;  // "a;b"
  std::string lines;  // "a:1\nb:2\n"
};

SignedHeaders signed_headers(const std::string& host, const std::vector<HttpHeader>& headers) {
  std::map<std::string, std::string> sorted = {{"host", host}};
  for (const auto& header : headers) {
    auto& value = sorted[lower_case(header.name)];
    value += (value.empty() ? "" : ",") + collapsed(header.value);
  }
  SignedHeaders result;
  for (const auto& [name, value] : sorted) {
    result.names += (result.names.empty() ? "" : ";") + name;
    result.lines += name + ":" + value + "\n";
  }
  return result;
}

std::string signature(const SigningRequest& request, const Query& query,
                      const SignedHeaders& headers, const SigningScope& scope,
                      const std::string& time, const Credentials& credentials) {
  auto canonical = request.method + "\n" + request.path + "\n" + encode_query(query) + "\n" +
                   headers.lines + "\n" + headers.names + "\n" + request.payload_hash;
  auto to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope_text(scope, time),
                             hex_text(digest_of(DigestKind::kSha256, canonical)));
  auto key = "AWS4" + credentials.secret_key;
  for (std::string_view part :
       {std::string_view(time).substr(0, 8), std::string_view(scope.region),
        std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = hmac_of(DigestKind::kSha256, key, part);
  }
  return hex_text(hmac_of(DigestKind::kSha256, key, to_sign));
}

}  // namespace

std::vector<HttpHeader> sign(const SigningRequest& request, const SigningScope& scope,
                             const Credentials& credentials) {
  auto time = time_text(scope.now_ms);
  auto headers = request.headers;
  headers.push_back({"X-Amz-Date", time});
  if (scope.service == "s3") headers.push_back({"X-Amz-Content-Sha256", request.payload_hash});
  if (!credentials.session_token.empty()) {
    headers.push_back({"X-Amz-Security-Token", credentials.session_token});
  }
  auto to_sign = signed_headers(request.host, headers);
  headers.push_back(
      {"Authorization",
       fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                   credentials.access_key, scope_text(scope, time), to_sign.names,
                   signature(request, request.query, to_sign, scope, time, credentials))});
  return headers;
}

std::string presign_query(const SigningRequest& request, const SigningScope& scope,
                          const Credentials& credentials, std::chrono::seconds lifetime) {
  auto time = time_text(scope.now_ms);
  auto to_sign = signed_headers(request.host, request.headers);
  auto query = request.query;
  query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  query.emplace_back("X-Amz-Credential", credentials.access_key + "/" + scope_text(scope, time));
  query.emplace_back("X-Amz-Date", time);
  query.emplace_back("X-Amz-Expires", std::to_string(lifetime.count()));
  query.emplace_back("X-Amz-SignedHeaders", to_sign.names);
  if (!credentials.session_token.empty()) {
    query.emplace_back("X-Amz-Security-Token", credentials.session_token);
  }
  auto proof = signature(request, query, to_sign, scope, time, credentials);
  return encode_query(query) + "&X-Amz-Signature=" + proof;
}

std::string encode_query(const Query& query) {
  Query encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) {
    text += (text.empty() ? "" : "&") + name + "=" + value;
  }
  return text;
}

}  // namespace mnemo::s3
