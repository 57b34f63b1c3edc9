// SPDX-License-Identifier: Apache-2.0
#include "base/expand_environment.hpp"
#include "fake_s3.hpp"
#include "objstore/config.hpp"
#include "objstore/fault_bucket.hpp"
#include "objstore/metrics_bucket.hpp"
#include "objstore/prefix_bucket.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace mnemo;

namespace {

std::string config_error(std::string_view yaml) {
  auto bucket = make_bucket_from_config(yaml);
  return bucket.ok() ? "OK" : bucket.status().to_string();
}

using testing::has;

}  // namespace

TEST_CASE("bucket config: Thanos' YAML for a folder, with and without a prefix") {
  testing::TempDir folder;
  auto directory = (folder.path() / "bucket").string();
  auto plain = make_bucket_from_config("type: FILESYSTEM\nconfig:\n  directory: " + directory);
  REQUIRE(plain.ok());
  CHECK_EQ((*plain)->name(), "filesystem:" + directory);
  auto prefixed = make_bucket_from_config("type: filesystem\nconfig: {directory: \"" + directory +
                                          "\"}\nprefix: /team/a/\n");
  REQUIRE(prefixed.ok());
  REQUIRE((*prefixed)->put(Context(), "object", Bytes()).ok());
  CHECK(std::filesystem::exists(folder.path() / "bucket/team/a/object"));
}

TEST_CASE("bucket config: mistakes are named, values are not repeated") {
  CHECK_EQ(config_error("type: SWIFT\nconfig: {password: hunter2}"),
           "Unimplemented: bucket configuration: type SWIFT is not built in");
  CHECK_EQ(config_error("type: FTP"),
           "InvalidArgument: bucket configuration: bucket with type FTP is not supported");
  CHECK_EQ(
      config_error("type: FILESYSTEM\nconfig:\n  directory: /x\n  dir: /y\n"),
      "InvalidArgument: bucket configuration: line 4: unknown field \"dir\"; known are directory");
  CHECK_EQ(config_error("type: FILESYSTEM\nconfigs: {}\n"),
           "InvalidArgument: bucket configuration: line 2: unknown field \"configs\"; known are "
           "type, config, prefix");
  CHECK_EQ(config_error("type: FILESYSTEM\ntype: S3\n"),
           "InvalidArgument: bucket configuration: line 2: field \"type\" is set twice");
  CHECK_EQ(config_error("type: FILESYSTEM\nconfig: {directory: [a]}"),
           "InvalidArgument: bucket configuration: line 2: field \"directory\" is no text");
  CHECK_EQ(config_error("type: FILESYSTEM\nconfig: {}"),
           "InvalidArgument: bucket configuration: missing directory for filesystem bucket");
  CHECK_EQ(config_error("type: FILESYSTEM\n"),
           "InvalidArgument: bucket configuration: missing directory for filesystem bucket");
  CHECK_EQ(config_error(""), "InvalidArgument: bucket configuration: missing type");
  CHECK_EQ(config_error("- type"),
           "InvalidArgument: bucket configuration: line 1: not a map of fields");
  CHECK(config_error("type: [").starts_with("InvalidArgument: bucket configuration: line "));
}

TEST_CASE("bucket config: variables are not substituted") {
  testing::TempDir folder;
  auto bucket = make_bucket_from_config("type: FILESYSTEM\nconfig:\n  directory: " +
                                        (folder.path() / "$HOME").string());
  REQUIRE(bucket.ok());
  CHECK(std::filesystem::exists(folder.path() / "$HOME"));
}

TEST_CASE("prefix bucket: a prefix that leads out is refused") {
  CHECK_FALSE(make_prefix_bucket(make_memory_bucket(), "../up").ok());
  CHECK(make_prefix_bucket(make_memory_bucket(), "//").ok());
}

TEST_CASE("metrics bucket: counts calls and failures under Thanos' names") {
  Metrics metrics;
  auto faulty = std::make_shared<FaultBucket>(make_memory_bucket());
  auto bucket = make_metrics_bucket(faulty, metrics);
  REQUIRE(bucket->put(Context(), "object", Bytes::copy_of("12345")).ok());
  CHECK(bucket->get(Context(), "object", 10).ok());
  CHECK_FALSE(bucket->get(Context(), "absent", 10).ok());
  faulty->set_faults({Fault{}});
  CHECK_FALSE(bucket->get(Context(), "object", 10).ok());
  auto text = metrics.render();
  auto labels = [](std::string_view operation) {
    return "{bucket=\"memory\",operation=\"" + std::string(operation) + "\"} ";
  };
  CHECK(has(text, "thanos_objstore_bucket_operations_total" + labels("upload") + "1"));
  CHECK(has(text, "thanos_objstore_bucket_operations_total" + labels("get") + "3"));
  CHECK(has(text, "thanos_objstore_bucket_operations_total" + labels("iter") + "0"));
  CHECK(has(text, "thanos_objstore_bucket_operation_failures_total" + labels("get") + "1"));
  CHECK(has(text, "thanos_objstore_bucket_operation_fetched_bytes_total" + labels("get") + "5"));
  CHECK(has(text, "thanos_objstore_bucket_operation_duration_seconds_count" + labels("get") + "1"));
  CHECK(has(text, "thanos_objstore_bucket_last_successful_upload_time{bucket=\"memory\"}"));
}

