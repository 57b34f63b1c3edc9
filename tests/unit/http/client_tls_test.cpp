// SPDX-License-Identifier: Apache-2.0
// TLS of the HTTP client against OpenSSL's own server.
#include "http/client.hpp"

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

/// Keys and certificates made by `openssl`: a CA, a server's for prom.example, a client's.
class Certificates {
 public:
  static std::optional<std::string> program() {
    auto found = testing::find_program({"/usr/bin/openssl"});
    if (!found) MESSAGE("skipped: no openssl is installed");
    return found;
  }

  Certificates() {
    run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
    issue("server", "-addext subjectAltName=DNS:prom.example");
    issue("client", "-addext basicConstraints=CA:FALSE");
  }

  std::string path(const std::string& name) const { return (dir_.path() / name).string(); }

 private:
  void issue(const std::string& name, const std::string& extension) {
    run("req -newkey rsa:2048 -nodes -subj /CN=" + name + " " + extension + " -keyout " + name +
        ".key -out " + name + ".csr");
    run("x509 -req -days 2 -copy_extensions copy -CA ca.pem -CAkey ca.key -CAcreateserial -in " +
        name + ".csr -out " + name + ".pem");
  }

  void run(const std::string& command) {
    std::vector<std::string> arguments = {*program()};
    std::istringstream words(command);
    for (std::string word; words >> word;) {
      bool is_file = word.ends_with(".pem") || word.ends_with(".key") || word.ends_with(".csr");
      arguments.push_back(is_file ? path(word) : word);
    }
    testing::ChildProcess process(arguments, dir_.path() / "log");
    int status = process.wait();
    INFO(process.output());
    REQUIRE_EQ(status, 0);
  }

  testing::TempDir dir_;
};

/// `openssl s_server` that answers every request with a page.
class TlsServer {
 public:
  TlsServer(const Certificates& certificates, bool wants_client) {
    std::vector<std::string> arguments = {*Certificates::program(),
                                          "s_server",
                                          "-accept",
                                          "127.0.0.1:0",
                                          "-www",
                                          "-cert",
                                          certificates.path("server.pem"),
                                          "-key",
                                          certificates.path("server.key")};
    if (wants_client) {
      arguments.insert(arguments.end(), {"-Verify", "1", "-verify_return_error", "-CAfile",
                                         certificates.path("ca.pem")});
    }
    process_ = std::make_unique<testing::ChildProcess>(arguments, dir_.path() / "log");
    auto address = process_->wait_for_output("ACCEPT ", 20);
    REQUIRE(address);
    url_ = "https://" + *address + "/";
  }

  Result<HttpResponse> get(const HttpTlsOptions& tls) const {
    HttpClientOptions options;
    options.tls = tls;
    MNEMO_TRY(auto client, HttpClient::make(options));
    HttpRequest request;
    request.url = url_;
    return client->perform(Context().with_timeout(std::chrono::seconds(20)), request, 1 << 20);
  }

 private:
  testing::TempDir dir_;
  std::unique_ptr<testing::ChildProcess> process_;
  std::string url_;
};

}  // namespace

TEST_CASE("http client: the server's certificate and name are verified unless told otherwise") {
  if (!Certificates::program()) return;
  Certificates certificates;
  TlsServer server(certificates, false);
  HttpTlsOptions tls;
  CHECK_EQ(server.get(tls).status().code(), Code::kFailedPrecondition);  // an unknown CA
  tls.ca_file = certificates.path("ca.pem");
  CHECK_EQ(server.get(tls).status().code(), Code::kFailedPrecondition);  // not named 127.0.0.1
  tls.server_name = "prom.example";
  auto answer = server.get(tls);
  REQUIRE_EQ(answer.status(), Status());
  CHECK_EQ(answer->status, 200);
  tls.server_name = "other.example";
  CHECK_EQ(server.get(tls).status().code(), Code::kFailedPrecondition);
  tls.insecure_skip_verify = true;
  CHECK(server.get(tls).ok());
  tls = {};
  tls.ca_file = "/nonexistent.pem";
  CHECK_EQ(server.get(tls).status().code(), Code::kFailedPrecondition);
}

TEST_CASE("http client: a client certificate is presented") {
  if (!Certificates::program()) return;
  Certificates certificates;
  TlsServer server(certificates, true);
  HttpTlsOptions tls;
  tls.ca_file = certificates.path("ca.pem");
  tls.server_name = "prom.example";
  CHECK_FALSE(server.get(tls).ok());
  tls.cert_file = certificates.path("client.pem");
  CHECK_EQ(server.get(tls).status().code(), Code::kInvalidArgument);  // no key
  tls.key_file = certificates.path("client.key");
  CHECK_EQ(server.get(tls).status(), Status());
}
