// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/token.hpp"

#include "base/file.hpp"
#include "fake_entra.hpp"
#include "support/temp_dir.hpp"

#include <yaml-cpp/yaml.h>

#include <atomic>

using namespace mnemo;
using namespace mnemo::azure;
using namespace mnemo::testing;

namespace {

/// The blob storage: an object for who has the wanted token, 401 for others.
struct Blobs {
  std::atomic<int> wanted{0};
  FakeServer server{[this](size_t, const PeerRequest& request, PeerConnection& connection) {
    if (has(request.head, "Authorization: Bearer T" + std::to_string(wanted) + "\r\n")) {
      connection.answer("200 OK", "content", "ETag: \"1\"\r\n");
    } else {
      connection.answer("401 Unauthorized", "", "x-ms-error-code: InvalidAuthenticationInfo\r\n");
    }
  }};

  Options options(const Identity& identity) const {
    Options options;
    options.account = "account";
    options.identity = identity;
    options.container = "blocks";
    options.container_url = server.url() + "/blocks";
    options.create_container = false;
    return options;
  }
};

std::string text_of(const Options& options, BucketEnvironment environment = quick_environment()) {
  auto bucket = azure::open_bucket(options, environment);
  if (!bucket.ok()) return bucket.status().to_string();
  auto got = (*bucket)->get(Context().with_timeout(std::chrono::seconds(10)), "a/meta.json", 1000);
  return got.ok() ? std::string(got->as_string()) : got.status().to_string();
}

const Identity kApplication = {"tenant 1", "client", "VERY&SECRET", {}};

Status read_status(const std::string& fields) {
  return read_config(YAML::Load("{storage_account: a, container: c, " + fields + "}")).status();
}

}  // namespace

TEST_CASE("azure: a client secret is exchanged for a token, which goes with requests") {
  ScopedVariables variables;
  FakeServer entra(tokens());
  clear(variables).set("AZURE_AUTHORITY_HOST", entra.url() + "/");
  Blobs blobs;
  CHECK_EQ(text_of(blobs.options(kApplication)), "content");
  REQUIRE_EQ(entra.count(), 1);
  CHECK_EQ(entra.lines()[0], "POST /tenant%201/oauth2/v2.0/token");
  CHECK_EQ(entra.requests()[0].body,
           "client_id=client&grant_type=client_credentials&scope=https%3A%2F%2Fstorage.azure.com%2F"
           ".default&client_secret=VERY%26SECRET");
  CHECK(has(blobs.server.requests()[0].head, "x-ms-version: 20"));
}

TEST_CASE("azure: a pod's token, read each time, is exchanged for one of the storage") {
  ScopedVariables variables;
  FakeServer entra(tokens());
  TempDir folder;
  auto file = (folder.path() / "token").string();
  clear(variables).set("AZURE_AUTHORITY_HOST", entra.url());
  variables.set("AZURE_TENANT_ID", "tenant");
  variables.set("AZURE_CLIENT_ID", "client");
  variables.set("AZURE_FEDERATED_TOKEN_FILE", file);
  Blobs blobs;
  CHECK(has(text_of(blobs.options({})), "AZURE_FEDERATED_TOKEN_FILE: "));
  REQUIRE(write_file_atomically(file, "JWT0\n").ok());
  auto source = *token_source({}, quick_environment());
  CHECK_EQ(source->fetch(Context())->text, "T0");
  REQUIRE(write_file_atomically(file, "JWT1").ok());
  CHECK_EQ(source->fetch(Context())->text, "T1");
  CHECK(has(entra.requests()[0].body,
            "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
            "bearer&client_assertion=JWT0"));
  CHECK(entra.requests()[1].body.ends_with("client_assertion=JWT1"));
}

