// SPDX-License-Identifier: Apache-2.0
// What can only be tried on a server: large objects, many of them, wrong keys, wrong clocks,
// uploads that are interrupted. MNEMO_FULL_SIZES takes the sizes of production.
#include "objstore/server_providers.hpp"

#include "base/file.hpp"
#include "objstore/bucket_suite.hpp"
#include "objstore/config.hpp"
#include "objstore/retries.hpp"
#include "objstore/s3/client.hpp"
#include "objstore/s3/config.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

std::string pattern(uint64_t size) {
  std::string text(size, '\0');
  uint64_t state = size + 1;
  for (auto& c : text) {
    state = state * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(state >> 56);
  }
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  auto at = text.find(from);
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

/// What the first call to a bucket of this configuration says.
Status first_call(const std::string& yaml, const BucketEnvironment& environment) {
  auto bucket = make_bucket_from_config(yaml, environment);
  if (!bucket.ok()) return bucket.status();
  return (*bucket)->get(Context(), "object", 10).status();
}

/// Uploads that were begun and neither completed nor aborted.
std::string open_uploads(const ServerBucket& server) {
  auto options = s3::read_config(YAML::Load(server.yaml)["config"]);
  REQUIRE(options.ok());
  auto client = s3::Client::make(*options, server_environment());
  REQUIRE(client.ok());
  s3::Request request;
  request.query = {{"uploads", ""}};
  auto answer = (*client)->perform(Context(), request, 1 << 20);
  REQUIRE_MESSAGE(answer.ok(), answer.status().to_string());
  return answer->body;
}

}  // namespace

TEST_CASE(
    "servers: objects of all sizes, in one piece and in parts, with ranges over their edges") {
  TempDir folder;
  std::vector<uint64_t> sizes = {0, 1, (5 << 20) + 1};
  if (wants_full_sizes()) {
    sizes.insert(sizes.end(), {(5 << 20) - 1, 5 << 20, 64 << 20, (100 << 20) + 3, 256 << 20});
  }
  for (const auto& provider : providers()) {
    CAPTURE(provider.name);
    auto made = provider.make();
    for (auto size : sizes) {
      CAPTURE(size);
      auto content = pattern(size);
      auto path = folder.path() / "file";
      REQUIRE(write_file_atomically(path, content).ok());
      REQUIRE_EQ(made.bucket->put_file(Context(), "object", path), Status());
      auto bytes = made.bucket->get(Context(), "object", size);
      REQUIRE_MESSAGE(bytes.ok(), bytes.status().to_string());
      CHECK((bytes->as_string() == content));
      if (size < 2) continue;
      auto middle = made.bucket->get_range(Context(), "object", size - (1 << 20), 2 << 20);
      REQUIRE_MESSAGE(middle.ok(), middle.status().to_string());
      CHECK((middle->as_string() == std::string_view(content).substr(size - (1 << 20))));
      CHECK_EQ(made.bucket->get(Context(), "object", size - 1).status().code(),
               Code::kResourceExhausted);
    }
    CHECK(made.bucket->remove(Context(), "object").ok());
  }
}

TEST_CASE("servers: more objects than one answer holds are all listed, in order") {
  for (const auto& provider : providers()) {
    CAPTURE(provider.name);
    // Swift takes a minute for thousands.
    int count = wants_full_sizes() ? 5000 : provider.name == "rgw" ? 1001 : 20;
    auto made = provider.make();
    auto pool = make_thread_pool(8);
    auto name_of = [](size_t i) { return "many/" + std::to_string(100000 + i); };
    auto put = parallel_for(Context(), *pool, static_cast<size_t>(count), [&](size_t i) {
      return made.bucket->put(Context(), name_of(i), Bytes());
    });
    REQUIRE_EQ(put, Status());
    for (bool recursive : {true, false}) {
      size_t seen = 0;
      auto status = made.bucket->list(Context(), "many", recursive, [&](const BucketEntry& entry) {
        return entry.name == name_of(seen++) ? Status() : Status::data_loss(entry.name);
      });
      CHECK_EQ(status, Status());
      CHECK_EQ(seen, static_cast<size_t>(count));
    }
  }
}

TEST_CASE("servers: wrong keys and wrong clocks are refused, and the error says so") {
  for (const auto& server : server_buckets()) {
    CAPTURE(server.name);
    auto environment = server_environment();
    std::string wrong;
    if (server.yaml.starts_with("type: S3")) {
      wrong = replaced(server.yaml, "secret_key: ", "secret_key: wrong");
    } else {
      wrong = replaced(server.yaml, "AccountKey=", "AccountKey=AAAA");
    }
    auto status = first_call(wrong, environment);
    CHECK_EQ(status.code(), Code::kPermissionDenied);
    CHECK_MESSAGE(status.message().find("wrong") != std::string::npos, status.to_string());
    CHECK_EQ(status.message().find("wrongtest"), std::string::npos);
    // Azurite doesn't look at the time.
    if (!server.yaml.starts_with("type: S3")) continue;
    environment.now_ms = [] { return now_of({}) - 3'600'000; };
    status = first_call(server.yaml, environment);
    CHECK_EQ(status.code(), Code::kPermissionDenied);
    CHECK_MESSAGE(status.message().find("clocks") != std::string::npos, status.to_string());
  }
}

TEST_CASE("servers: a presigned URL gives the object, and nothing with another signature") {
  for (const auto& server : server_buckets()) {
    if (!server.yaml.starts_with("type: S3")) continue;
    CAPTURE(server.name);
    auto bucket = make_bucket_from_config(server.yaml, server_environment());
    REQUIRE(bucket.ok());
    REQUIRE((*bucket)->put(Context(), "to sign+", Bytes::copy_of("signed")).ok());
    auto options = s3::read_config(YAML::Load(server.yaml)["config"]);
    auto client = s3::Client::make(*options, server_environment());
    auto url = (*client)->presign_get(Context(), "to sign+", std::chrono::seconds(60));
    REQUIRE(url.ok());
    auto http = HttpClient::make({});
    HttpRequest request;
    request.url = *url;
    auto answer = (*http)->perform(Context(), request, 1000);
    REQUIRE(answer.ok());
    CHECK_EQ(answer->body, "signed");
    request.url = replaced(*url, "X-Amz-Expires=60", "X-Amz-Expires=61");
    answer = (*http)->perform(Context(), request, 10000);
    REQUIRE(answer.ok());
    CHECK_EQ(answer->status, 403);
  }
}

TEST_CASE("servers: an interrupted upload leaves neither an object nor parts") {
  TempDir folder;
  auto path = folder.path() / "file";
  REQUIRE(write_file_atomically(path, pattern(wants_full_sizes() ? 100 << 20 : 11 << 20)).ok());
  for (const auto& server : server_buckets()) {
    CAPTURE(server.name);
    auto bucket = make_bucket_from_config(server.yaml, server_environment());
    REQUIRE(bucket.ok());
    for (int after_ms : {5, 40}) {
      std::stop_source stop;
      std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
        stop.request_stop();
      });
      auto status = (*bucket)->put_file(Context(stop.get_token()), "interrupted", path);
      if (status.ok()) continue;  // it was quicker
      CHECK_MESSAGE(status.code() == Code::kCancelled, status.to_string());
      CHECK_EQ(*(*bucket)->exists(Context(), "interrupted"), false);
    }
    if (!server.yaml.starts_with("type: S3")) continue;
    CHECK_EQ(open_uploads(server).find("<UploadId>"), std::string::npos);
  }
}
