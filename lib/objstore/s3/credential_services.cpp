// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/credential_services.hpp"

#include "base/duration.hpp"
#include "base/file.hpp"
#include "http/client_url.hpp"
#include "objstore/retries.hpp"

#include <nlohmann/json.hpp>

#include <cctype>
#include <utility>

namespace mnemo::s3 {
namespace {

constexpr size_t kMaxAnswerBytes = 256 << 10;
constexpr uint64_t kMaxTokenBytes = 64 << 10;
constexpr int kTries = 3;
constexpr std::chrono::milliseconds kTokenTimeout{1000};
constexpr std::chrono::milliseconds kAnswerTimeout{10'000};
constexpr std::string_view kMachineUrl = "http://169.254.169.254";
constexpr std::string_view kContainerUrl = "http://169.254.170.2";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";

/// Addresses of the machine itself or of its provider are never reached through a proxy.
Result<std::shared_ptr<HttpClient>> local_client() {
  HttpClientOptions options;
  options.follow_redirects = false;
  options.connect_timeout = kTokenTimeout;
  options.response_header_timeout = kAnswerTimeout;
  return HttpClient::make(options);
}

/// Sends a request up to three times while the service is busy. Errors: the client's, Unavailable.
Result<HttpResponse> ask(const Context& context, HttpClient& client, const HttpRequest& request,
                         const BucketEnvironment& environment) {
  Retries tries(context, kTries, environment);
  for (;;) {
    auto answer = client.perform(context, request, kMaxAnswerBytes);
    if (answer.ok() && !is_retryable_status(answer->status)) return answer;
    auto failure = answer.ok()
                       ? Status::unavailable("HTTP status " + std::to_string(answer->status))
                       : std::move(answer).status();
    if (failure.code() != Code::kUnavailable) return failure;
    MNEMO_RETURN_IF_ERROR(tries.wait(failure));
  }
}

/// The body isn't shown: it may hold a secret.
Status unwanted(const HttpResponse& answer, const std::string& what) {
  return Status::unauthenticated(what + ": HTTP status " + std::to_string(answer.status));
}

Result<std::string> read_token(const std::string& file) {
  auto token = read_file(file, kMaxTokenBytes);
  if (!token.ok()) return Status::failed_precondition(token.status().message());
  while (!token->empty() && std::isspace(static_cast<unsigned char>(token->back()))) {
    token->pop_back();
  }
  return token;
}

class WebIdentitySource final : public CredentialSource {
 public:
  explicit WebIdentitySource(ServiceOptions options) : options_(std::move(options)) {}
  std::string_view name() const override { return "AWS_WEB_IDENTITY_TOKEN_FILE"; }

  Result<Credentials> fetch(const Context& context) override {
    AssumedRole role;
    role.web_identity_token_file = environment_text("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (role.web_identity_token_file.empty()) return Status::not_found("not in the environment");
    role.arn = environment_text("AWS_ROLE_ARN");
    role.session_name = environment_text("AWS_ROLE_SESSION_NAME");
    return assume_role(context, options_, role);
  }

 private:
  ServiceOptions options_;
};

/// A URL from the environment may get the token that comes with it only over TLS or within the
/// machine.
bool is_trusted_url(const HttpUrl& url) {
  if (url.scheme == "https") return true;
  return url.host == "localhost" || url.host.starts_with("127.") || url.host == "[::1]" ||
         url.host == "169.254.170.2" || url.host == "169.254.170.23" ||
         url.host == "[fd00:ec2::23]";
}

class ContainerSource final : public CredentialSource {
 public:
  ContainerSource(ServiceOptions options, std::shared_ptr<HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}
  std::string_view name() const override { return "AWS_CONTAINER_CREDENTIALS_*_URI"; }

  Result<Credentials> fetch(const Context& context) override {
    HttpRequest request;
    MNEMO_TRY(request.url, url());
    if (request.url.empty()) return Status::not_found("not in the environment");
    auto token = environment_text("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (auto file = environment_text("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
      MNEMO_TRY(token, read_token(file));
    }
    if (!token.empty()) request.headers = {{"Authorization", token}};
    MNEMO_TRY(auto answer, ask(context, *client_, request, options_.environment));
    if (!answer.ok()) return unwanted(answer, "the container's endpoint");
    return parse_credentials_json(answer.body);
  }

 private:
  Result<std::string> url() const {
    if (auto path = environment_text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty()) {
      return join_url(options_.sts_endpoint.empty() ? kContainerUrl : options_.sts_endpoint, path);
    }
    auto full = environment_text("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (full.empty()) return full;
    MNEMO_TRY(auto parsed, parse_http_url(full));
    if (is_trusted_url(parsed)) return full;
    return Status::failed_precondition("AWS_CONTAINER_CREDENTIALS_FULL_URI: " + parsed.redacted +
                                       " is neither https nor a loopback address");
  }

  ServiceOptions options_;
  std::shared_ptr<HttpClient> client_;
};

class MachineSource final : public CredentialSource {
 public:
  MachineSource(ServiceOptions options, std::shared_ptr<HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {
    base_ = options_.sts_endpoint;
    if (base_.empty()) base_ = environment_text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (base_.empty()) base_ = kMachineUrl;
  }
  std::string_view name() const override { return "the machine's metadata"; }

  Result<Credentials> fetch(const Context& context) override {
    if (environment_text("AWS_EC2_METADATA_DISABLED") == "true") {
      return Status::not_found("disabled");
    }
    std::vector<HttpHeader> headers;
    auto token = fetch_token(context);
    if (token.ok()) {
      headers = {{"X-aws-ec2-metadata-token", *token}};
    } else if (token.status().code() != Code::kDeadlineExceeded || !context.check().ok()) {
      return std::move(token).status();
    }
    MNEMO_TRY(auto roles, get(context, std::string(kRolePath), headers));
    if (roles.status == 404) return Status::not_found("the machine has no role");
    if (!roles.ok()) return unwanted(roles, "roles of the machine");
    auto role = roles.body.substr(0, roles.body.find_first_of("\r\n"));
    if (role.empty()) return Status::not_found("the machine has no role");
    MNEMO_TRY(auto answer, get(context, kRolePath.data() + percent_encode(role), headers));
    if (!answer.ok()) return unwanted(answer, "credentials of the machine's role");
    return parse_credentials_json(answer.body);
  }

 private:
  /// Errors: DeadlineExceeded where it takes too long, as behind a container's network; NotFound
  /// where there is no such service.
  Result<std::string> fetch_token(const Context& context) {
    HttpRequest request;
    request.method = "PUT";
    request.url = join_url(base_, "/latest/api/token");
    request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    auto answer = client_->perform(context.with_timeout(kTokenTimeout), request, kMaxAnswerBytes);
    if (!answer.ok() && answer.status().code() == Code::kUnavailable) {
      return Status::not_found(answer.status().message());
    }
    if (!answer.ok()) return std::move(answer).status();
    if (!answer->ok()) return unwanted(*answer, "token of the machine's metadata");
    return std::move(answer->body);
  }

  Result<HttpResponse> get(const Context& context, const std::string& path,
                           const std::vector<HttpHeader>& headers) {
    HttpRequest request;
    request.url = join_url(base_, path);
    request.headers = headers;
    auto answer = ask(context, *client_, request, options_.environment);
    if (!answer.ok() && headers.empty() && answer.status().code() == Code::kUnavailable) {
      return Status::not_found(answer.status().message());
    }
    return answer;
  }

  ServiceOptions options_;
  std::shared_ptr<HttpClient> client_;
  std::string base_;
};

}  // namespace

Result<std::unique_ptr<CredentialSource>> web_identity_source(const ServiceOptions& options) {
  return std::unique_ptr<CredentialSource>(std::make_unique<WebIdentitySource>(options));
}

Result<std::unique_ptr<CredentialSource>> container_source(const ServiceOptions& options) {
  MNEMO_TRY(auto client, local_client());
  return std::unique_ptr<CredentialSource>(
      std::make_unique<ContainerSource>(options, std::move(client)));
}

Result<std::unique_ptr<CredentialSource>> machine_source(const ServiceOptions& options) {
  MNEMO_TRY(auto client, local_client());
  return std::unique_ptr<CredentialSource>(
      std::make_unique<MachineSource>(options, std::move(client)));
}

Result<Credentials> parse_credentials_json(std::string_view body) {
  auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return Status::data_loss("the answer is no JSON object");
  auto text = [&](const char* name) {
    auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  if (auto code = text("Code"); !code.empty() && code != "Success") {
    return Status::unauthenticated(body_excerpt(code + ": " + text("Message"), 256));
  }
  Credentials found{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), {}};
  if (found.access_key.empty() || found.secret_key.empty()) {
    return Status::data_loss("the answer holds no keys");
  }
  if (auto expiration = text("Expiration"); !expiration.empty()) {
    MNEMO_TRY(found.expires_ms, parse_rfc3339_ms(expiration).with_context("Expiration"));
  }
  return found;
}

}  // namespace mnemo::s3
