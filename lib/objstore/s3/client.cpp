// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/client.hpp"

#include "base/digest.hpp"
#include "base/letter_case.hpp"
#include "http/client_url.hpp"
#include "objstore/retries.hpp"
#include "objstore/s3/errors.hpp"
#include "objstore/s3/xml.hpp"

#include <utility>

namespace mnemo::s3 {
namespace {

constexpr size_t kMaxLocationBytes = 64 << 10;
constexpr std::string_view kDefaultRegion = "us-east-1";

SigningRequest signing_request(const Request& request, const Address& address) {
  SigningRequest signing;
  signing.method = request.method;
  signing.host = address.host;
  signing.path = address.root + percent_encode_path(request.object);
  signing.query = request.query;
  signing.headers = request.headers;
  return signing;
}

/// Adds Content-MD5 and sets the hash of what is sent. TLS protects what the signature leaves out,
/// so that one digest is enough there.
Status describe_payload(const Request& request, const Options& options, SigningRequest& signing) {
  if (!request.upload && request.body.empty()) {
    signing.payload_hash = kEmptyPayload;
    return {};
  }
  auto source = request.upload ? request.upload : upload_of(Bytes::copy_of(request.body));
  bool with_md5 = options.send_content_md5 || !request.upload;
  bool with_sha256 = options.insecure || !with_md5;
  MNEMO_TRY(auto digests, digests_of(*source, with_sha256, with_md5));
  if (!digests.md5.empty()) {
    signing.headers.push_back({"Content-MD5", base64_text(digests.md5)});
  } else if (digests.sha256.empty()) {
    return Status::failed_precondition("this system's OpenSSL has no MD5: send_content_md5: false");
  }
  signing.payload_hash = with_sha256 ? hex_text(digests.sha256) : std::string(kUnsignedPayload);
  return {};
}

std::string describe(const Request& request, const Address& address) {
  return request.method + " " + address.scheme + "://" + address.host + address.root +
         percent_encode_path(request.object);
}

bool is_secret_header(std::string_view name) {
  auto is = [&](std::string_view other) { return equal_ignoring_case(name, other); };
  return is("authorization") || is("x-amz-security-token") ||
         is("x-amz-server-side-encryption-customer-key") || is("set-cookie");
}

/// For the trace, without what is secret.
std::string headers_text(const std::vector<HttpHeader>& headers) {
  std::string text;
  for (const auto& [name, value] : headers) {
    text += (text.empty() ? "" : "; ") + name + ": " +
            (is_secret_header(name) ? "**REDACTED**" : value);
  }
  return text;
}

}  // namespace

/// What one try has told about the next.
struct Client::Attempt {
  bool is_retryable = false;
  std::optional<std::chrono::milliseconds> wait;
  std::string other_region;
};

Client::Client(const Options& options, const BucketEnvironment& environment,
               std::shared_ptr<HttpClient> http,
               std::vector<std::unique_ptr<CredentialSource>> sources)
    : options_(options),
      environment_(environment),
      http_(std::move(http)),
      credentials_(std::move(sources), [environment] { return now_of(environment); }),
      region_(options.region.empty() ? region_of_host(options.endpoint) : options.region) {}

Result<std::unique_ptr<Client>> Client::make(const Options& options,
                                             const BucketEnvironment& environment) {
  MNEMO_TRY(auto http, HttpClient::make(options.http));
  MNEMO_TRY(auto sources, credential_sources(options, environment));
  return std::unique_ptr<Client>(
      new Client(options, environment, std::move(http), std::move(sources)));
}

Result<HttpResponse> Client::perform(const Context& context, const Request& request,
                                     size_t max_body_bytes) {
  Retries tries(context, options_.max_tries, environment_);
  for (;;) {
    MNEMO_TRY(auto transfer, open(context, request));
    HttpResponse answer = transfer->head();
    auto body = transfer->read_all(max_body_bytes);
    Status failure;
    if (body.ok()) {
      answer.body = std::move(*body);
      // Slow calls begin with status 200 and say only in the body how they ended.
      auto error = parse_error(answer.body);
      if (error.code.empty()) return answer;
      failure = error_status(describe(request, address_of(options_, known_region())),
                             !request.object.empty(), answer, error, now_of(environment_));
      if (!is_retryable_code(error.code)) return failure;
    } else {
      failure = std::move(body).status();
      if (failure.code() != Code::kUnavailable) return failure;
    }
    MNEMO_RETURN_IF_ERROR(tries.wait(failure));
  }
}

Result<std::unique_ptr<HttpTransfer>> Client::open(const Context& context, const Request& request) {
  return open_in(context, request, std::nullopt);
}

Result<std::unique_ptr<HttpTransfer>> Client::open_in(const Context& context,
                                                      const Request& request,
                                                      std::optional<std::string> fixed_region) {
  Retries tries(context, options_.max_tries, environment_);
  for (bool may_move = !fixed_region;;) {
    auto region = fixed_region ? Result<std::string>(*fixed_region) : this->region(context);
    if (!region.ok()) return std::move(region).status();
    Attempt attempt;
    auto answer = send(context, request, *region, attempt);
    if (answer.ok()) return answer;
    if (may_move && !attempt.other_region.empty() && attempt.other_region != *region) {
      may_move = false;
      std::lock_guard lock(region_mutex_);
      region_ = attempt.other_region;
      continue;
    }
    if (!attempt.is_retryable) return answer;
    MNEMO_RETURN_IF_ERROR(tries.wait(answer.status(), attempt.wait));
  }
}

Result<std::unique_ptr<HttpTransfer>> Client::send(const Context& context, const Request& request,
                                                   const std::string& region, Attempt& attempt) {
  MNEMO_TRY(auto credentials, credentials_.get(context));
  auto address = address_of(options_, region);
  auto signing = signing_request(request, address);
  MNEMO_RETURN_IF_ERROR(describe_payload(request, options_, signing));

  HttpRequest http;
  http.method = request.method;
  http.url = address.scheme + "://" + address.host + signing.path;
  if (!request.query.empty()) http.url += "?" + encode_query(request.query);
  http.headers = sign(signing, {region, "s3", now_of(environment_)}, credentials);
  http.body = request.body;
  http.upload = request.upload;
  auto since = std::chrono::steady_clock::now();
  auto answer = http_->open(context, http);
  if (options_.trace) trace(http, answer, since);
  if (!answer.ok()) {
    attempt.is_retryable = answer.status().code() == Code::kUnavailable;
    return answer;
  }
  if ((*answer)->head().ok()) return answer;
  auto failure = fail(request, address, **answer, attempt);
  if (failure.code() == Code::kUnauthenticated) credentials_.drop(credentials);
  return failure;
}

Status Client::fail(const Request& request, const Address& address, HttpTransfer& transfer,
                    Attempt& attempt) {
  const auto& head = transfer.head();
  auto error = parse_error(error_body(transfer));
  if (error.code.empty() && head.status == 400 && request.method == "HEAD") {
    error.message = "no more is told about a HEAD request; the region or the key may be wrong";
  }
  auto now = now_of(environment_);
  auto failure =
      error_status(describe(request, address), !request.object.empty(), head, error, now);
  attempt.wait = retry_after(head, now);
  attempt.is_retryable =
      failure.code() == Code::kUnavailable || failure.code() == Code::kUnauthenticated;
  attempt.other_region =
      error.region.empty() ? std::string(head.header("x-amz-bucket-region")) : error.region;
  return failure;
}

std::string Client::known_region() {
  std::lock_guard lock(region_mutex_);
  return region_;
}

Result<std::string> Client::region(const Context& context) {
  if (auto known = known_region(); !known.empty()) return known;
  MNEMO_TRY(auto found, ask_region(context));
  std::lock_guard lock(region_mutex_);
  if (region_.empty()) region_ = found;
  return region_;
}

Result<std::string> Client::ask_region(const Context& context) {
  Request request;
  request.query = {{"location", ""}};
  auto transfer = open_in(context, request, std::string(kDefaultRegion));
  if (!transfer.ok()) {
    switch (transfer.status().code()) {
      // Policies that allow what is needed often don't allow this; other servers don't have it.
      // Where the region is another one, the next answer tells.
      case Code::kPermissionDenied:
      case Code::kInvalidArgument:
      case Code::kUnimplemented: return std::string(kDefaultRegion);
      default: return std::move(transfer).status();
    }
  }
  MNEMO_TRY(auto body, (*transfer)->read_all(kMaxLocationBytes));
  return parse_location(body);
}

Result<std::string> Client::presign_get(const Context& context, std::string_view object,
                                        std::chrono::seconds lifetime) {
  MNEMO_TRY(auto region, this->region(context));
  MNEMO_TRY(auto credentials, credentials_.get(context));
  Request request;
  request.object = object;
  auto address = address_of(options_, region);
  auto signing = signing_request(request, address);
  signing.payload_hash = kUnsignedPayload;
  return address.scheme + "://" + address.host + signing.path + "?" +
         presign_query(signing, {region, "s3", now_of(environment_)}, credentials, lifetime);
}

void Client::trace(const HttpRequest& request, const Result<std::unique_ptr<HttpTransfer>>& answer,
                   std::chrono::steady_clock::time_point since) const {
  if (!environment_.logger->enabled(LogLevel::kDebug)) return;
  auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - since);
  environment_.logger->debug(
      "s3TraceMsg",
      {{"method", request.method},
       {"url", request.url},
       {"request_headers", headers_text(request.headers)},
       {"status", answer.ok() ? std::to_string((*answer)->head().status) : "none"},
       {"response_headers", answer.ok() ? headers_text((*answer)->head().headers) : ""},
       {"err", answer.ok() ? "" : answer.status().message()},
       {"duration", std::to_string(taken.count()) + "ms"}});
}

}  // namespace mnemo::s3
