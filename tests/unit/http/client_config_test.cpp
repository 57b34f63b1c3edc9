// SPDX-License-Identifier: Apache-2.0
#include "http/client_config.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("http client configuration: every field of Thanos' is read") {
  auto options = parse_http_client_config(R"(
basic_auth:
  username: bob
  password: "123"
bearer_token_file: /token
proxy_url: http://proxy:3128
follow_redirects: false
tls_config:
  ca_file: /ca.pem
  cert_file: /cert.pem
  key_file: /key.pem
  server_name: prom.example
  insecure_skip_verify: true
transport_config:
  max_idle_conns: 7
  max_idle_conns_per_host: 2
  idle_conn_timeout: 30000000000
  response_header_timeout: 1500000000
  expect_continue_timeout: 10000000000
  max_conns_per_host: 0
  disable_compression: true
  tls_handshake_timeout: 3000000000
  dialer_timeout: 2000000000
)");
  REQUIRE(options);
  CHECK_EQ(options->username, "bob");
  CHECK_EQ(options->password, "123");
  CHECK_EQ(options->bearer_token_file, "/token");
  CHECK_EQ(options->proxy_url, "http://proxy:3128");
  CHECK_FALSE(options->follow_redirects);
  CHECK_EQ(options->tls.ca_file, "/ca.pem");
  CHECK_EQ(options->tls.server_name, "prom.example");
  CHECK(options->tls.insecure_skip_verify);
  CHECK_EQ(options->max_idle_connections, 7);
  CHECK_EQ(options->idle_timeout.count(), 30000);
  CHECK_EQ(options->response_header_timeout.count(), 1500);
  CHECK_EQ(options->connect_timeout.count(), 2000);
  CHECK_FALSE(options->accept_compressed);
}

TEST_CASE("http client configuration: an empty document gives the defaults") {
  auto options = parse_http_client_config("");
  REQUIRE(options);
  CHECK(options->follow_redirects);
  CHECK_FALSE(options->tls.insecure_skip_verify);
  CHECK_EQ(options->connect_timeout.count(), 5000);
}

TEST_CASE("http client configuration: unknown fields and wrong types are refused by name") {
  auto error = [](const char* yaml) {
    auto options = parse_http_client_config(yaml);
    return options.ok() ? std::string("accepted") : options.status().message();
  };
  CHECK_EQ(error("bearer: x"),
           "HTTP client configuration: line 1: unknown field \"bearer\"; known are basic_auth, "
           "bearer_token, bearer_token_file, proxy_url, follow_redirects, tls_config, "
           "transport_config");
  CHECK_EQ(error("tls_config: {ca: x}"),
           "HTTP client configuration: line 1: unknown field \"ca\"; known are ca_file, cert_file, "
           "key_file, server_name, insecure_skip_verify");
  CHECK_EQ(error("tls_config: {insecure_skip_verify: [1]}"),
           "HTTP client configuration: line 1: field \"insecure_skip_verify\" is no true or false");
  CHECK_EQ(error("basic_auth: 5"),
           "HTTP client configuration: line 1: field \"basic_auth\" is no map of fields");
  CHECK_EQ(error("[1]"), "HTTP client configuration: line 1: not a map of fields");
  CHECK_NE(error("a: [").find("HTTP client configuration: "), std::string::npos);
}
