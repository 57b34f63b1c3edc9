// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/credentials.hpp"
#include "objstore/s3/endpoint.hpp"
#include "objstore/s3/options.hpp"
#include "objstore/upload_source.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::s3 {

/// One call of S3's API for a bucket.
struct Request {
  std::string method = "GET";
  std::string object;  // empty: the bucket itself
  Query query;
  std::vector<HttpHeader> headers;
  std::string body;     // one of the two, or none
  UploadSource upload;  //
};

/// Signs requests for one bucket, sends them, and tries again what may be tried again: broken
/// connections, statuses and codes that ask for it, expired credentials, and (once) another region.
///
/// Thread-safe.
/// Errors name method, URL without query, HTTP status and S3's code: NotFound (NoSuchKey),
/// FailedPrecondition (no such bucket, an ETag that doesn't match), OutOfRange (416),
/// PermissionDenied (keys, signature, clock, policy), Aborted (NoSuchUpload), Unavailable (tried
/// until no try was left), and the HTTP client's.
class Client {
 public:
  static Result<std::unique_ptr<Client>> make(const Options& options,
                                              const BucketEnvironment& environment);

  /// The whole answer, of status 2xx and without an `Error` document in it.
  Result<HttpResponse> perform(const Context& context, const Request& request,
                               size_t max_body_bytes);

  /// An answer of status 2xx, its body not yet read.
  Result<std::unique_ptr<HttpTransfer>> open(const Context& context, const Request& request);

  /// A URL that lets whoever has it read the object for `lifetime`.
  Result<std::string> presign_get(const Context& context, std::string_view object,
                                  std::chrono::seconds lifetime);

  const Options& options() const { return options_; }
  const BucketEnvironment& environment() const { return environment_; }

 private:
  struct Attempt;
  Client(const Options& options, const BucketEnvironment& environment,
         std::shared_ptr<HttpClient> http, std::vector<std::unique_ptr<CredentialSource>> sources);

  std::string known_region();
  Result<std::string> region(const Context& context);
  Result<std::string> ask_region(const Context& context);
  Result<std::unique_ptr<HttpTransfer>> send(const Context& context, const Request& request,
                                             const std::string& region, Attempt& attempt);
  Status fail(const Request& request, const Address& address, HttpTransfer& transfer,
              Attempt& attempt);
  Result<std::unique_ptr<HttpTransfer>> open_in(const Context& context, const Request& request,
                                                std::optional<std::string> fixed_region);
  void trace(const HttpRequest& request, const Result<std::unique_ptr<HttpTransfer>>& answer,
             std::chrono::steady_clock::time_point since) const;

  const Options options_;
  const BucketEnvironment environment_;
  std::shared_ptr<HttpClient> http_;
  CredentialCache credentials_;
  std::mutex region_mutex_;
  std::string region_;  // empty until known
};

}  // namespace mnemo::s3
