// SPDX-License-Identifier: Apache-2.0
#include "api/probes.hpp"

#include <utility>

namespace mnemo::api {
namespace {

ServerResponse verdict(bool good) {
  return good ? ServerResponse::text(200, "OK") : ServerResponse::text(503, "NOT OK\n");
}

}  // namespace

void add_probe_routes(HttpRouter& router, const Probe& probe, const Metrics& metrics,
                      std::function<void()> before_metrics) {
  router.get("/-/healthy", [&probe](const Context&, const ServerRequest&) {
    return verdict(probe.is_healthy());
  });
  router.get("/-/ready",
             [&probe](const Context&, const ServerRequest&) { return verdict(probe.is_ready()); });
  router.get("/metrics", [&metrics, before_metrics = std::move(before_metrics)](
                             const Context&, const ServerRequest&) {
    if (before_metrics) before_metrics();
    ServerResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.render();
    return response;
  });
}

}  // namespace mnemo::api
