// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/credentials.hpp"

#include "base/file.hpp"
#include "fake_s3.hpp"
#include "objstore/s3/credential_files.hpp"
#include "objstore/s3/endpoint.hpp"
#include "support/temp_dir.hpp"

#include <array>

using namespace mnemo;
using namespace mnemo::s3;
using namespace mnemo::testing;

namespace {

constexpr int64_t kNow = 1369353600000;  // 2013-05-24T00:00:00Z

/// No variable of AWS' and no home folder, unless a test sets them.
ScopedVariables& clear(ScopedVariables& variables) {
  for (auto name : {"AWS_ACCESS_KEY_ID",
                    "AWS_SECRET_ACCESS_KEY",
                    "AWS_ACCESS_KEY",
                    "AWS_SECRET_KEY",
                    "AWS_SESSION_TOKEN",
                    "AWS_PROFILE",
                    "AWS_SHARED_CREDENTIALS_FILE",
                    "AWS_CONFIG_FILE",
                    "AWS_WEB_IDENTITY_TOKEN_FILE",
                    "AWS_ROLE_ARN",
                    "AWS_ROLE_SESSION_NAME",
                    "AWS_REGION",
                    "AWS_DEFAULT_REGION",
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                    "AWS_EC2_METADATA_DISABLED",
                    "HOME"}) {
    variables.unset(name);
  }
  return variables;
}

Result<Credentials> find(const Options& options) {
  auto environment = quick_environment();
  environment.now_ms = [] { return kNow; };
  auto sources = credential_sources(options, environment);
  REQUIRE(sources.ok());
  return CredentialCache(std::move(*sources), environment.now_ms).get(Context());
}

std::string found(const Result<Credentials>& result) {
  if (!result.ok()) return result.status().to_string();
  return result->access_key + "/" + result->secret_key + "/" + result->session_token;
}

std::string credentials_json(const std::string& key) {
  return R"({"Code":"Success","AccessKeyId":")" + key +
         R"(","SecretAccessKey":"S","Token":"T","Expiration":"2013-05-24T01:00:00Z"})";
}

std::string sts_xml(const std::string& action) {
  return "<" + action + "Response><" + action +
         "Result><Credentials><AccessKeyId>STS</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
         "<SessionToken>T</SessionToken><Expiration>2013-05-24T01:00:00Z</Expiration>"
         "</Credentials></" +
         action + "Result></" + action + "Response>";
}

}  // namespace

TEST_CASE("s3 credentials: keys of the configuration, then the environment, then the file") {
  ScopedVariables variables;
  clear(variables).set("AWS_EC2_METADATA_DISABLED", "true");
  TempDir folder;
  auto file = (folder.path() / "credentials").string();
  REQUIRE(write_file_atomically(file,
                                "# comment\n[default]\naws_access_key_id = FILE\n"
                                "aws_secret_access_key=F=1\n[other]\naws_access_key_id=OTHER\n"
                                "aws_secret_access_key = O\naws_session_token = OT\n")
              .ok());
  Options options;
  CHECK_EQ(found(find(options)).substr(0, 35), "Unauthenticated: no S3 credentials;");
  variables.set("AWS_SHARED_CREDENTIALS_FILE", file);
  CHECK_EQ(found(find(options)), "FILE/F=1/");
  variables.set("AWS_PROFILE", "other");
  CHECK_EQ(found(find(options)), "OTHER/O/OT");
  variables.set("AWS_PROFILE", "absent");
  CHECK(has(found(find(options)), "there is no profile absent"));
  variables.set("AWS_ACCESS_KEY_ID", "ENV");
  variables.set("AWS_SECRET_ACCESS_KEY", "E");
  CHECK_EQ(found(find(options)), "ENV/E/");
  options.access_key = "CONFIG";
  options.secret_key = "C";
  CHECK_EQ(found(find(options)), "CONFIG/C/");
}

TEST_CASE("s3 credentials: profiles that need a login or a program are refused by name") {
  ScopedVariables variables;
  TempDir folder;
  auto file = (folder.path() / "config").string();
  clear(variables).set("AWS_CONFIG_FILE", file);
  Options options;
  options.aws_sdk_auth = true;
  for (std::string field : {"credential_process", "sso_session", "mfa_serial"}) {
    REQUIRE(write_file_atomically(file, "[default]\n" + field + " = x\n").ok());
    CHECK(has(found(find(options)), "Unimplemented: "));
    CHECK(has(found(find(options)), field + " is not supported"));
  }
}

TEST_CASE("s3 credentials: a pod's token is exchanged for a role") {
  ScopedVariables variables;
  TempDir folder;
  auto token = (folder.path() / "token").string();
  REQUIRE(write_file_atomically(token, "JWT\n").ok());
  clear(variables).set("AWS_WEB_IDENTITY_TOKEN_FILE", token);
  variables.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
  variables.set("AWS_ROLE_SESSION_NAME", "pod");
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number == 0) connection.answer("503 Busy", "");
    if (number == 1) connection.answer("200 OK", sts_xml("AssumeRoleWithWebIdentity"));
  });
  for (bool sdk : {false, true}) {
    Options options;
    options.aws_sdk_auth = sdk;
    options.sts_endpoint = server.url();
    if (!sdk) CHECK_EQ(found(find(options)), "STS/S/T");
  }
  REQUIRE_EQ(server.count(), 2);
  CHECK_EQ(server.requests()[1].body,
           "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
           "role%2Fr&RoleSessionName=pod&WebIdentityToken=JWT");
}

