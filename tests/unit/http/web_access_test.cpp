// SPDX-License-Identifier: Apache-2.0
#include "http/web_access.hpp"

#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

#include "http/client.hpp"
#include "http/server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace mnemo;
using namespace std::chrono_literals;
using mnemo::testing::write_certificate;

namespace {

// Of "abc": a test vector of jBCrypt.
constexpr char kHashOfAbc[] = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
constexpr char kServerTls[] = "tls_server_config: {cert_file: server.crt, key_file: server.key";

/// A server behind a web configuration, in a folder with certificates.
struct Guarded {
  testing::TempDir dir;
  std::unique_ptr<HttpServer> server;

  Guarded() {
    write_certificate(dir.path(), "ca");
    write_certificate(dir.path(), "other-ca");
    write_certificate(dir.path(), "server", "ca", "DNS:web.test");
    write_certificate(dir.path(), "client", "ca", "DNS:client.test");
    write_certificate(dir.path(), "stranger", "other-ca", "DNS:client.test");
    write_certificate(dir.path(), "expired", "ca", "DNS:client.test", -1);
  }

  std::string file(const std::string& name) const { return (dir.path() / name).string(); }

  void configure(const std::string& yaml) const { std::ofstream(file("web.yml")) << yaml; }

  void serve(const std::string& yaml) {
    configure(yaml);
    HttpServerOptions options;
    options.address = "127.0.0.1:0";
    auto access = WebAccess::open(file("web.yml"), null_logger());
    REQUIRE_MESSAGE(access.ok(), access.status().message());
    options.access = *access;
    server = *HttpServer::listen(options, [](const Context&, ServerRequest&) {
      return ServerResponse::text(200, std::string(100'000, 'x'));
    });
    server->start(1);
  }

  /// The status of an answer; 0 without one.
  int get(const std::string& cert = {}, const std::string& password = {},
          const std::string& ca = "ca", const std::string& scheme = "https") const {
    HttpClientOptions options;
    options.tls.ca_file = file(ca + ".crt");
    options.tls.server_name = "web.test";
    if (!cert.empty()) options.tls.cert_file = file(cert + ".crt");
    if (!cert.empty()) options.tls.key_file = file(cert + ".key");
    if (!password.empty()) options.username = "ann";
    options.password = password;
    auto client = *HttpClient::make(options);
    HttpRequest request;
    request.url = scheme + "://127.0.0.1:" + std::to_string(server->port()) + "/x";
    auto answer = client->perform(Context().with_timeout(5s), request, 1 << 20);
    if (answer && answer->ok()) CHECK_EQ(answer->body.size(), 100'000);
    return answer ? answer->status : 0;
  }
};

}  // namespace

TEST_CASE("web access: with TLS plain requests and unknown authorities get nothing") {
  Guarded guarded;
  guarded.serve(std::string(kServerTls) + "}");
  CHECK_EQ(guarded.get(), 200);
  CHECK_EQ(guarded.get("", "", "other-ca"), 0);
  CHECK_EQ(guarded.get("", "", "ca", "http"), 0);
}

TEST_CASE("web access: certificates of clients are required and verified") {
  Guarded guarded;
  guarded.serve(std::string(kServerTls) +
                ", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert}");
  CHECK_EQ(guarded.get("client"), 200);
  CHECK_EQ(guarded.get(), 0);
  CHECK_EQ(guarded.get("stranger"), 0);
  CHECK_EQ(guarded.get("expired"), 0);
}

TEST_CASE("web access: only clients with an allowed name are let in") {
  Guarded guarded;
  auto demand = std::string(kServerTls) +
                ", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert, "
                "client_allowed_sans: ";
  guarded.serve(demand + "[else.test, client.test]}");
  CHECK_EQ(guarded.get("client"), 200);
  CHECK_EQ(guarded.get("stranger"), 0);
  guarded.server.reset();
  guarded.serve(demand + "[else.test]}");
  CHECK_EQ(guarded.get("client"), 0);
}

TEST_CASE("web access: passwords are asked for, and headers sent with every answer") {
  Guarded guarded;
  guarded.serve("basic_auth_users: {ann: " + std::string(kHashOfAbc) +
                "}\nhttp_server_config: {headers: {X-Frame-Options: deny}}\n");
  CHECK_EQ(guarded.get("", "abc", "ca", "http"), 200);
  CHECK_EQ(guarded.get("", "wrong", "ca", "http"), 401);
  auto client = *HttpClient::make({});
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(guarded.server->port());
  auto answer = client->perform(Context().with_timeout(5s), request, 1000);
  REQUIRE(answer.ok());
  CHECK_EQ(answer->status, 401);
  CHECK_EQ(answer->header("WWW-Authenticate"), "Basic");
  CHECK_EQ(answer->header("X-Frame-Options"), "deny");
  CHECK_EQ(answer->body, "Unauthorized\n");
}

TEST_CASE("web access: changed certificates and users are taken over, broken ones are not") {
  Guarded guarded;
  guarded.serve(std::string(kServerTls) + "}");
  CHECK_EQ(guarded.get(), 200);
  write_certificate(guarded.dir.path(), "server", "other-ca", "DNS:web.test");
  std::this_thread::sleep_for(600ms);
  CHECK_EQ(guarded.get("", "", "other-ca"), 200);
  CHECK_EQ(guarded.get(), 0);
  std::ofstream(guarded.file("server.key")) << "broken";
  std::this_thread::sleep_for(600ms);
  CHECK_EQ(guarded.get("", "", "other-ca"), 200);
  write_certificate(guarded.dir.path(), "server", "ca", "DNS:web.test");
  guarded.configure(std::string(kServerTls) + "}\nbasic_auth_users: {ann: " + kHashOfAbc + "}\n");
  std::this_thread::sleep_for(600ms);
  CHECK_EQ(guarded.get(), 401);
  CHECK_EQ(guarded.get("", "abc"), 200);
  guarded.configure("basic_auth_users: {ann: " + std::string(kHashOfAbc) + "}\n");
  std::this_thread::sleep_for(600ms);
  CHECK_EQ(guarded.get("", "abc"), 200);  // TLS isn't turned off under way
}

TEST_CASE("web access: what can't be used is named at the start") {
  Guarded guarded;
  auto error = [&](const std::string& yaml) {
    guarded.configure(yaml);
    return WebAccess::open(guarded.file("web.yml"), null_logger()).status().message();
  };
  CHECK(error("tls_server_config: {cert_file: gone.crt, key_file: server.key}").find("gone.crt") !=
        std::string::npos);
  CHECK(error("tls_server_config: {cert_file: server.crt, key_file: client.key}")
            .find("client.key is not the key of") != std::string::npos);
  CHECK(WebAccess::open(guarded.file("none.yml"), null_logger()).status().code() ==
        Code::kInvalidArgument);
}
