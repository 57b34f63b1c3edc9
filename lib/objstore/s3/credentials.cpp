// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/credentials.hpp"

#include "objstore/retries.hpp"
#include "objstore/s3/credential_files.hpp"
#include "objstore/s3/credential_services.hpp"

#include <algorithm>
#include <utility>

namespace mnemo::s3 {
namespace {

/// Credentials are replaced this long before they expire, or after four fifths of a short life.
constexpr int64_t kRefreshMarginMs = 300'000;

int64_t refresh_time(int64_t now_ms, int64_t expires_ms) {
  auto life = std::max<int64_t>(expires_ms - now_ms, 0);
  return expires_ms - std::min(kRefreshMarginMs, life / 5);
}

class FixedSource final : public CredentialSource {
 public:
  explicit FixedSource(Credentials credentials) : credentials_(std::move(credentials)) {}
  std::string_view name() const override { return "the configuration"; }
  Result<Credentials> fetch(const Context&) override { return credentials_; }

 private:
  Credentials credentials_;
};

class EnvironmentSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "AWS_ACCESS_KEY_ID"; }

  Result<Credentials> fetch(const Context&) override {
    Credentials found{environment_text("AWS_ACCESS_KEY_ID"),
                      environment_text("AWS_SECRET_ACCESS_KEY"),
                      environment_text("AWS_SESSION_TOKEN"),
                      {}};
    if (found.access_key.empty()) found.access_key = environment_text("AWS_ACCESS_KEY");
    if (found.secret_key.empty()) found.secret_key = environment_text("AWS_SECRET_KEY");
    if (found.access_key.empty() || found.secret_key.empty()) {
      return Status::not_found("not in the environment");
    }
    return found;
  }
};

}  // namespace

CredentialCache::CredentialCache(std::vector<std::unique_ptr<CredentialSource>> sources,
                                 std::function<int64_t()> now_ms)
    : sources_(std::move(sources)), now_ms_(std::move(now_ms)) {}

std::optional<Credentials> CredentialCache::usable(bool even_if_old) const {
  std::lock_guard lock(mutex_);
  if (!current_) return std::nullopt;
  auto now = now_ms_();
  if (!refresh_at_ms_ || now < *refresh_at_ms_) return current_;
  bool is_valid = current_->expires_ms && now < *current_->expires_ms;
  return even_if_old && is_valid ? current_ : std::nullopt;
}

Result<Credentials> CredentialCache::get(const Context& context) {
  if (auto fresh = usable(false)) return *std::move(fresh);
  std::unique_lock fetching(fetching_, std::try_to_lock);
  if (!fetching.owns_lock()) {
    // Another thread is fetching: the old ones do as long as they are valid.
    if (auto old = usable(true)) return *std::move(old);
    fetching.lock();
  }
  if (auto fresh = usable(false)) return *std::move(fresh);
  auto fetched = fetch(context);
  if (!fetched.ok()) {
    if (auto old = usable(true)) return *std::move(old);
    return fetched;
  }
  std::lock_guard lock(mutex_);
  current_ = *fetched;
  refresh_at_ms_.reset();
  if (fetched->expires_ms) refresh_at_ms_ = refresh_time(now_ms_(), *fetched->expires_ms);
  return fetched;
}

void CredentialCache::drop(const Credentials& stale) {
  std::lock_guard lock(mutex_);
  if (current_ && current_->access_key == stale.access_key &&
      current_->session_token == stale.session_token) {
    current_.reset();
  }
}

Result<Credentials> CredentialCache::fetch(const Context& context) {
  std::string tried;
  for (const auto& source : sources_) {
    auto found = source->fetch(context);
    if (found.ok()) return found;
    if (found.status().code() != Code::kNotFound) {
      return std::move(found).status().with_context("S3 credentials from " +
                                                    std::string(source->name()));
    }
    tried += (tried.empty() ? "" : ", ") + std::string(source->name());
  }
  return Status::unauthenticated("no S3 credentials; looked for them in: " + tried);
}

Result<std::vector<std::unique_ptr<CredentialSource>>> credential_sources(
    const Options& options, const BucketEnvironment& environment) {
  std::vector<std::unique_ptr<CredentialSource>> sources;
  if (!options.access_key.empty()) {
    sources.push_back(std::make_unique<FixedSource>(
        Credentials{options.access_key, options.secret_key, options.session_token, {}}));
    return sources;
  }
  ServiceOptions services;
  services.http = options.http;
  services.region = options.region;
  services.sts_endpoint = options.sts_endpoint;
  services.environment = environment;
  sources.push_back(std::make_unique<EnvironmentSource>());
  if (options.aws_sdk_auth) {
    // The SDK's order: a role for the pod comes before the files.
    MNEMO_TRY(auto web_identity, web_identity_source(services));
    sources.push_back(std::move(web_identity));
    sources.push_back(profile_source(services, ProfileFiles::kConfigAndCredentials));
  } else {
    sources.push_back(profile_source(services, ProfileFiles::kCredentials));
    MNEMO_TRY(auto web_identity, web_identity_source(services));
    sources.push_back(std::move(web_identity));
  }
  MNEMO_TRY(auto container, container_source(services));
  sources.push_back(std::move(container));
  MNEMO_TRY(auto machine, machine_source(services));
  sources.push_back(std::move(machine));
  return sources;
}

}  // namespace mnemo::s3
