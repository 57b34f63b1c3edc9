// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/client.hpp"

#include "base/digest.hpp"
#include "http/client_url.hpp"
#include "objstore/azure/xml.hpp"
#include "objstore/retries.hpp"

#include <cstdlib>
#include <utility>

namespace mnemo::azure {
namespace {

constexpr std::string_view kApiVersion = "2020-10-02";
constexpr size_t kMaxMessageBytes = 256;
constexpr std::string_view kBearer = "Bearer ";
constexpr int64_t kAllowedSkewMs = 10 * 60'000;

std::string token_in(const HttpRequest& request) {
  for (const auto& header : request.headers) {
    if (header.name == "Authorization") return header.value.substr(kBearer.size());
  }
  return {};
}

std::string path_of_url(const std::string& url) {
  auto at = url.find("://");
  auto slash = url.find('/', at == url.npos ? 0 : at + 3);
  return slash == url.npos ? std::string() : url.substr(slash);
}

Code code_of(const std::string& code, bool is_of_blob, int status) {
  if (code == "BlobNotFound") return Code::kNotFound;
  if (code == "ContainerNotFound" || code == "ResourceNotFound") return Code::kFailedPrecondition;
  if (code == "ContainerAlreadyExists") return Code::kAlreadyExists;
  if (is_retryable_status(status)) return Code::kUnavailable;
  if (status == 404) return is_of_blob ? Code::kNotFound : Code::kFailedPrecondition;
  auto known = code_of_http_status(status);
  return known == Code::kOk ? Code::kUnknown : known;
}

}  // namespace

Client::Client(const Options& options, const BucketEnvironment& environment,
               std::shared_ptr<HttpClient> http, std::unique_ptr<TokenCache> tokens,
               std::string root)
    : options_(options),
      environment_(environment),
      http_(std::move(http)),
      tokens_(std::move(tokens)),
      root_(std::move(root)) {}

Result<std::unique_ptr<Client>> Client::make(const Options& options,
                                             const BucketEnvironment& environment) {
  MNEMO_TRY(auto http, HttpClient::make(options.http));
  std::unique_ptr<TokenCache> tokens;
  if (options.identity) {
    MNEMO_TRY(auto source, token_source(*options.identity, environment));
    tokens = std::make_unique<TokenCache>(std::move(source), environment);
  }
  return std::unique_ptr<Client>(new Client(options, environment, std::move(http),
                                            std::move(tokens), path_of_url(options.container_url)));
}

Result<HttpResponse> Client::perform(const Context& context, const Request& request,
                                     size_t max_body_bytes) {
  Retries tries(context, options_.max_tries, environment_);
  for (;;) {
    MNEMO_TRY(auto transfer, open(context, request));
    HttpResponse answer = transfer->head();
    auto body = transfer->read_all(max_body_bytes);
    if (body.ok()) {
      answer.body = std::move(*body);
      return answer;
    }
    if (body.status().code() != Code::kUnavailable) return std::move(body).status();
    MNEMO_RETURN_IF_ERROR(tries.wait(body.status()));
  }
}

Result<std::unique_ptr<HttpTransfer>> Client::open(const Context& context, const Request& request) {
  Retries tries(context, options_.max_tries, environment_);
  bool was_renewed = false;
  for (;;) {
    std::optional<std::chrono::milliseconds> wait;
    bool is_token_refused = false;
    auto answer = send(context, request, wait, is_token_refused);
    if (is_token_refused && !std::exchange(was_renewed, true)) continue;
    if (answer.ok() || !wait) return answer;
    MNEMO_RETURN_IF_ERROR(tries.wait(answer.status(), wait));
  }
}

Result<std::unique_ptr<HttpTransfer>> Client::send(const Context& context, const Request& request,
                                                   std::optional<std::chrono::milliseconds>& wait,
                                                   bool& is_token_refused) {
  MNEMO_TRY(auto http, signed_request(context, request));
  auto limited =
      options_.try_timeout.count() > 0 ? context.with_timeout(options_.try_timeout) : context;
  auto answer = http_->open(limited, http);
  if (!answer.ok()) {
    bool is_late = answer.status().code() == Code::kDeadlineExceeded && context.check().ok();
    if (is_late || answer.status().code() == Code::kUnavailable) {
      wait = std::chrono::milliseconds(0);
    }
    return answer;
  }
  if ((*answer)->head().ok()) return answer;
  is_token_refused = tokens_ && (*answer)->head().status == 401;
  if (is_token_refused) tokens_->drop(token_in(http));
  auto status = failure(request, **answer);
  if (status.code() == Code::kUnavailable) {
    wait =
        retry_after((*answer)->head(), now_of(environment_)).value_or(std::chrono::milliseconds(0));
  }
  return status;
}

Result<HttpRequest> Client::signed_request(const Context& context, const Request& request) {
  SigningRequest signing;
  signing.method = request.method;
  signing.path = root_;
  if (!request.blob.empty()) signing.path += "/" + percent_encode_path(request.blob);
  signing.query = request.query;
  signing.headers = request.headers;
  signing.headers.push_back({"x-ms-version", std::string(kApiVersion)});
  signing.headers.push_back({"x-ms-date", format_http_date(now_of(environment_))});
  auto source = request.upload;
  if (!source && !request.body.empty()) source = upload_of(Bytes::copy_of(request.body));
  if (source && source->size > 0) {
    signing.content_length = source->size;
    MNEMO_TRY(auto digests, digests_of(*source, false, true));
    if (!digests.md5.empty()) {
      signing.headers.push_back({"Content-MD5", base64_text(digests.md5)});
    }
  }
  HttpRequest http;
  http.method = request.method;
  http.headers = signing.headers;
  http.body = request.body;
  http.upload = request.upload;
  http.url =
      options_.container_url.substr(0, options_.container_url.size() - root_.size()) + signing.path;
  auto query = encode_form(request.query);
  if (tokens_) {
    MNEMO_TRY(auto token, tokens_->get(context));
    http.headers.push_back({"Authorization", std::string(kBearer) + token});
  } else if (options_.sas.empty()) {
    http.headers.push_back(
        {"Authorization", authorization(signing, options_.account, options_.key)});
  } else {
    query += (query.empty() ? "" : "&") + options_.sas;
  }
  if (!query.empty()) http.url += "?" + query;
  return http;
}

Status Client::failure(const Request& request, HttpTransfer& transfer) const {
  const auto& head = transfer.head();
  auto error = parse_error(error_body(transfer));
  if (error.code.empty()) error.code = head.header("x-ms-error-code");
  std::string text = request.method + " " + options_.container_url;
  if (!request.blob.empty()) text += "/" + percent_encode_path(request.blob);
  text += ": HTTP status " + std::to_string(head.status);
  if (!error.code.empty()) text += ": " + body_excerpt(error.code, kMaxMessageBytes);
  if (!error.message.empty()) text += ": " + body_excerpt(error.message, kMaxMessageBytes);
  if (head.status == 403) {
    auto date = parse_http_date_ms(head.header("Date"));
    auto skew = date ? now_of(environment_) - *date : 0;
    if (std::llabs(skew) > kAllowedSkewMs) {
      text += " (the clocks of this machine and the server differ by " +
              std::to_string(skew / 1000) + " s)";
    } else if (error.code == "AuthenticationFailed" || error.code == "AuthorizationFailure") {
      text += " (the account's key or signature is wrong, or not for this)";
    }
  }
  return {code_of(error.code, !request.blob.empty(), head.status), std::move(text)};
}

}  // namespace mnemo::azure
