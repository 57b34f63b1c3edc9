// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/service.hpp"
#include "store/prometheus/prometheus_api.hpp"

#include <mnemo/labels.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace mnemo::rpc {

/// thanos.Rules, Targets, Metadata, Exemplars and Status over a Prometheus server's HTTP API.
/// Rules, targets and exemplars get the external labels, which are asked for at each call. A bound
/// on time is the caller's. Errors: InvalidArgument (malformed request), those of the API.
std::vector<ServiceMethod> prometheus_services(std::shared_ptr<PrometheusApi> api,
                                               std::function<Labels()> external_labels);

}  // namespace mnemo::rpc
