// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <mnemo/status.hpp>

#include <string_view>

namespace mnemo {

/// Reads the YAML of an HTTP client as Thanos has it (`--prometheus.http-client` and others):
/// basic_auth, bearer_token, bearer_token_file, proxy_url, tls_config, transport_config (times in
/// nanoseconds), and Prometheus' follow_redirects. An empty text gives the defaults.
///
/// What only tunes Go's transport (max_conns_per_host, expect_continue_timeout, ...) is accepted
/// and has no effect. Errors: InvalidArgument that names the field: unknown, or of a wrong type.
Result<HttpClientOptions> parse_http_client_config(std::string_view yaml);

}  // namespace mnemo
