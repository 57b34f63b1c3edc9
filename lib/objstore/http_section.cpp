// SPDX-License-Identifier: Apache-2.0
#include "objstore/http_section.hpp"

#include <algorithm>

namespace mnemo {
namespace {

constexpr std::chrono::hours kNoLimit{24 * 365};
constexpr int64_t kManyConnections = 1000;
constexpr std::chrono::seconds kConnectTimeout{30};  // as Go's dialer has it there

std::chrono::milliseconds or_no_limit(std::chrono::milliseconds timeout) {
  return timeout.count() > 0 ? timeout : kNoLimit;
}

}  // namespace

yaml::Fields HttpSection::fields() {
  using namespace yaml;
  return {{"idle_conn_timeout", duration(idle_timeout)},
          {"response_header_timeout", duration(response_header_timeout)},
          {"insecure_skip_verify", flag(insecure_skip_verify)},
          {"tls_handshake_timeout", duration(tls_handshake_timeout)},
          {"expect_continue_timeout", duration(expect_continue_timeout)},
          {"max_idle_conns", integer(max_idle)},
          {"max_idle_conns_per_host", integer(max_idle_per_host)},
          {"max_conns_per_host", integer(max_per_host)},
          {"tls_config", section({{"ca_file", text(tls.ca_file)},
                                  {"cert_file", text(tls.cert_file)},
                                  {"key_file", text(tls.key_file)},
                                  {"server_name", text(tls.server_name)},
                                  {"insecure_skip_verify", flag(tls.insecure_skip_verify)}})},
          {"disable_compression", flag(disable_compression)}};
}

HttpClientOptions HttpSection::options() const {
  HttpClientOptions options;
  options.tls = tls;
  options.tls.insecure_skip_verify |= insecure_skip_verify;
  options.proxy_from_environment = true;
  options.follow_redirects = false;
  options.accept_compressed = false;
  options.connect_timeout = kConnectTimeout;
  options.tls_handshake_timeout = or_no_limit(tls_handshake_timeout);
  options.response_header_timeout = response_header_timeout;
  options.idle_timeout = or_no_limit(idle_timeout);
  auto idle = max_idle > 0 ? max_idle : kManyConnections;
  if (max_idle_per_host > 0) idle = std::min(idle, max_idle_per_host);
  options.max_idle_connections = static_cast<size_t>(idle);
  return options;
}

}  // namespace mnemo