TEST_CASE("fault bucket: the n-th call of a kind goes wrong in the way that was asked for") {
  auto below = std::shared_ptr<Bucket>(make_memory_bucket());
  FaultBucket bucket(below);
  auto put = [&](std::string_view name) {
    return bucket.put(Context(), name, Bytes::copy_of("1234")).ok();
  };
  bucket.set_faults({{.operation = BucketOperation::kPut, .first = 2, .last = 2}});
  CHECK(put("a"));
  CHECK_FALSE(put("b"));
  CHECK(put("c"));
  CHECK_EQ(*below->exists(Context(), "b"), false);
  bucket.set_faults({{.operation = BucketOperation::kPut,
                      .first = 1,
                      .last = 1,
                      .kind = FaultKind::kLoseAnswer}});
  CHECK_FALSE(put("d"));
  CHECK_EQ(*below->exists(Context(), "d"), true);
  bucket.set_faults({{.operation = BucketOperation::kGet, .kind = FaultKind::kCut}});
  CHECK_EQ(bucket.get(Context(), "a", 10)->as_string(), "12");
  CHECK_EQ(bucket.count(), 1);
  CHECK_EQ(bucket.calls().at(0).name, "a");
}

TEST_CASE("bucket config: S3's fields are Thanos', and what is not done is refused by name") {
  const std::string start = "type: S3\nconfig: {bucket: b, endpoint: \"e:9\", ";
  auto error = [&](const std::string& fields) { return config_error(start + fields + "}"); };
  CHECK_EQ(error("access_key: a, secret_key: s"), "OK");
  CHECK_EQ(
      error("access_key: a, secret_key: s, http_config: {idle_conn_timeout: 1m30s, "
            "response_header_timeout: 0s, tls_config: {ca_file: \"\"}}, trace: {enable: true}, "
            "put_user_metadata: {a: b}, sse_config: {type: SSE-S3}, max_retries: 3, "
            "bucket_lookup_type: path, list_objects_version: v1, part_size: 0"),
      "OK");
  CHECK_EQ(error("signature_version2: true"),
           "Unimplemented: bucket configuration: signature_version2 is not supported: requests are "
           "signed by Signature Version 4");
  CHECK(has(error("http_config: {timeout: 1s}"),
            "InvalidArgument: bucket configuration: line 2: unknown field \"timeout\"; known are "
            "idle_conn_timeout, response_header_timeout, "));
  CHECK_EQ(error("insecure: maybe"),
           "InvalidArgument: bucket configuration: line 2: field \"insecure\" is no true or false");
  CHECK_EQ(error("http_config: {idle_conn_timeout: soon}"),
           "InvalidArgument: bucket configuration: line 2: field \"idle_conn_timeout\" is no "
           "duration");
  CHECK_EQ(error("part_size: 1000"),
           "InvalidArgument: bucket configuration: part_size is smaller than allowed minimum of "
           "5MiB");
  CHECK(
      has(error("secret_key: hunter2"), "no s3 access_key specified while secret_key is present"));
  CHECK_FALSE(has(error("secret_key: hunter2"), "hunter2"));
  CHECK(has(error("aws_sdk_auth: true, access_key: a, secret_key: s"), "mutually exclusive"));
  CHECK(has(error("sse_config: {type: SSE-X}"), "Supported types are SSE-S3, SSE-KMS, SSE-C"));
  CHECK(has(error("sse_config: {type: SSE-C}"), "encryption_key must be set"));
  CHECK(has(error("bucket_lookup_type: dns"), "unsupported bucket lookup type: dns"));
  CHECK(has(config_error("type: S3\nconfig: {bucket: b, endpoint: \"https://e\"}"),
            "without a scheme"));
}

TEST_CASE("bucket config: Azure and Google say which ways to authenticate they know") {
  const std::string azure = "type: AZURE\nconfig: {storage_account: a, container: c, ";
  CHECK(
      has(config_error(azure + "client_id: i}"),
          "bucket configuration: az_tenant_id, client_id, and client_secret must be set together"));
  CHECK(
      has(config_error(azure + "storage_account_key: \"?\"}"), "storage_account_key is no base64"));
  CHECK(has(config_error(azure + "storage_account_key: YQ==, storage_connection_string: x}"),
            "storage_account_key and storage_connection_string cannot both be set"));
  CHECK(has(config_error("type: AZURE"),
            "storage_account_name is required but not configured, no "
            "container specified"));
  CHECK_EQ(config_error(azure + "storage_account_key: YQ==, storage_create_container: false}"),
           "OK");
  CHECK(has(config_error("type: GCS\nconfig: {bucket: b, service_account: x}"),
            "Unimplemented: bucket configuration: GCS is reached by HMAC keys only"));
}

TEST_CASE("bucket config: $(NAME) is a variable of the environment, and must be set") {
  testing::ScopedVariables variables;
  variables.set("MNEMO_TEST_A", "x$(B)");
  variables.unset("MNEMO_TEST_ABSENT");
  CHECK_EQ(*expand_environment("a: $(MNEMO_TEST_A)$(MNEMO_TEST_A) $A ${A} $(a-b) $("),
           "a: x$(B)x$(B) $A ${A} $(a-b) $(");
  CHECK_EQ(expand_environment("$(MNEMO_TEST_ABSENT)").status().to_string(),
           "InvalidArgument: found reference to unset environment variable \"MNEMO_TEST_ABSENT\"");
}
