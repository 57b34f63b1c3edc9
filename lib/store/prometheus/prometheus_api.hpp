// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <mnemo/context.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

/// Those of Prometheus' flags that concern who works beside it. Times in milliseconds; 0 where the
/// server doesn't say.
struct PrometheusFlags {
  std::string tsdb_path;
  int64_t min_block_duration = 0;
  int64_t max_block_duration = 0;
  int64_t retention = 0;  // 0: Prometheus' default
  std::string delay_compact_file;
  bool admin_api = false;
  bool lifecycle = false;
};

/// What the label APIs answer, in the server's order, without external labels.
struct PrometheusList {
  std::vector<std::string> values;
  std::vector<std::string> warnings;
};

struct PrometheusSeriesList {
  std::vector<Labels> series;
  std::vector<std::string> warnings;
};

/// The parts of a Prometheus server's HTTP API that its sidecar needs.
///
/// Thread-safe. Ownership: shares the HTTP client.
/// No answer is taken beyond a limit. Errors: those of `HttpClient`; the code of an HTTP status
/// (`code_of_http_status`) with the body's first bytes; DataLoss when the answer isn't what the API
/// promises.
class PrometheusApi {
 public:
  /// `base_url` may have a path, below which the server lives.
  PrometheusApi(std::shared_ptr<HttpClient> client, std::string base_url,
                size_t max_body_bytes = 256U << 20);

  /// `global.external_labels` of the running configuration, which a reload may change.
  Result<Labels> external_labels(const Context& context) const;
  Result<PrometheusFlags> flags(const Context& context) const;
  /// "0" for servers that don't tell (before 2.14).
  Result<std::string> version(const Context& context) const;
  /// OK when the server is ready to answer queries.
  Status ready(const Context& context) const;
  /// The time of the oldest sample, from the server's metrics; kMinTime when there is none yet or
  /// it isn't told.
  Result<int64_t> lowest_time(const Context& context) const;

  /// `matchers` may be empty, which means all series; otherwise one of them must not match the
  /// empty value. `limit` 0: none.
  Result<PrometheusList> label_names(const Context& context, std::span<const Matcher> matchers,
                                     TimeRange range, int64_t limit) const;
  Result<PrometheusList> label_values(const Context& context, std::string_view label,
                                      std::span<const Matcher> matchers, TimeRange range,
                                      int64_t limit) const;
  Result<PrometheusSeriesList> series(const Context& context, std::span<const Matcher> matchers,
                                      TimeRange range, int64_t limit) const;

  /// Sends a remote read request (see remote_read.hpp); a status other than 2xx is a failure.
  Result<std::unique_ptr<HttpTransfer>> remote_read(const Context& context,
                                                    std::string request) const;

  /// Takes a snapshot of everything, the head included; its folder's name below `snapshots`.
  /// Errors: FailedPrecondition when the server's admin API is off.
  Result<std::string> snapshot(const Context& context) const;

  using Parameters = std::vector<std::pair<std::string, std::string>>;

  /// The body of any answer of the server's (2xx); `path` may have a query.
  Result<std::string> get(const Context& context, std::string_view path) const;
  Result<std::string> post(const Context& context, std::string_view path,
                           const Parameters& form) const;

  const std::string& base_url() const { return base_url_; }

 private:
  Result<std::string> body_of(const Context& context, const HttpRequest& request) const;
  static Parameters selection(std::span<const Matcher> matchers, TimeRange range, int64_t limit);

  const std::shared_ptr<HttpClient> client_;
  const std::string base_url_;
  const size_t max_body_bytes_;
};

}  // namespace mnemo
