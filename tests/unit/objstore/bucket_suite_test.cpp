// SPDX-License-Identifier: Apache-2.0
// What every bucket must do, run against each provider. A further provider adds a line to
// `providers()`.
#include <mnemo/bucket.hpp>

#include "base/file.hpp"
#include "objstore/metrics_bucket.hpp"
#include "objstore/prefix_bucket.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;

namespace {

struct TestBucket {
  std::shared_ptr<void> keeps_alive;
  std::shared_ptr<Bucket> bucket;
};

struct Provider {
  std::string name;
  std::function<TestBucket()> make;
};

TestBucket make_filesystem() {
  auto folder = std::make_shared<testing::TempDir>();
  auto bucket = open_filesystem_bucket({folder->path() / "bucket"});
  REQUIRE(bucket.ok());
  return {folder, std::move(*bucket)};
}

TestBucket make_prefixed() {
  auto below = make_filesystem();
  auto bucket = make_prefix_bucket(below.bucket, "/some/prefix/");
  REQUIRE(bucket.ok());
  REQUIRE(below.bucket->put(Context(), "some/prefixed", Bytes::copy_of("not seen")).ok());
  return {below.keeps_alive, *bucket};
}

TestBucket make_measured() {
  auto metrics = std::make_shared<Metrics>();
  return {metrics, make_metrics_bucket(make_memory_bucket(), *metrics)};
}

std::vector<Provider> providers() {
  return {
      {"memory",
       [] {
         return TestBucket{nullptr, make_memory_bucket()};
       }},
      {"filesystem", make_filesystem},
      {"prefix", make_prefixed},
      {"metrics", make_measured},
  };
}

void for_each_provider(const std::function<void(Bucket&)>& test) {
  for (const auto& provider : providers()) {
    CAPTURE(provider.name);
    auto made = provider.make();
    test(*made.bucket);
  }
}

void put(Bucket& bucket, std::string_view name, std::string_view content = "x") {
  auto status = bucket.put(Context(), name, Bytes::copy_of(content));
  REQUIRE_MESSAGE(status.ok(), status.to_string());
}

std::string get(Bucket& bucket, std::string_view name) {
  auto bytes = bucket.get(Context(), name, 1 << 20);
  return bytes.ok() ? std::string(bytes->as_string())
                    : std::string(code_name(bytes.status().code()));
}

std::string get_range(Bucket& bucket, std::string_view name, uint64_t offset, uint64_t length) {
  auto bytes = bucket.get_range(Context(), name, offset, length);
  return bytes.ok() ? std::string(bytes->as_string())
                    : std::string(code_name(bytes.status().code()));
}

using Names = std::vector<std::string>;

Names list(Bucket& bucket, std::string_view prefix, bool recursive) {
  Names names;
  auto status = bucket.list(Context(), prefix, recursive, [&](const BucketEntry& entry) {
    CHECK_EQ(entry.is_folder, entry.name.ends_with('/'));
    names.push_back(entry.name);
    return Status();
  });
  CHECK_MESSAGE(status.ok(), status.to_string());
  return names;
}

}  // namespace

TEST_CASE("bucket: what was put is got, and the last put wins") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "a/b/object", "first");
    put(bucket, "a/b/object", "the second");
    put(bucket, "empty", "");
    CHECK_EQ(get(bucket, "a/b/object"), "the second");
    CHECK_EQ(get(bucket, "empty"), "");
    CHECK_EQ(get(bucket, "absent"), "NotFound");
    CHECK_EQ(get(bucket, "a/b"), "NotFound");
    CHECK_EQ(get(bucket, "a/b/object/below"), "NotFound");
  });
}