TEST_CASE("s3 credentials: a profile's role is taken on with another profile's keys") {
  ScopedVariables variables;
  TempDir folder;
  auto file = (folder.path() / "config").string();
  clear(variables).set("AWS_CONFIG_FILE", file);
  variables.set("AWS_PROFILE", "work");
  REQUIRE(write_file_atomically(file,
                                "[profile base]\naws_access_key_id=BASE\naws_secret_access_key=B\n"
                                "[profile work]\nrole_arn=arn\nsource_profile=base\n"
                                "external_id=e\nregion=eu-west-3\n")
              .ok());
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", sts_xml("AssumeRole"));
  });
  Options options;
  options.aws_sdk_auth = true;
  options.sts_endpoint = server.url();
  CHECK_EQ(found(find(options)), "STS/S/T");
  CHECK(has(server.requests()[0].head, "Credential=BASE/20130524/eu-west-3/sts/aws4_request"));
  CHECK(has(server.requests()[0].body, "Action=AssumeRole&"));
  CHECK(has(server.requests()[0].body, "&ExternalId=e"));
}

TEST_CASE("s3 credentials: the machine's role, by version 2 of its metadata") {
  ScopedVariables variables;
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    constexpr std::array<const char*, 2> kBodies = {"TOKEN", "my-role"};
    connection.answer("200 OK", number < 2 ? kBodies[number] : credentials_json("IMDS"));
  });
  clear(variables).set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url());
  auto credentials = find({});
  CHECK_EQ(found(credentials), "IMDS/S/T");
  CHECK_EQ(credentials->expires_ms, kNow + 3'600'000);
  const std::string path = "GET /latest/meta-data/iam/security-credentials/";
  CHECK_EQ(server.lines(),
           std::vector<std::string>{"PUT /latest/api/token", path, path + "my-role"});
  CHECK(has(server.requests()[2].head, "X-aws-ec2-metadata-token: TOKEN\r\n"));
}

TEST_CASE("s3 credentials: a container's endpoint gets its token, and must be near") {
  ScopedVariables variables;
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", credentials_json("ECS"));
  });
  clear(variables).set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/creds");
  variables.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer x");
  CHECK_EQ(found(find({})), "ECS/S/T");
  CHECK(has(server.requests()[0].head, "Authorization: Bearer x\r\n"));
  variables.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/creds");
  CHECK(has(found(find({})), "FailedPrecondition"));
}

TEST_CASE("s3 credentials: replaced before they expire, kept while they can't be") {
  struct Source final : CredentialSource {
    int64_t* now;
    int fetched = 0;
    bool is_broken = false;
    std::string_view name() const override { return "test"; }
    Result<Credentials> fetch(const Context&) override {
      if (is_broken) return Status::unavailable("down");
      return Credentials{"K" + std::to_string(++fetched), "S", "T", *now + 3'600'000};
    }
  };
  int64_t now = kNow;
  auto owned = std::make_unique<Source>();
  auto& source = *owned;
  source.now = &now;
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::move(owned));
  CredentialCache cache(std::move(sources), [&] { return now; });
  CHECK_EQ(cache.get(Context())->access_key, "K1");
  now += 54 * 60'000;
  CHECK_EQ(cache.get(Context())->access_key, "K1");
  now += 2 * 60'000;  // four minutes are left
  source.is_broken = true;
  CHECK_EQ(cache.get(Context())->access_key, "K1");
  source.is_broken = false;
  CHECK_EQ(cache.get(Context())->access_key, "K2");
  source.is_broken = true;
  now += 61 * 60'000;
  CHECK_EQ(cache.get(Context()).status().code(), Code::kUnavailable);
}

TEST_CASE("s3 endpoint: virtual hosts, dual-stack and regions as Thanos' client has them") {
  Options options;
  options.bucket = "blocks";
  auto address = [&](const std::string& endpoint, const std::string& region) {
    options.endpoint = endpoint;
    auto found = address_of(options, region);
    return found.scheme + "://" + found.host + found.root;
  };
  CHECK_EQ(address("s3.amazonaws.com", "eu-west-1"),
           "https://blocks.s3.dualstack.eu-west-1.amazonaws.com/");
  options.disable_dualstack = true;
  CHECK_EQ(address("s3.eu-west-1.amazonaws.com", "eu-west-1"),
           "https://blocks.s3.eu-west-1.amazonaws.com/");
  CHECK_EQ(address("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
           "https://blocks.s3.cn-north-1.amazonaws.com.cn/");
  CHECK_EQ(address("s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
           "https://blocks.s3-fips.us-gov-west-1.amazonaws.com/");
  CHECK_EQ(address("storage.googleapis.com", "auto"), "https://blocks.storage.googleapis.com/");
  CHECK_EQ(address("minio:9000", "us-east-1"), "https://minio:9000/blocks/");
  CHECK_EQ(address("minio:443", "us-east-1"), "https://minio/blocks/");
  CHECK_EQ(address("[::1]:9000", "us-east-1"), "https://[::1]:9000/blocks/");
  options.lookup = LookupStyle::kVirtualHosted;
  CHECK_EQ(address("minio:9000", "us-east-1"), "https://blocks.minio:9000/");
  options.lookup = LookupStyle::kAuto;
  options.bucket = "a.b";
  CHECK_EQ(address("s3.amazonaws.com", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com/a.b/");
  CHECK_EQ(region_of_host("s3-eu-central-1.amazonaws.com:443"), "eu-central-1");
  CHECK_EQ(region_of_host("bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com"), "us-east-1");
  CHECK_EQ(region_of_host("s3.amazonaws.com"), "");
  CHECK_EQ(region_of_host("s3.example.com"), "");
}
