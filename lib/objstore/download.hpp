// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/environment.hpp"

#include <mnemo/bucket.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mnemo {

/// A part of an object to ask a server for.
struct RangeRequest {
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // none: to the end
  std::string if_match;            // an ETag that the object must still have, where not empty

  bool is_whole() const { return offset == 0 && !length; }
  /// The value of a Range header. REQUIRES: not is_whole().
  std::string header() const;
};

/// How a provider's objects are read.
struct ObjectReader {
  /// Returns an answer of status 200 or 206 whose body is not yet read. Errors: NotFound;
  /// OutOfRange (416); FailedPrecondition (no longer that ETag); Unavailable (retried already).
  std::function<Result<std::unique_ptr<HttpTransfer>>(const RangeRequest&)> open;
  std::function<Result<ObjectAttributes>()> attributes;
  int tries = 1;  // of a body that breaks off
};

/// As `Bucket::get` and `Bucket::get_range`. A body that breaks off is read on from where it broke,
/// as long as the object is the same.
Result<Bytes> download_object(const Context& context, std::string_view name, uint64_t max_bytes,
                              const ObjectReader& reader, const BucketEnvironment& environment);
Result<Bytes> download_range(const Context& context, std::string_view name, uint64_t offset,
                             uint64_t length, const ObjectReader& reader,
                             const BucketEnvironment& environment);

/// A header that is a number, e.g. Content-Length.
std::optional<uint64_t> number_header(const HttpResponse& answer, std::string_view name);

/// Content-Length and Last-Modified of an answer to HEAD. Errors: DataLoss (absent or malformed).
Result<ObjectAttributes> attributes_of(const HttpResponse& answer, std::string_view name);

}  // namespace mnemo
