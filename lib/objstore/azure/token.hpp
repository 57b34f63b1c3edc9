// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/azure/options.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace mnemo::azure {

/// A bearer token for the blob storage, and how long it is good for.
struct Token {
  std::string text;  // never told
  int64_t expires_ms = 0;
};

/// One place that gives tokens. Thread-safe. Errors: Unauthenticated (with Azure's code),
/// FailedPrecondition (a file that can't be read), the HTTP client's. They hold no secret.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  virtual Result<Token> fetch(const Context& context) = 0;
};

/// The source that the configuration names; without one, as Azure's SDK looks for it: the
/// environment's client secret, its client certificate, the pod's federated token, the machine's
/// managed identity. Errors: InvalidArgument (an authority without TLS).
Result<std::unique_ptr<TokenSource>> token_source(const Identity& identity,
                                                  const BucketEnvironment& environment);

/// Keeps a token until five minutes before its end.
///
/// Thread-safe: while one thread fetches, the others wait, unless what they have is still valid.
class TokenCache {
 public:
  TokenCache(std::unique_ptr<TokenSource> source, BucketEnvironment environment);

  /// A token that is valid now, perhaps an old one where no new one is to be had. Errors: the
  /// source's.
  Result<std::string> get(const Context& context);

  /// Fetches anew at the next `get`, since the server has refused `stale`.
  void drop(const std::string& stale);

 private:
  std::optional<std::string> usable(bool even_if_old) const;

  const std::unique_ptr<TokenSource> source_;
  const BucketEnvironment environment_;
  mutable std::mutex mutex_;  // of the next two
  std::optional<Token> current_;
  int64_t refresh_at_ms_ = 0;
  std::mutex fetching_;
};

}  // namespace mnemo::azure
