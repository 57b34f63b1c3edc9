// SPDX-License-Identifier: Apache-2.0
#include "support/certificates.hpp"
#include "recording_store.hpp"
#include "support/temp_dir.hpp"

#include "http/pem_files.hpp"
#include "rpc/client.hpp"
#include "rpc/server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using mnemo::testing::write_certificate;
using namespace std::chrono_literals;

namespace {

struct Tls {
  testing::TempDir dir;
  std::unique_ptr<rpc::GrpcServer> server;

  Tls() {
    write_certificate(dir.path(), "ca");
    write_certificate(dir.path(), "other-ca");
    write_certificate(dir.path(), "server", "ca", "DNS:store.test");
    write_certificate(dir.path(), "client", "ca");
    write_certificate(dir.path(), "stranger", "other-ca");
  }

  std::string file(const std::string& name) const {
    return name.empty() ? name : (dir.path() / name).string();
  }

  Status serve(const std::string& cert, const std::string& key, const std::string& client_ca) {
    rpc::GrpcServerOptions options;
    options.address = "127.0.0.1:0";
    options.tls = rpc::TlsServerOptions{file(cert), file(key), file(client_ca)};
    auto started = rpc::GrpcServer::start(
        std::make_shared<RecordingStore>(std::make_shared<RecordedCalls>()), options);
    if (!started) return started.status();
    server = *std::move(started);
    return {};
  }

  /// How a call goes with these client options; `name` as discovery would remember it.
  Code call(std::optional<rpc::TlsClientOptions> tls, const std::string& name = {}) const {
    rpc::GrpcStoreOptions options;
    options.address = "127.0.0.1:" + std::to_string(server->port());
    options.server_name = name;
    if (tls) {
      tls->ca_file = file(tls->ca_file);
      tls->cert_file = file(tls->cert_file);
      tls->key_file = file(tls->key_file);
    }
    options.tls = tls;
    auto client = rpc::GrpcStore::create(options);
    if (!client) return client.status().code();
    return (*client)->label_names(Context().with_timeout(5s), {}).status().code();
  }
};

}  // namespace

TEST_CASE("rpc tls: the server's certificate must be signed and name the host") {
  Tls tls;
  REQUIRE(tls.serve("server.crt", "server.key", "").ok());
  CHECK_EQ(tls.call({{"ca.crt", "", "", "store.test", false}}), Code::kOk);
  CHECK_EQ(tls.call({{"ca.crt", "", "", "", false}}, "store.test"), Code::kOk);
  CHECK_EQ(tls.call({{"ca.crt", "", "", "store.test", false}}, "wrong.test"), Code::kOk);
  CHECK_EQ(tls.call({{"ca.crt", "", "", "", false}}), Code::kUnavailable);  // names no 127.0.0.1
  CHECK_EQ(tls.call({{"ca.crt", "", "", "else.test", false}}), Code::kUnavailable);
  CHECK_EQ(tls.call({{"other-ca.crt", "", "", "store.test", false}}), Code::kUnavailable);
  CHECK_EQ(tls.call({{"", "", "", "store.test", false}}), Code::kUnavailable);
  CHECK_EQ(tls.call({{"", "", "", "", true}}), Code::kOk);
  CHECK_EQ(tls.call(std::nullopt), Code::kUnavailable);
}

TEST_CASE("rpc tls: with a client CA, only its clients are served") {
  Tls tls;
  REQUIRE(tls.serve("server.crt", "server.key", "ca.crt").ok());
  CHECK_EQ(tls.call({{"ca.crt", "client.crt", "client.key", "store.test", false}}), Code::kOk);
  CHECK_EQ(tls.call({{"", "client.crt", "client.key", "", true}}), Code::kOk);
  CHECK_EQ(tls.call({{"ca.crt", "", "", "store.test", false}}), Code::kUnavailable);
  CHECK_EQ(tls.call({{"ca.crt", "stranger.crt", "stranger.key", "store.test", false}}),
           Code::kUnavailable);
}

