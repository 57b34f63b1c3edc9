// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/options.hpp"
#include "objstore/s3/sigv4.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::s3 {

/// One place that may have credentials.
///
/// Thread-safe. Errors: NotFound where the place isn't configured, so that the next one is asked;
/// anything else is the end of the search. Messages hold no secret.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual std::string_view name() const = 0;
  virtual Result<Credentials> fetch(const Context& context) = 0;
};

/// Credentials from the first of several places that has some, kept until shortly before they
/// expire.
///
/// Thread-safe: while one thread fetches, the others wait, unless what they have is still valid.
class CredentialCache {
 public:
  CredentialCache(std::vector<std::unique_ptr<CredentialSource>> sources,
                  std::function<int64_t()> now_ms);

  /// Errors: Unauthenticated (no place has any; names them), the failing place's.
  Result<Credentials> get(const Context& context);

  /// Fetches anew at the next `get`, since the server has refused `stale`.
  void drop(const Credentials& stale);

 private:
  Result<Credentials> fetch(const Context& context);
  std::optional<Credentials> usable(bool even_if_old) const;

  std::vector<std::unique_ptr<CredentialSource>> sources_;
  std::function<int64_t()> now_ms_;
  mutable std::mutex mutex_;  // of current_ and refresh_at_ms_
  std::optional<Credentials> current_;
  std::optional<int64_t> refresh_at_ms_;
  std::mutex fetching_;
};

/// The places that Thanos looks at: the configuration alone where it has keys; all that AWS' SDK
/// knows with aws_sdk_auth; otherwise the environment, the credentials file, and the identity of
/// the pod, container or machine.
Result<std::vector<std::unique_ptr<CredentialSource>>> credential_sources(
    const Options& options, const BucketEnvironment& environment);

}  // namespace mnemo::s3
