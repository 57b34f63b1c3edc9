// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/azure/options.hpp"
#include "objstore/azure/shared_key.hpp"
#include "objstore/azure/token.hpp"
#include "objstore/upload_source.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::azure {

/// One call of the blob storage's API for a container.
struct Request {
  std::string method = "GET";
  std::string blob;  // empty: the container itself
  Query query;
  std::vector<HttpHeader> headers;
  std::string body;     // one of the two, or none
  UploadSource upload;  //
};

/// Signs requests for one container, sends them, and tries again what may be tried again; a token
/// that is refused is replaced once.
///
/// Thread-safe.
/// Errors name method, URL without query, HTTP status and Azure's code: NotFound (BlobNotFound),
/// FailedPrecondition (no such container, an ETag that doesn't match), OutOfRange (416),
/// AlreadyExists, PermissionDenied, Unavailable (tried until no try was left), the HTTP client's.
class Client {
 public:
  static Result<std::unique_ptr<Client>> make(const Options& options,
                                              const BucketEnvironment& environment);

  /// The whole answer, of status 2xx.
  Result<HttpResponse> perform(const Context& context, const Request& request,
                               size_t max_body_bytes);

  /// An answer of status 2xx, its body not yet read.
  Result<std::unique_ptr<HttpTransfer>> open(const Context& context, const Request& request);

  const Options& options() const { return options_; }
  const BucketEnvironment& environment() const { return environment_; }

 private:
  Client(const Options& options, const BucketEnvironment& environment,
         std::shared_ptr<HttpClient> http, std::unique_ptr<TokenCache> tokens, std::string root);

  /// `wait` is set where another try makes sense; a refused token is dropped.
  Result<std::unique_ptr<HttpTransfer>> send(const Context& context, const Request& request,
                                             std::optional<std::chrono::milliseconds>& wait,
                                             bool& is_token_refused);
  Result<HttpRequest> signed_request(const Context& context, const Request& request);
  Status failure(const Request& request, HttpTransfer& transfer) const;

  const Options options_;
  BucketEnvironment environment_;
  std::shared_ptr<HttpClient> http_;
  std::unique_ptr<TokenCache> tokens_;  // null: key or signature
  std::string root_;                    // the path of container_url
};

}  // namespace mnemo::azure
