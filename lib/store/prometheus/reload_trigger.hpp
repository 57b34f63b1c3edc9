// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/prometheus/prometheus_api.hpp"

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <string>

namespace mnemo {

/// Makes a Prometheus server read its configuration again by its API. Errors: those of the API; a
/// server without --web.enable-lifecycle refuses.
Status reload_by_http(const Context& context, const PrometheusApi& api);

/// Makes the first process of that executable's name read its configuration again by SIGHUP, then
/// waits until the server says that it has. Errors: NotFound (no process), PermissionDenied,
/// FailedPrecondition (the configuration is bad), DeadlineExceeded, those of the API.
Status reload_by_signal(const Context& context, const PrometheusApi& api,
                        const std::string& process_name);

}  // namespace mnemo
