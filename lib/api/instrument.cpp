// SPDX-License-Identifier: Apache-2.0
#include "api/instrument.hpp"

#include "base/letter_case.hpp"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace mnemo::api {
namespace {

const std::vector<double>& duration_buckets() {
  static const std::vector<double> kBuckets = {0.001, 0.01, 0.1, 0.3, 0.6, 1,   3,   6,  9,
                                               20,    30,   60,  90,  120, 240, 360, 720};
  return kBuckets;
}

const std::vector<double>& size_buckets() {
  static const std::vector<double> kBuckets = {64,   128,  256,  512,   1024,
                                               2048, 4096, 8192, 16384, 32768};
  return kBuckets;
}

/// Only the methods that exist become label values.
std::string known_method(const std::string& method) {
  for (const char* known : {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"}) {
    if (method == known) return method;
  }
  return "unknown";
}

size_t request_size(const ServerRequest& request) {
  size_t size = request.method.size() + request.path.size() + request.body.size();
  for (const auto& [name, value] : request.headers) size += name.size() + value.size();
  return size;
}

}  // namespace

HttpHandler instrumented(Metrics& metrics, std::string name, HttpHandler handler) {
  return [&metrics, name = std::move(name), handler = std::move(handler)](
             const Context& context, const ServerRequest& request) {
    auto begin = std::chrono::steady_clock::now();
    auto method = known_method(request.method);
    auto& in_flight = metrics.gauge("http_inflight_requests",
                                    "Current number of HTTP requests the handler is responding to.",
                                    {{"handler", name}, {"method", method}});
    in_flight.add(1);
    auto response = handler(context, request);
    in_flight.add(-1);
    Metrics::LabelMap labels = {{"code", std::to_string(response.status)},
                                {"handler", name},
                                {"method", lower_case(method)}};
    std::chrono::duration<double> duration = std::chrono::steady_clock::now() - begin;
    metrics.counter("http_requests_total", "Tracks the number of HTTP requests.", labels)
        .increment();
    metrics
        .histogram("http_request_duration_seconds", "Tracks the latencies for HTTP requests.",
                   duration_buckets(), labels)
        .observe(duration.count());
    metrics
        .histogram("http_request_size_bytes", "Tracks the size of HTTP requests.", size_buckets(),
                   labels)
        .observe(static_cast<double>(request_size(request)));
    metrics
        .histogram("http_response_size_bytes", "Tracks the size of HTTP responses.", size_buckets(),
                   labels)
        .observe(static_cast<double>(response.body.size()));
    return response;
  };
}

}  // namespace mnemo::api
