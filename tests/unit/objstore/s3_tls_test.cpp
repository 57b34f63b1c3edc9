// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"
#include "base/file.hpp"
#include "fake_s3.hpp"
#include "http/server.hpp"
#include "http/web_access.hpp"
#include "objstore/config.hpp"
#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Object storage behind TLS that has one object, "here", and keeps the headers of its last
/// request.
class TlsStorage {
 public:
  explicit TlsStorage(const std::string& demands = "") {
    write_certificate(dir_.path(), "ca");
    write_certificate(dir_.path(), "other-ca");
    write_certificate(dir_.path(), "server", "ca", "DNS:s3.test");
    write_certificate(dir_.path(), "client", "ca", "DNS:client.test");
    auto web = file("web.yml");
    REQUIRE(write_file_atomically(web,
                                  "tls_server_config: {cert_file: server.crt, key_file: "
                                  "server.key" +
                                      demands + "}\n")
                .ok());
    HttpServerOptions options;
    options.address = "127.0.0.1:0";
    options.access = *WebAccess::open(web, null_logger());
    server_ = *HttpServer::listen(options, [this](const Context&, ServerRequest& request) {
      std::lock_guard lock(mutex_);
      last_ = request.headers;
      auto response = ServerResponse::text(200, "content");
      response.headers = {{"ETag", "\"1\""}};
      return response;
    });
    server_->start(1);
  }

  std::string file(const std::string& name) const { return (dir_.path() / name).string(); }

  /// The object, asked for as the configuration has it; or why not.
  std::string get(const std::string& http_config, const std::string& more = "") {
    auto bucket = make_bucket_from_config(
        "{type: S3, config: {bucket: blocks, region: x, access_key: A, secret_key: VERYSECRET, "
        "endpoint: '127.0.0.1:" +
            std::to_string(server_->port()) + "', max_retries: 1, http_config: " + http_config +
            more + "}}",
        quick_environment());
    if (!bucket.ok()) return bucket.status().to_string();
    auto got = (*bucket)->get(Context().with_timeout(std::chrono::seconds(10)), "here", 1000);
    return got.ok() ? std::string(got->as_string()) : got.status().to_string();
  }

  std::string header(const std::string& name) {
    std::lock_guard lock(mutex_);
    ServerRequest request;
    request.headers = last_;
    return std::string(request.header(name));
  }

 private:
  TempDir dir_;
  std::mutex mutex_;
  HttpHeaders last_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

TEST_CASE("s3: over TLS the certificate must be of the authority and for the name") {
  TlsStorage storage;
  auto with = [&](const std::string& more, const std::string& ca = "ca") {
    return storage.get("{tls_config: {ca_file: " + storage.file(ca + ".crt") + more + "}}");
  };
  CHECK_EQ(with(", server_name: s3.test"), "content");
  CHECK_NE(with(""), "content");  // not for 127.0.0.1
  CHECK_NE(with(", server_name: else.test"), "content");
  CHECK_NE(with(", server_name: s3.test", "other-ca"), "content");
  CHECK_EQ(with(", insecure_skip_verify: true", "other-ca"), "content");
  CHECK_EQ(storage.get("{insecure_skip_verify: true}"), "content");
  CHECK(has(with(", server_name: s3.test", "absent"), "absent.crt"));
}

TEST_CASE("s3: over TLS the client shows its certificate") {
  TlsStorage storage(", client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert");
  auto tls = "{tls_config: {server_name: s3.test, ca_file: " + storage.file("ca.crt");
  CHECK_NE(storage.get(tls + "}}"), "content");
  CHECK_EQ(storage.get(tls + ", cert_file: " + storage.file("client.crt") +
                       ", key_file: " + storage.file("client.key") + "}}"),
           "content");
}

TEST_CASE("s3: a customer's key goes with requests over TLS") {
  TlsStorage storage;
  std::string key = "0123456789abcdef0123456789abcdef";
  REQUIRE(write_file_atomically(storage.file("key"), key).ok());
  auto more = ", sse_config: {type: SSE-C, encryption_key: " + storage.file("key") + "}";
  CHECK_EQ(storage.get("{insecure_skip_verify: true}", more), "content");
  CHECK_EQ(storage.header("x-amz-server-side-encryption-customer-algorithm"), "AES256");
  CHECK_EQ(storage.header("x-amz-server-side-encryption-customer-key"), base64_text(key));
}