TEST_CASE("bucket: a range ends with the object, and one past the end is an error") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "object", "0123456789");
    CHECK_EQ(get_range(bucket, "object", 3, 4), "3456");
    CHECK_EQ(get_range(bucket, "object", 8, 100), "89");
    CHECK_EQ(get_range(bucket, "object", 0, UINT64_MAX), "0123456789");
    CHECK_EQ(get_range(bucket, "object", 10, 1), "");
    CHECK_EQ(get_range(bucket, "object", 5, 0), "");
    CHECK_EQ(get_range(bucket, "object", 11, 1), "OutOfRange");
    CHECK_EQ(get_range(bucket, "object", UINT64_MAX, 1), "OutOfRange");
    CHECK_EQ(get_range(bucket, "absent", 0, 1), "NotFound");
  });
}

TEST_CASE("bucket: an object larger than allowed is refused, not cut") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "object", "0123456789");
    CHECK(bucket.get(Context(), "object", 10).ok());
    CHECK_EQ(bucket.get(Context(), "object", 9).status().code(), Code::kResourceExhausted);
  });
}

TEST_CASE("bucket: listing is in order of names, recursive or by folder") {
  for_each_provider([](Bucket& bucket) {
    for (auto name : {"b/2", "a.b", "b/1", "a/z", "b/c/d", "a-b", "z", "b/c.d"}) put(bucket, name);
    Names all = {"a-b", "a.b", "a/z", "b/1", "b/2", "b/c.d", "b/c/d", "z"};
    CHECK_EQ(list(bucket, "", true), all);
    CHECK_EQ(list(bucket, "", false), Names{"a-b", "a.b", "a/", "b/", "z"});
    CHECK_EQ(list(bucket, "b", false), Names{"b/1", "b/2", "b/c.d", "b/c/"});
    CHECK_EQ(list(bucket, "b/", true), Names{"b/1", "b/2", "b/c.d", "b/c/d"});
    CHECK_EQ(list(bucket, "z", true), Names{});
    CHECK_EQ(list(bucket, "absent", true), Names{});
  });
}

TEST_CASE("bucket: a listing tells sizes and times, and attributes tell the same") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "folder/object", "12345");
    auto attributes = bucket.attributes(Context(), "folder/object");
    REQUIRE(attributes.ok());
    CHECK_EQ(attributes->size, 5);
    CHECK_GT(attributes->last_modified_ms, 1577836800000);  // 2020
    auto status = bucket.list(Context(), "", true, [&](const BucketEntry& entry) {
      CHECK_EQ(entry.attributes.size, 5);
      CHECK_EQ(entry.attributes.last_modified_ms, attributes->last_modified_ms);
      return Status();
    });
    CHECK(status.ok());
    CHECK_EQ(bucket.attributes(Context(), "folder").status().code(), Code::kNotFound);
    CHECK_EQ(bucket.exists(Context(), "folder/object").ok(), true);
    CHECK_EQ(*bucket.exists(Context(), "folder/object"), true);
    CHECK_EQ(*bucket.exists(Context(), "folder/other"), false);
  });
}

TEST_CASE("bucket: the visitor's failure ends a listing and is returned") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "a");
    put(bucket, "b");
    int visited = 0;
    auto status = bucket.list(Context(), "", true, [&](const BucketEntry&) {
      ++visited;
      return Status::aborted("enough");
    });
    CHECK_EQ(status.to_string(), "Aborted: enough");
    CHECK_EQ(visited, 1);
  });
}

TEST_CASE("bucket: with its last object a folder is gone") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "a/b/c/1");
    put(bucket, "a/2");
    CHECK(bucket.remove(Context(), "a/b/c/1").ok());
    CHECK_EQ(list(bucket, "a", false), Names{"a/2"});
    CHECK_EQ(bucket.remove(Context(), "a/b/c/1").code(), Code::kNotFound);
    CHECK_EQ(bucket.remove(Context(), "a").code(), Code::kNotFound);
    CHECK(bucket.remove(Context(), "a/2").ok());
    CHECK_EQ(list(bucket, "", false), Names{});
    put(bucket, "a", "an object where a folder was");
    CHECK_EQ(get(bucket, "a"), "an object where a folder was");
  });
}

