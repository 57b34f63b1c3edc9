// SPDX-License-Identifier: Apache-2.0
// What every bucket must do, run against each provider: by the unit tests against those that need
// no server, by `bucket_servers` against servers.
#include <mnemo/bucket.hpp>

#include "base/file.hpp"
#include "objstore/bucket_suite.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using mnemo::testing::Provider;

bool mnemo::testing::wants_full_sizes() { return std::getenv("MNEMO_FULL_SIZES") != nullptr; }

namespace {

void for_each_provider(const std::function<void(Bucket&, const Provider&)>& test) {
  for (const auto& provider : testing::providers()) {
    CAPTURE(provider.name);
    auto made = provider.make();
    test(*made.bucket, provider);
  }
}

void for_each_provider(const std::function<void(Bucket&)>& test) {
  for_each_provider([&](Bucket& bucket, const Provider&) { test(bucket); });
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
  for_each_provider([](Bucket& bucket, const Provider& provider) {
    put(bucket, "a/b/c/1");
    put(bucket, "a/2");
    CHECK(bucket.remove(Context(), "a/b/c/1").ok());
    CHECK_EQ(list(bucket, "a", false), Names{"a/2"});
    auto absent = provider.tells_absent_on_remove ? Code::kNotFound : Code::kOk;
    CHECK_EQ(bucket.remove(Context(), "a/b/c/1").code(), absent);
    CHECK_EQ(bucket.remove(Context(), "a").code(), absent);
    CHECK(bucket.remove(Context(), "a/2").ok());
    CHECK_EQ(list(bucket, "", false), Names{});
    put(bucket, "a", "an object where a folder was");
    CHECK_EQ(get(bucket, "a"), "an object where a folder was");
    CHECK(bucket.remove(Context(), "a").ok());
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
    CHECK(get(bucket, "from/file") == content);
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
  for_each_provider([](Bucket& bucket, const Provider& provider) {
    auto churn = [&](const std::string& name) {
      for (int i = 0; i < provider.rounds; ++i) {
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

TEST_CASE("bucket: names with spaces, signs and other alphabets are only names") {
  for_each_provider([](Bucket& bucket) {
    const Names odd = {"a b/c d",
                       "a+b",
                       "a%20b",
                       "a%2Fb",
                       "a&b=c?d#e",
                       "a'b\"c",
                       "a;b,c:d@e",
                       "a<b>c",
                       "a*b(c)!",
                       "a~b$c^d",

                       "{a}[b]|c`",
                       "\xc3\xa9/\xe6\x97\xa5\xe6\x9c\xac",
                       "\xf0\x9f\x90\x98",
                       "...",
                       "a..b",
                       "a/ b /c"};
    for (const auto& name : odd) put(bucket, name, name);
    for (const auto& name : odd) {
      CAPTURE(name);
      CHECK_EQ(get(bucket, name), name);
      CHECK_EQ(get_range(bucket, name, 1, 2), name.substr(1, 2));
      CHECK(bucket.attributes(Context(), name).ok());
    }
    auto sorted = odd;
    std::sort(sorted.begin(), sorted.end());
    auto listed = list(bucket, "", true);
    REQUIRE_EQ(listed.size(), sorted.size());
    for (size_t i = 0; i < sorted.size(); ++i) CHECK_EQ(listed[i], sorted[i]);
    CHECK_EQ(list(bucket, "a b", false), Names{"a b/c d"});
    CHECK_EQ(list(bucket, "a/ b ", false), Names{"a/ b /c"});
    for (const auto& name : odd) CHECK(bucket.remove(Context(), name).ok());
    CHECK_EQ(list(bucket, "", true), Names{});
  });
}

TEST_CASE("bucket: a name of 900 bytes is a name") {
  for_each_provider([](Bucket& bucket) {
    std::string name;
    for (int i = 0; i < 9; ++i)
      name += std::string(i ? "/" : "") + std::string(99, static_cast<char>('a' + i));
    put(bucket, name, "far down");
    CHECK_EQ(get(bucket, name), "far down");
    CHECK_EQ(list(bucket, "", true), Names{name});
    CHECK(bucket.remove(Context(), name).ok());
  });
}

TEST_CASE("bucket: ranges of a larger object are its bytes at every edge") {
  std::string content;
  for (int i = 0; content.size() < (256 << 10) + 7; ++i) content += std::to_string(i) + ",";
  const uint64_t size = content.size();
  for_each_provider([&](Bucket& bucket) {
    put(bucket, "object", content);
    for (uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{65535}, uint64_t{65536}, size - 1}) {
      for (uint64_t length : {uint64_t{1}, uint64_t{2}, uint64_t{65536}, size, size + 1}) {
        CAPTURE(offset);
        CAPTURE(length);
        CHECK(get_range(bucket, "object", offset, length) == content.substr(offset, length));
      }
    }
    put(bucket, "empty", "");
    CHECK_EQ(get_range(bucket, "empty", 0, 1), "");
    CHECK_EQ(get_range(bucket, "empty", 0, 0), "");
    CHECK_EQ(get_range(bucket, "empty", 1, 1), "OutOfRange");
  });
}