TEST_CASE("rpc tls: files that don't fit are named at start") {
  Tls tls;
  std::ofstream(tls.dir.path() / "text") << "no PEM";
  struct Case {
    const char* cert;
    const char* key;
    const char* ca;
    const char* named;
  };
  for (const auto& [cert, key, ca, named] :
       {Case{"missing", "server.key", "", "missing"}, Case{"server.crt", "missing", "", "missing"},
        Case{"text", "server.key", "", "text"}, Case{"server.crt", "text", "", "text"},
        Case{"server.crt", "client.key", "", "client.key"},
        Case{"server.crt", "server.key", "text", "text"}, Case{"server.crt", "", "", "key"}}) {
    auto status = tls.serve(cert, key, ca);
    CHECK_EQ(status.code(), Code::kInvalidArgument);
    CHECK_MESSAGE(status.message().find(named) != std::string::npos, status.message());
  }
  rpc::GrpcStoreOptions client;
  client.tls = rpc::TlsClientOptions{"", tls.file("client.crt"), "", "", false};
  CHECK_EQ(rpc::GrpcStore::create(client).status().code(), Code::kInvalidArgument);
}

TEST_CASE("rpc tls: new certificates of server and client are used without a restart") {
  Tls tls;
  REQUIRE(tls.serve("server.crt", "server.key", "ca.crt").ok());
  rpc::GrpcStoreOptions options;
  options.address = "127.0.0.1:" + std::to_string(tls.server->port());
  options.tls = rpc::TlsClientOptions{tls.file("ca.crt"), tls.file("client.crt"),
                                      tls.file("client.key"), "store.test", false};
  auto client = *rpc::GrpcStore::create(options);
  auto ask = [&](rpc::GrpcStore& store) {
    return store.label_names(Context().with_timeout(5s), {}).status();
  };
  CHECK(ask(*client).ok());

  // Another authority signs both from now on; the files are exchanged one by one under calls.
  write_certificate(tls.dir.path(), "new-server", "other-ca", "DNS:store.test");
  write_certificate(tls.dir.path(), "new-client", "other-ca");
  auto replace = [&](const char* from, const char* to) {
    std::filesystem::rename(tls.file(from), tls.file(to));
    CHECK(ask(*client).ok());
  };
  replace("new-server.crt", "server.crt");  // not yet of this key: the old pair stays
  std::this_thread::sleep_for(PemWatch::kInterval);
  CHECK(ask(*client).ok());
  CHECK(ask(**rpc::GrpcStore::create({options.address, "", options.tls})).ok());
  replace("new-server.key", "server.key");
  std::filesystem::copy_file(tls.file("other-ca.crt"), tls.file("ca.crt"),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(tls.file("new-client.crt"), tls.file("client.crt"));
  std::filesystem::rename(tls.file("new-client.key"), tls.file("client.key"));
  std::this_thread::sleep_for(2 * PemWatch::kInterval);
  CHECK(ask(*client).ok());
  auto fresh = options;
  CHECK(ask(**rpc::GrpcStore::create(fresh)).ok());
  // The old authority's clients are refused now.
  write_certificate(tls.dir.path(), "third");
  fresh.tls->ca_file = tls.file("third.crt");
  CHECK_EQ(ask(**rpc::GrpcStore::create(fresh)).code(), Code::kUnavailable);
}

TEST_CASE("rpc tls: a refused client is told what may be wrong with its certificate") {
  Tls tls;
  REQUIRE(tls.serve("server.crt", "server.key", "ca.crt").ok());
  write_certificate(tls.dir.path(), "expired", "ca", "", -1);
  auto error = [&](const std::string& name) {
    rpc::GrpcStoreOptions options;
    options.address = "127.0.0.1:" + std::to_string(tls.server->port());
    options.tls = rpc::TlsClientOptions{tls.file("ca.crt"), "", "", "store.test", false};
    if (!name.empty()) options.tls->cert_file = tls.file(name + ".crt");
    if (!name.empty()) options.tls->key_file = tls.file(name + ".key");
    auto client = *rpc::GrpcStore::create(options);
    return client->label_names(Context().with_timeout(5s), {}).status().to_string();
  };
  auto none = error("");
  CHECK_MESSAGE(none.find("no client certificate is configured") != std::string::npos, none);
  auto expired = error("expired");
  CHECK_MESSAGE(expired.find("expired.crt expired on ") != std::string::npos, expired);
}