TEST_CASE("bucket: names that are no paths within it are refused") {
  for_each_provider([](Bucket& bucket) {
    using namespace std::string_view_literals;
    for (auto name : {""sv, "/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "../a"sv, "a/../b"sv,
                      "a/.."sv, "./a"sv, "a/./b"sv, "a\0b"sv, "\xff"sv}) {
      CAPTURE(name);
      CHECK_EQ(bucket.put(Context(), name, Bytes()).code(), Code::kInvalidArgument);
      CHECK_EQ(bucket.get(Context(), name, 1).status().code(), Code::kInvalidArgument);
      CHECK_EQ(bucket.get_range(Context(), name, 0, 1).status().code(), Code::kInvalidArgument);
      CHECK_EQ(bucket.attributes(Context(), name).status().code(), Code::kInvalidArgument);
      CHECK_EQ(bucket.remove(Context(), name).code(), Code::kInvalidArgument);
    }
    auto visit = [](const BucketEntry&) { return Status(); };
    CHECK_EQ(bucket.list(Context(), "../", true, visit).code(), Code::kInvalidArgument);
    CHECK_EQ(bucket.list(Context(), "a/../..", true, visit).code(), Code::kInvalidArgument);
  });
}

TEST_CASE("bucket: a file is put whole; an absent one leaves nothing") {
  testing::TempDir folder;
  std::string content;
  for (int i = 0; i < 100000; ++i) content += std::to_string(i);
  REQUIRE(write_file_atomically(folder.path() / "file", content).ok());
  for_each_provider([&](Bucket& bucket) {
    CHECK(bucket.put_file(Context(), "from/file", folder.path() / "file").ok());
    CHECK_EQ(get(bucket, "from/file"), content);
    CHECK_EQ(bucket.put_file(Context(), "none", folder.path() / "absent").code(), Code::kNotFound);
    CHECK_EQ(list(bucket, "", true), Names{"from/file"});
  });
}

TEST_CASE("bucket: a context that has ended ends every call") {
  for_each_provider([](Bucket& bucket) {
    put(bucket, "object");
    auto ended = Context().with_timeout(std::chrono::nanoseconds(0));
    CHECK_EQ(bucket.get(ended, "object", 1).status().code(), Code::kDeadlineExceeded);
    CHECK_EQ(bucket.get_range(ended, "object", 0, 1).status().code(), Code::kDeadlineExceeded);
    CHECK_EQ(bucket.put(ended, "other", Bytes()).code(), Code::kDeadlineExceeded);
    CHECK_EQ(bucket.remove(ended, "object").code(), Code::kDeadlineExceeded);
    auto visit = [](const BucketEntry&) { return Status(); };
    CHECK_EQ(bucket.list(ended, "", true, visit).code(), Code::kDeadlineExceeded);
    CHECK_EQ(list(bucket, "", true), Names{"object"});
  });
}

TEST_CASE("bucket: puts and removals in one folder at once don't disturb each other") {
  for_each_provider([](Bucket& bucket) {
    auto churn = [&](const std::string& name) {
      for (int i = 0; i < 50; ++i) {
        if (!bucket.put(Context(), "deep/folder/" + name, Bytes::copy_of(name)).ok()) return false;
        if (!bucket.remove(Context(), "deep/folder/" + name).ok()) return false;
      }
      return bucket.put(Context(), "deep/folder/" + name, Bytes::copy_of(name)).ok();
    };
    bool ok_a = false;
    bool ok_b = false;
    {
      std::jthread a([&] { ok_a = churn("a"); });
      std::jthread b([&] { ok_b = churn("b"); });
    }
    CHECK(ok_a);
    CHECK(ok_b);
    CHECK_EQ(list(bucket, "", true), Names{"deep/folder/a", "deep/folder/b"});
  });
}
