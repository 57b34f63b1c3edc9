// SPDX-License-Identifier: Apache-2.0
#include "http/web_config.hpp"

#include "http/basic_auth.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;

namespace {

// Of "abc": a test vector of jBCrypt.
constexpr char kHashOfAbc[] = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";

std::string error_of(const std::string& yaml) {
  return parse_web_config(yaml, "/etc/x").status().message();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("web config: names of files are relative to the file that names them") {
  auto config = parse_web_config(
      "tls_server_config:\n"
      "  cert_file: a.crt\n"
      "  key_file: /keys/a.key\n"
      "  client_ca_file: ca.crt\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"
      "  curve_preferences: [X25519, CurveP256]\n"
      "  min_version: TLS13\n"
      "http_server_config: {http2: false, headers: {X-Frame-Options: deny}}\n",
      "/etc/x");
  REQUIRE_MESSAGE(config.ok(), config.status().message());
  REQUIRE(config->tls);
  CHECK_EQ(config->tls->files.cert_file, "/etc/x/a.crt");
  CHECK_EQ(config->tls->files.key_file, "/keys/a.key");
  CHECK_EQ(config->tls->files.ca_file, "/etc/x/ca.crt");
  CHECK(config->tls->client == ClientCertificate::kRequireAndVerify);
  CHECK_EQ(config->tls->min_version, 0x0304);  // TLS 1.3 on the wire
  CHECK_EQ(config->tls->ciphers, "ECDHE-RSA-AES256-GCM-SHA384");
  CHECK_EQ(config->tls->curves, "X25519:P-256");
  CHECK_EQ(config->headers, HttpHeaders{{"X-Frame-Options", "deny"}});
}

TEST_CASE("web config: without a TLS section there is none, and TLS 1.2 is the least with one") {
  CHECK_FALSE(parse_web_config("", "/")->tls);
  CHECK_FALSE(parse_web_config("tls_server_config: {min_version: TLS13}", "/")->tls);
  CHECK_EQ(parse_web_config("tls_server_config: {cert: a, key: b}", "/")->tls->min_version, 0x0303);
}

TEST_CASE("web config: what would verify nothing, or isn't known, is an error that names it") {
  CHECK(contains(error_of("tls_server_config: {cert_file: a}"), "missing one of key or key_file"));
  CHECK(contains(error_of("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}"),
                 "client CA's have been configured without a Client Auth Policy"));
  CHECK(contains(error_of("tls_server_config: {cert_file: a, key_file: b, client_auth_type: "
                          "VerifyClientCertIfGiven, client_allowed_sans: [x]}"),
                 "client_allowed_sans requires client_auth_type"));
  CHECK(contains(error_of("tls_server_config: {cert_fil: a}"), "unknown field \"cert_fil\""));
  CHECK(contains(error_of("tls_server_config: {min_version: SSL3}"), "unknown TLS version: SSL3"));
  CHECK(contains(error_of("tls_server_config: {cipher_suites: [RC4]}"), "unknown cipher: RC4"));
  CHECK(contains(error_of("http_server_config: {headers: {Server: x}}"), "can not be configured"));
  CHECK(contains(error_of("http_server_config: {headers: {X-Frame-Options: allow}}"), "allow"));
  CHECK(contains(error_of("basic_auth_users: {ann: secret}"), "\"ann\" is no bcrypt hash"));
  CHECK(contains(error_of("rate_limit: {burst: 1}"), "rate_limit is not supported"));
  CHECK(contains(error_of("a: [1"), "web configuration"));
  CHECK(contains(error_of("[1]"), "not a map of fields"));
}

TEST_CASE("basic auth: a password is right for its user's hash alone") {
  PasswordChecker checker;
  PasswordChecker::Users users = {{"ann", kHashOfAbc}};
  for (int round = 0; round < 2; ++round) {  // the second is answered from memory
    CHECK(checker.check(users, "ann", "abc"));
    CHECK_FALSE(checker.check(users, "ann", "Abc"));
    CHECK_FALSE(checker.check(users, "ann", std::string("abc\0more", 8)));
    CHECK_FALSE(checker.check(users, "ann", ""));
  }
  CHECK_FALSE(checker.check(users, "bob", "abc"));
  CHECK_FALSE(checker.check({}, "ann", "abc"));
  users["ann"] = "$2y$05$" + std::string(53, '.');
  CHECK_FALSE(checker.check(users, "ann", "abc"));  // what was right for the old hash
}

TEST_CASE("basic auth: headers of that form alone are taken apart") {
  using Pair = std::pair<std::string, std::string>;
  CHECK_EQ(parse_basic_auth("Basic YW5uOnNlY3JldA=="), Pair("ann", "secret"));
  CHECK_EQ(parse_basic_auth("basic YW5uOmE6Yg=="), Pair("ann", "a:b"));
  CHECK_EQ(parse_basic_auth("Basic YW5uOg=="), Pair("ann", ""));
  for (const char* bad :
       {"", "Basic", "Basic ", "Basic YW5u", "Basic %%%%", "Bearer YW5uOnNl",
        "Basic YW5uOnNlY3JldA==x", "Basic YW5uOnNlY3JldA======", "Basic YW5uOg"}) {
    CHECK_FALSE_MESSAGE(parse_basic_auth(bad), bad);
  }
}
