// SPDX-License-Identifier: Apache-2.0
#include <mnemo/bucket.hpp>

#include "base/file.hpp"
#include "objstore/filesystem_put.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace mnemo;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Bucket> open_bucket(const fs::path& directory) {
  auto bucket = open_filesystem_bucket({directory});
  REQUIRE_MESSAGE(bucket.ok(), bucket.status().to_string());
  return std::move(*bucket);
}

std::vector<std::string> all_names(Bucket& bucket) {
  std::vector<std::string> names;
  auto status = bucket.list(Context(), "", true, [&](const BucketEntry& entry) {
    names.push_back(entry.name);
    return Status();
  });
  CHECK_MESSAGE(status.ok(), status.to_string());
  return names;
}

}  // namespace

TEST_CASE("filesystem bucket: links are neither listed nor followed") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path() / "bucket");
  fs::create_directory(folder.path() / "outside");
  REQUIRE(write_file_atomically(folder.path() / "outside/secret", "secret").ok());
  fs::create_directory_symlink(folder.path() / "outside", folder.path() / "bucket/link");
  fs::create_symlink(folder.path() / "outside/secret", folder.path() / "bucket/file");
  CHECK(all_names(*bucket).empty());
  CHECK_EQ(bucket->get(Context(), "link/secret", 100).status().code(), Code::kNotFound);
  CHECK_EQ(bucket->get(Context(), "file", 100).status().code(), Code::kNotFound);
  CHECK_EQ(bucket->attributes(Context(), "file").status().code(), Code::kNotFound);
  CHECK_EQ(bucket->remove(Context(), "link/secret").code(), Code::kNotFound);
  CHECK_EQ(bucket->put(Context(), "link/new", Bytes()).code(), Code::kFailedPrecondition);
  CHECK_FALSE(fs::exists(folder.path() / "outside/new"));
  CHECK(bucket->put(Context(), "file", Bytes::copy_of("an object")).ok());
  CHECK_EQ(*read_file(folder.path() / "outside/secret", 100), "secret");
}

TEST_CASE("filesystem bucket: its own path may go through a link") {
  testing::TempDir folder;
  fs::create_directory(folder.path() / "real");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  auto bucket = open_bucket(folder.path() / "link");
  CHECK(bucket->put(Context(), "object", Bytes()).ok());
  CHECK(fs::exists(folder.path() / "real/object"));
}

TEST_CASE("filesystem bucket: what is no file is no object, and does not hang") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path());
  REQUIRE_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  CHECK(all_names(*bucket).empty());
  CHECK_EQ(bucket->get(Context(), "pipe", 100).status().code(), Code::kNotFound);
}

TEST_CASE("filesystem bucket: an object can't be a folder as well") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path());
  REQUIRE(bucket->put(Context(), "a/b", Bytes()).ok());
  CHECK_EQ(bucket->put(Context(), "a", Bytes()).code(), Code::kFailedPrecondition);
  CHECK_EQ(bucket->put(Context(), "a/b/c", Bytes()).code(), Code::kFailedPrecondition);
  CHECK_EQ(all_names(*bucket), std::vector<std::string>{"a/b"});
}

TEST_CASE("filesystem bucket: empty folders aren't listed") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path());
  fs::create_directories(folder.path() / "empty/within/empty");
  std::vector<std::string> names;
  auto status = bucket->list(Context(), "", false, [&](const BucketEntry& entry) {
    names.push_back(entry.name);
    return Status();
  });
  CHECK(status.ok());
  CHECK(names.empty());
}

TEST_CASE("filesystem bucket: files being written can't be seen or named") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path());
  FileDescriptor root(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY));
  auto staged = StagedFile::create(root.get());
  REQUIRE(staged.ok());
  CHECK(all_names(*bucket).empty());
  auto name = fs::directory_iterator(folder.path() / kStagingFolder)->path().filename().string();
  CHECK_EQ(bucket->get(Context(), std::string(kStagingFolder) + "/" + name, 9).status().code(),
           Code::kInvalidArgument);
  CHECK_EQ(bucket->put(Context(), kStagingFolder, Bytes()).code(), Code::kInvalidArgument);
}

TEST_CASE(
    "filesystem bucket: opening removes what a killed process left, not what is written now") {
  testing::TempDir folder;
  auto first = open_bucket(folder.path());
  FileDescriptor root(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY));
  auto staged = StagedFile::create(root.get());
  REQUIRE(staged.ok());
  auto left = folder.path() / kStagingFolder / "left-behind";
  REQUIRE(write_file_atomically(left, "half of an obj").ok());
  auto second = open_bucket(folder.path());
  CHECK_FALSE(fs::exists(left));
  REQUIRE(staged->publish(root.get(), "object").ok());
  CHECK_EQ(all_names(*second), std::vector<std::string>{"object"});
}

TEST_CASE("filesystem bucket: when its folder is gone it is unavailable, not empty") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path() / "bucket");
  fs::remove_all(folder.path() / "bucket");
  auto visit = [](const BucketEntry&) { return Status(); };
  CHECK_EQ(bucket->list(Context(), "", true, visit).code(), Code::kUnavailable);
  CHECK_EQ(bucket->get(Context(), "object", 1).status().code(), Code::kUnavailable);
  CHECK_EQ(bucket->exists(Context(), "object").status().code(), Code::kUnavailable);
}

TEST_CASE("filesystem bucket: a name too long for the file system is an error") {
  testing::TempDir folder;
  auto bucket = open_bucket(folder.path());
  CHECK_FALSE(bucket->put(Context(), std::string(300, 'n'), Bytes()).ok());
  CHECK(all_names(*bucket).empty());
}
