// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/backoff.hpp"
#include "http/client.hpp"
#include "objstore/environment.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <optional>

namespace mnemo {

/// The tries of one call over the network.
///
/// Not thread-safe. REQUIRES: `context` and `environment` outlive it.
class Retries {
 public:
  /// `most`: how often the call is tried in all.
  Retries(const Context& context, int most, const BucketEnvironment& environment);

  /// Waits before the next try, as long as the server has asked for or a random time that grows.
  /// Returns `failure` where no try is left or the wait would pass the context's deadline, and the
  /// context's status when it ends meanwhile.
  Status wait(const Status& failure, std::optional<std::chrono::milliseconds> asked = {});

 private:
  const Context& context_;
  const BucketEnvironment& environment_;
  Backoff backoff_;
  int left_;
};

/// The `Retry-After` of an answer, in seconds or as a date; at most a minute.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& answer, int64_t now_ms);

/// Whether an answer of this status may be different the next time.
bool is_retryable_status(int http_status);

/// A date as HTTP has it ("Fri, 24 May 2013 00:00:00 GMT"), in milliseconds since the epoch.
std::optional<int64_t> parse_http_date_ms(std::string_view text);

/// In the same form.
std::string format_http_date(int64_t ms);

int64_t now_of(const BucketEnvironment& environment);

}  // namespace mnemo