TEST_CASE("azure: a managed identity asks the machine, or the service that runs the program") {
  ScopedVariables variables;
  FakeServer machine(tokens());
  clear(variables).set("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.url());
  auto fetch = [](const Identity& identity) {
    auto token = (*token_source(identity, quick_environment()))->fetch(Context());
    return token.ok() ? token->text : token.status().to_string();
  };
  CHECK_EQ(fetch({}), "T0");
  variables.set("AZURE_CLIENT_ID", "of the environment");
  CHECK_EQ(fetch({}), "T1");
  CHECK_EQ(fetch({{}, {}, {}, "own"}), "T2");
  variables.set("IDENTITY_ENDPOINT", machine.url() + "/msi/token");
  variables.set("IDENTITY_HEADER", "HEADERSECRET");
  CHECK_EQ(fetch({}), "T3");
  const std::string query = "api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com";
  CHECK_EQ(machine.lines(),
           std::vector<std::string>{
               "GET /metadata/identity/oauth2/token?" + query,
               "GET /metadata/identity/oauth2/token?" + query + "&client_id=of%20the%20environment",
               "GET /metadata/identity/oauth2/token?" + query + "&client_id=own",
               "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com"
               "&client_id=of%20the%20environment"});
  CHECK(has(machine.requests()[0].head, "Metadata: true\r\n"));
  CHECK(has(machine.requests()[3].head, "X-IDENTITY-HEADER: HEADERSECRET\r\n"));
}

TEST_CASE("azure: tokens are replaced before their end, and an old one is used while it is good") {
  ScopedVariables variables;
  std::atomic<bool> is_down{false};
  FakeServer entra([&](size_t number, const PeerRequest& request, PeerConnection& connection) {
    if (is_down) return (void)connection.answer("400 Bad Request", "{}");
    tokens()(number, request, connection);
  });
  clear(variables).set("AZURE_AUTHORITY_HOST", entra.url());
  std::atomic<int64_t> now{1'000'000'000};
  auto environment = quick_environment();
  environment.now_ms = [&] { return now.load(); };
  TokenCache cache(*token_source(kApplication, environment), environment);
  auto get = [&] {
    auto token = cache.get(Context());
    return token.ok() ? *token : std::string(code_name(token.status().code()));
  };
  CHECK_EQ(get(), "T0");
  now += 54 * 60'000;
  CHECK_EQ(get(), "T0");
  now += 2 * 60'000;
  is_down = true;
  CHECK_EQ(get(), "T0");  // good for four minutes more
  CHECK_EQ(get(), "T0");
  CHECK_EQ(entra.count(), 2);  // it isn't asked all the time
  now += 5 * 60'000;
  CHECK_EQ(get(), "Unauthenticated");
  is_down = false;
  CHECK_EQ(get(), "T3");
}

TEST_CASE("azure: a token that is refused is replaced, once") {
  ScopedVariables variables;
  FakeServer entra(tokens());
  clear(variables).set("AZURE_AUTHORITY_HOST", entra.url());
  Blobs blobs;
  blobs.wanted = 1;
  CHECK_EQ(text_of(blobs.options(kApplication)), "content");
  CHECK_EQ(entra.count(), 2);
  blobs.wanted = 99;
  auto failure = text_of(blobs.options(kApplication));
  CHECK(has(failure, "Unauthenticated: GET "));
  CHECK(has(failure, "InvalidAuthenticationInfo"));
  CHECK_EQ(entra.count(), 4);
}

TEST_CASE("azure: a refusal tells its codes and nothing that was sent") {
  ScopedVariables variables;
  FakeServer entra([](size_t, const PeerRequest& request, PeerConnection& connection) {
    connection.answer("401 Unauthorized",
                      R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid )" +
                          request.body + "\"}");
  });
  clear(variables).set("AZURE_AUTHORITY_HOST", entra.url());
  Blobs blobs;
  CHECK_EQ(text_of(blobs.options(kApplication)),
           "Unauthenticated: Microsoft Entra ID: HTTP status 401: invalid_client: AADSTS7000215");
  CHECK_EQ(blobs.server.count(), 0);
  CHECK_EQ(entra.count(), 1);
}

TEST_CASE("azure: secrets go nowhere without TLS") {
  ScopedVariables variables;
  clear(variables).set("AZURE_AUTHORITY_HOST", "http://login.test");
  CHECK(has(token_source(kApplication, {}).status().message(), "is no https URL"));
}

TEST_CASE("azure: fields of an identity go together, and exclude each other, in Thanos' words") {
  CHECK_EQ(read_status("az_tenant_id: t, client_id: c").message(),
           "az_tenant_id, client_id, and client_secret must be set together");
  CHECK_EQ(
      read_status("az_tenant_id: t, client_id: c, client_secret: s, user_assigned_id: u").message(),
      "user_assigned_id cannot be set when using client_id authentication");
  CHECK_EQ(read_status("user_assigned_id: u, storage_account_key: aGk=").message(),
           "user_assigned_id cannot be set when using storage_account_key authentication");
  CHECK_EQ(read_status("az_tenant_id: t, client_id: c, client_secret: s"), Status());
  auto options = read_config(YAML::Load("{storage_account: a, container: c}"));
  REQUIRE(options.ok());
  CHECK(options->identity);
  CHECK_EQ(options->container_url, "https://a.blob.core.windows.net/c");
}
