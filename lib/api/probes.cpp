// SPDX-License-Identifier: Apache-2.0
#include "api/probes.hpp"

namespace mnemo::api {
namespace {

ServerResponse verdict(bool good) {
  return good ? ServerResponse::text(200, "OK") : ServerResponse::text(503, "NOT OK\n");
}

}  // namespace

void add_probe_routes(HttpRouter& router, const Probe& probe, const Metrics& metrics) {
  router.get("/-/healthy", [&probe](const Context&, const ServerRequest&) {
    return verdict(probe.is_healthy());
  });
  router.get("/-/ready",
             [&probe](const Context&, const ServerRequest&) { return verdict(probe.is_ready()); });
  router.get("/metrics", [&metrics](const Context&, const ServerRequest&) {
    ServerResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.render();
    return response;
  });
}

}  // namespace mnemo::api
