// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/token.hpp"

#include "base/file.hpp"
#include "http/client_url.hpp"
#include "objstore/retries.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

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

/// An application: known by its secret, or by a token that its cluster signed.
class ApplicationSource final : public TokenSource {
 public:
  ApplicationSource(std::string url, std::string client_id, std::string secret,
                    std::string assertion_file, const BucketEnvironment& environment)
      : url_(std::move(url)),
        client_id_(std::move(client_id)),
        secret_(std::move(secret)),
        assertion_file_(std::move(assertion_file)),
        service_("Microsoft Entra ID", client_options(false), environment) {}

  Result<Token> fetch(const Context& context) override {
    std::vector<std::pair<std::string, std::string>> form = {
        {"client_id", client_id_},
        {"grant_type", "client_credentials"},
        {"scope", std::string(kResource) + "/.default"}};
    if (assertion_file_.empty()) {
      form.emplace_back("client_secret", secret_);
    } else {
      MNEMO_TRY(auto assertion, read_assertion());
      form.emplace_back("client_assertion_type", std::string(kAssertionType));
      form.emplace_back("client_assertion", std::move(assertion));
    }
    HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = encode_form(form);
    return service_.ask(context, request);
  }

 private:
  /// Read each time, since the cluster replaces it.
  Result<std::string> read_assertion() const {
    auto text = read_file(assertion_file_, kMaxAssertionBytes);
    if (!text.ok()) {
      return Status::failed_precondition("AZURE_FEDERATED_TOKEN_FILE: " + text.status().message());
    }
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    return text;
  }

  const std::string url_;
  const std::string client_id_;
  const std::string secret_;
  const std::string assertion_file_;
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
  auto application = [&](const std::string& tenant, const std::string& client_id,
                         const std::string& secret,
                         const std::string& file) -> Result<std::unique_ptr<TokenSource>> {
    MNEMO_TRY(auto url, token_url(tenant));
    return std::unique_ptr<TokenSource>(
        std::make_unique<ApplicationSource>(std::move(url), client_id, secret, file, environment));
  };
  auto managed = [&](const std::string& client_id) {
    return std::unique_ptr<TokenSource>(std::make_unique<ManagedSource>(client_id, environment));
  };
  if (!identity.client_secret.empty()) {
    return application(identity.tenant, identity.client_id, identity.client_secret, {});
  }
  if (!identity.user_assigned_id.empty()) return managed(identity.user_assigned_id);
  auto tenant = environment_text("AZURE_TENANT_ID");
  auto client_id = environment_text("AZURE_CLIENT_ID");
  if (tenant.empty() || client_id.empty()) return managed(client_id);
  if (auto secret = environment_text("AZURE_CLIENT_SECRET"); !secret.empty()) {
    return application(tenant, client_id, secret, {});
  }
  if (!environment_text("AZURE_CLIENT_CERTIFICATE_PATH").empty()) {
    return Status::unimplemented(
        "AZURE_CLIENT_CERTIFICATE_PATH: client certificates are not supported");
  }
  if (auto file = environment_text("AZURE_FEDERATED_TOKEN_FILE"); !file.empty()) {
    return application(tenant, client_id, {}, file);
  }
  return managed(client_id);
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
