// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/token.hpp"

#include "base/file.hpp"
#include "base/letter_case.hpp"
#include "http/client_url.hpp"
#include "objstore/azure/client_assertion.hpp"
#include "objstore/retries.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <utility>
#include <vector>

namespace mnemo::azure {
namespace {

constexpr std::string_view kAuthority = "https://login.microsoftonline.com";
constexpr std::string_view kMachine = "http://169.254.169.254";
constexpr std::string_view kResource = "https://storage.azure.com";
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr size_t kMaxAnswerBytes = 256 << 10;
constexpr uint64_t kMaxAssertionBytes = 64 << 10;
constexpr int kTries = 3;
constexpr int64_t kRefreshBeforeMs = 5 * 60'000;
constexpr int64_t kNextTryMs = 30'000;
constexpr std::chrono::milliseconds kConnectTimeout{1000};
constexpr std::chrono::milliseconds kAnswerTimeout{10'000};

/// A number, which some services write as text.
std::optional<int64_t> number_of(const nlohmann::json& json, const char* name) {
  auto at = json.find(name);
  if (at == json.end()) return std::nullopt;
  if (at->is_number_integer()) return at->get<int64_t>();
  if (!at->is_string()) return std::nullopt;
  const auto& text = at->get_ref<const std::string&>();
  int64_t number = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string text_of(const nlohmann::json& json, const char* name) {
  auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// Codes only: descriptions may repeat what was sent.
Status refusal(const std::string& what, const HttpResponse& answer, const nlohmann::json& json) {
  auto message = what + ": HTTP status " + std::to_string(answer.status);
  if (json.is_object()) {
    auto is_code = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    auto add_code = [&](std::string_view text) {
      auto end = std::find_if_not(text.begin(), text.end(), is_code);
      auto code = text.substr(0, static_cast<size_t>(end - text.begin()));
      if (!code.empty() && code.size() <= 64) message += ": " + std::string(code);
    };
    add_code(text_of(json, "error"));
    auto description = text_of(json, "error_description");
    if (description.starts_with("AADSTS")) add_code(description);
  }
  return Status::unauthenticated(std::move(message));
}

Result<Token> token_of(const std::string& what, const HttpResponse& answer, int64_t now_ms) {
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!answer.ok()) return refusal(what, answer, json);
  if (!json.is_object()) return Status::data_loss(what + ": the answer is no JSON object");
  Token token{text_of(json, "access_token"), 0};
  auto seconds = number_of(json, "expires_in");
  auto until = number_of(json, "expires_on");
  constexpr int64_t kMost = 100LL * 365 * 86'400;
  if (token.text.empty() || token.text.find_first_of("\r\n") != std::string::npos) {
    return Status::data_loss(what + ": the answer holds no access_token");
  }
  if (seconds) {
    token.expires_ms = now_ms + std::clamp<int64_t>(*seconds, 0, kMost) * 1000;
  } else if (until) {
    token.expires_ms = std::clamp<int64_t>(*until, 0, 2 * kMost) * 1000;
  } else {
    return Status::data_loss(what + ": the answer doesn't say when the token expires");
  }
  return token;
}

/// Asks one service, up to three times while it is busy.
class Service {
 public:
  Service(std::string what, const HttpClientOptions& http, BucketEnvironment environment)
      : what_(std::move(what)), http_(http), environment_(std::move(environment)) {}

  Result<Token> ask(const Context& context, const HttpRequest& request) {
    MNEMO_TRY(auto client, client());
    Retries tries(context, kTries, environment_);
    for (;;) {
      auto answer = client->perform(context, request, kMaxAnswerBytes);
      if (answer.ok() && !is_retryable_status(answer->status)) {
        return token_of(what_, *answer, now_of(environment_));
      }
      auto failure = answer.ok()
                         ? Status::unavailable("HTTP status " + std::to_string(answer->status))
                         : std::move(answer).status();
      if (failure.code() != Code::kUnavailable) return failure.with_context(what_);
      MNEMO_RETURN_IF_ERROR(tries.wait(failure).with_context(what_));
    }
  }

 private:
  Result<std::shared_ptr<HttpClient>> client() {
    std::lock_guard lock(mutex_);
    if (!client_) {
      MNEMO_TRY(client_, HttpClient::make(http_));
    }
    return client_;
  }

  const std::string what_;
  const HttpClientOptions http_;
  const BucketEnvironment environment_;
  std::mutex mutex_;
  std::shared_ptr<HttpClient> client_;
};

HttpClientOptions client_options(bool is_local) {
  HttpClientOptions options;
  options.follow_redirects = false;
  options.proxy_from_environment = !is_local;  // never to the machine itself
  if (is_local) options.connect_timeout = kConnectTimeout;
  options.response_header_timeout = kAnswerTimeout;
  return options;
}

using Form = std::vector<std::pair<std::string, std::string>>;

/// The fields of a request that prove who asks, made anew for each.
using Proof = std::function<Result<Form>()>;

Form assertion_form(std::string assertion) {
  return {{"client_assertion_type", std::string(kAssertionType)},
          {"client_assertion", std::move(assertion)}};
}

Proof secret_proof(const std::string& secret) {
  return [secret]() -> Result<Form> { return Form{{"client_secret", secret}}; };
}

/// A token that the pod's cluster signed. Read each time, since the cluster replaces it.
Proof federated_proof(const std::string& file) {
  return [file]() -> Result<Form> {
    auto text = read_file(file, kMaxAssertionBytes);
    if (!text.ok()) {
      return Status::failed_precondition("AZURE_FEDERATED_TOKEN_FILE: " + text.status().message());
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    return assertion_form(*std::move(text));
  };
}

/// The file, too, is read each time: certificates are replaced before they end.
Proof certificate_proof(const std::string& file, const std::string& token_url,
                        const std::string& client_id, const BucketEnvironment& environment) {
  auto send = lower_case(environment_text("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"));
  const AssertionClaims claims{token_url, client_id, 0, send == "1" || send == "true"};
  auto password = environment_text("AZURE_CLIENT_CERTIFICATE_PASSWORD");
  return [file, password, claims, environment]() -> Result<Form> {
    constexpr std::string_view kWhat = "AZURE_CLIENT_CERTIFICATE_PATH";
    MNEMO_TRY(auto certificate, read_client_certificate(file, password).with_context(kWhat));
    auto now = claims;
    now.now_ms = now_of(environment);
    auto assertion = client_assertion(certificate, now);
    if (!assertion.ok()) return assertion.status().with_context(file).with_context(kWhat);
    return assertion_form(*std::move(assertion));
  };
}

/// An application, which proves what it is.
class ApplicationSource final : public TokenSource {
 public:
  ApplicationSource(std::string url, std::string client_id, Proof proof,
                    const BucketEnvironment& environment)
      : url_(std::move(url)),
        client_id_(std::move(client_id)),
        proof_(std::move(proof)),
        service_("Microsoft Entra ID", client_options(false), environment) {}

  Result<Token> fetch(const Context& context) override {
    Form form = {{"client_id", client_id_},
                 {"grant_type", "client_credentials"},
                 {"scope", std::string(kResource) + "/.default"}};
    MNEMO_TRY(auto proof, proof_());
    form.insert(form.end(), proof.begin(), proof.end());
    HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = encode_form(form);
    return service_.ask(context, request);
  }

 private:
  const std::string url_;
  const std::string client_id_;
  const Proof proof_;
  Service service_;
};

/// The identity that the machine, or the service that runs this program, was given.
class ManagedSource final : public TokenSource {
 public:
  ManagedSource(std::string client_id, const BucketEnvironment& environment)
      : client_id_(std::move(client_id)),
        service_("managed identity", client_options(true), environment) {}

  Result<Token> fetch(const Context& context) override {
    auto endpoint = environment_text("IDENTITY_ENDPOINT");
    auto secret = environment_text("IDENTITY_HEADER");
    bool is_service = !endpoint.empty() && !secret.empty();
    HttpRequest request;
    if (is_service) {
      request.url = endpoint;
      request.headers = {{"X-IDENTITY-HEADER", secret}};
    } else {
      auto host = environment_text("AZURE_POD_IDENTITY_AUTHORITY_HOST");
      request.url = join_url(host.empty() ? kMachine : host, "/metadata/identity/oauth2/token");
      request.headers = {{"Metadata", "true"}};
    }
    std::vector<std::pair<std::string, std::string>> query = {
        {"api-version", is_service ? "2019-08-01" : "2018-02-01"},
        {"resource", std::string(kResource)}};
    if (!client_id_.empty()) query.emplace_back("client_id", client_id_);
    request.url += (request.url.find('?') == std::string::npos ? "?" : "&") + encode_form(query);
    return service_.ask(context, request);
  }

 private:
  const std::string client_id_;
  Service service_;
};

bool is_loopback(const HttpUrl& url) {
  return url.host == "localhost" || url.host.starts_with("127.") || url.host == "[::1]";
}

Result<std::string> token_url(const std::string& tenant) {
  auto authority = environment_text("AZURE_AUTHORITY_HOST");
  if (authority.empty()) authority = kAuthority;
  MNEMO_TRY(auto parsed, parse_http_url(authority).with_context("AZURE_AUTHORITY_HOST"));
  if (parsed.scheme != "https" && !is_loopback(parsed)) {
    return Status::invalid_argument("AZURE_AUTHORITY_HOST: " + parsed.redacted +
                                    " is no https URL, and secrets go there");
  }
  return join_url(authority, "/" + percent_encode(tenant) + "/oauth2/v2.0/token");
}

}  // namespace

Result<std::unique_ptr<TokenSource>> token_source(const Identity& identity,
                                                  const BucketEnvironment& environment) {
  auto application = [&](const std::string& url, const std::string& client_id, Proof proof) {
    return std::unique_ptr<TokenSource>(
        std::make_unique<ApplicationSource>(url, client_id, std::move(proof), environment));
  };
  auto managed = [&](const std::string& client_id) {
    return std::unique_ptr<TokenSource>(std::make_unique<ManagedSource>(client_id, environment));
  };
  if (!identity.client_secret.empty()) {
    MNEMO_TRY(auto url, token_url(identity.tenant));
    return application(url, identity.client_id, secret_proof(identity.client_secret));
  }
  if (!identity.user_assigned_id.empty()) return managed(identity.user_assigned_id);
  auto tenant = environment_text("AZURE_TENANT_ID");
  auto client_id = environment_text("AZURE_CLIENT_ID");
  if (tenant.empty() || client_id.empty()) return managed(client_id);
  auto secret = environment_text("AZURE_CLIENT_SECRET");
  auto certificate = environment_text("AZURE_CLIENT_CERTIFICATE_PATH");
  auto federated = environment_text("AZURE_FEDERATED_TOKEN_FILE");
  if (secret.empty() && certificate.empty() && federated.empty()) return managed(client_id);
  MNEMO_TRY(auto url, token_url(tenant));
  if (!secret.empty()) return application(url, client_id, secret_proof(secret));
  if (!certificate.empty()) {
    return application(url, client_id, certificate_proof(certificate, url, client_id, environment));
  }
  return application(url, client_id, federated_proof(federated));
}

TokenCache::TokenCache(std::unique_ptr<TokenSource> source, BucketEnvironment environment)
    : source_(std::move(source)), environment_(std::move(environment)) {}

std::optional<std::string> TokenCache::usable(bool even_if_old) const {
  std::lock_guard lock(mutex_);
  auto now = now_of(environment_);
  if (!current_ || now >= current_->expires_ms) return std::nullopt;
  if (!even_if_old && now >= refresh_at_ms_) return std::nullopt;
  return current_->text;
}

Result<std::string> TokenCache::get(const Context& context) {
  if (auto token = usable(false)) return *std::move(token);
  std::unique_lock fetching(fetching_, std::try_to_lock);
  if (!fetching.owns_lock()) {
    if (auto token = usable(true)) return *std::move(token);
    fetching.lock();
    if (auto token = usable(false)) return *std::move(token);
  }
  auto fetched = source_->fetch(context);
  if (!fetched.ok()) {
    auto old = usable(true);
    if (!old) return fetched.status();
    std::lock_guard lock(mutex_);
    refresh_at_ms_ = now_of(environment_) + kNextTryMs;
    return *std::move(old);
  }
  std::lock_guard lock(mutex_);
  current_ = *std::move(fetched);
  refresh_at_ms_ = current_->expires_ms - kRefreshBeforeMs;
  return current_->text;
}

void TokenCache::drop(const std::string& stale) {
  std::lock_guard lock(mutex_);
  if (current_ && current_->text == stale) current_.reset();
}

}  // namespace mnemo::azure
