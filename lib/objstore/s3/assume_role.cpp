// SPDX-License-Identifier: Apache-2.0
// AWS' Security Token Service: AssumeRole and AssumeRoleWithWebIdentity.
#include "base/digest.hpp"
#include "base/duration.hpp"
#include "base/file.hpp"
#include "http/client_url.hpp"
#include "objstore/retries.hpp"
#include "objstore/s3/credential_services.hpp"
#include "objstore/s3/errors.hpp"
#include "objstore/s3/sigv4.hpp"
#include "objstore/s3/xml.hpp"

#include <pugixml.hpp>

#include <utility>
#include <vector>

namespace mnemo::s3 {
namespace {

constexpr size_t kMaxAnswerBytes = 256 << 10;
constexpr uint64_t kMaxTokenBytes = 64 << 10;
constexpr int kTries = 3;

std::string region_of(const ServiceOptions& options) {
  if (!options.region.empty()) return options.region;
  auto region = environment_text("AWS_REGION");
  return region.empty() ? environment_text("AWS_DEFAULT_REGION") : region;
}

std::string sts_url(const ServiceOptions& options) {
  if (!options.sts_endpoint.empty()) return join_url(options.sts_endpoint, "/");
  auto region = region_of(options);
  if (region.empty()) return "https://sts.amazonaws.com/";
  return "https://sts." + region + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn/" : "/");
}

Result<std::shared_ptr<HttpClient>> sts_client(const ServiceOptions& options) {
  HttpClientOptions http;
  // The bucket's TLS settings are for a private service, not for AWS.
  if (!options.sts_endpoint.empty()) http = options.http;
  http.proxy_from_environment = true;
  http.follow_redirects = false;
  http.response_header_timeout = std::chrono::seconds(30);
  return HttpClient::make(http);
}

Result<std::string> form_of(const AssumedRole& role, int64_t now_ms) {
  bool with_token = !role.web_identity_token_file.empty();
  std::vector<std::pair<std::string, std::string>> form = {
      {"Action", with_token ? "AssumeRoleWithWebIdentity" : "AssumeRole"},
      {"Version", "2011-06-15"},
      {"RoleArn", role.arn},
      {"RoleSessionName",
       role.session_name.empty() ? "mnemo-" + std::to_string(now_ms) : role.session_name}};
  if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
  if (with_token) {
    auto token = read_file(role.web_identity_token_file, kMaxTokenBytes);
    if (!token.ok()) return Status::failed_precondition(token.status().message());
    while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
    form.emplace_back("WebIdentityToken", std::move(*token));
  }
  return encode_form(form);
}

Result<HttpRequest> sts_request(const ServiceOptions& options, const AssumedRole& role) {
  auto now = now_of(options.environment);
  HttpRequest request;
  request.method = "POST";
  request.url = sts_url(options);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"Accept", "application/xml"}};
  MNEMO_TRY(request.body, form_of(role, now));
  if (!role.as) return request;
  MNEMO_TRY(auto url, parse_http_url(request.url));
  SigningRequest signing{
      request.method,  url.host + (url.has_port ? ":" + url.port : ""),       "/", {},
      request.headers, hex_text(digest_of(DigestKind::kSha256, request.body))};
  auto region = region_of(options);
  request.headers = sign(signing, {region.empty() ? "us-east-1" : region, "sts", now}, *role.as);
  return request;
}

Result<Credentials> parse_sts(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) {
    return Status::data_loss("STS answered with malformed XML");
  }
  auto found = document.document_element().first_element_by_path("AssumeRoleResult/Credentials");
  if (!found) {
    found = document.document_element().first_element_by_path(
        "AssumeRoleWithWebIdentityResult/Credentials");
  }
  Credentials credentials{found.child_value("AccessKeyId"),
                          found.child_value("SecretAccessKey"),
                          found.child_value("SessionToken"),
                          {}};
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return Status::data_loss("STS answered without keys");
  }
  MNEMO_TRY(credentials.expires_ms,
            parse_rfc3339_ms(found.child_value("Expiration")).with_context("STS: Expiration"));
  return credentials;
}

}  // namespace

Result<Credentials> assume_role(const Context& context, const ServiceOptions& options,
                                const AssumedRole& role) {
  if (role.arn.empty()) return Status::failed_precondition("no role to assume (AWS_ROLE_ARN)");
  MNEMO_TRY(auto client, sts_client(options));
  Retries tries(context, kTries, options.environment);
  for (;;) {
    // Anew each time: the token's file is replaced now and then, and a signature ages.
    MNEMO_TRY(auto request, sts_request(options, role));
    auto answer = client->perform(context, request, kMaxAnswerBytes);
    if (answer.ok() && answer->ok()) return parse_sts(answer->body);
    Status failure;
    if (answer.ok()) {
      auto error = parse_error(answer->body);
      auto now = now_of(options.environment);
      failure = error_status("POST " + sts_url(options), false, *answer, error, now);
      if (error.code == "IDPCommunicationError") failure = Status::unavailable(failure.message());
    } else {
      failure = std::move(answer).status();
    }
    if (failure.code() != Code::kUnavailable) return failure;
    MNEMO_RETURN_IF_ERROR(tries.wait(failure));
  }
}

}  // namespace mnemo::s3
