// SPDX-License-Identifier: Apache-2.0
#include "blocks/upload.hpp"

#include "blocks/download.hpp"
#include "objstore/fault_bucket.hpp"
#include "support/synthetic_block.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mnemo;
using testing::synthetic_meta;
using testing::ulid_of;
namespace fs = std::filesystem;

namespace {

/// Writes block `number` with an external label and gives its folder.
fs::path labelled_block(const fs::path& data_dir, int64_t number) {
  auto meta = synthetic_meta(number);
  meta.thanos.emplace();
  meta.thanos->labels = {{"replica", "a"}};
  testing::write_synthetic_block(data_dir, meta);
  return data_dir / meta.ulid.to_string();
}

std::vector<std::string> names_in(Bucket& bucket) {
  std::vector<std::string> names;
  auto status = bucket.list(Context(), "", true, [&](const BucketEntry& entry) {
    names.push_back(entry.name.substr(entry.name.find('/') + 1));
    return Status();
  });
  REQUIRE(status.ok());
  return names;
}

std::vector<std::string> names_of(const std::vector<BucketCall>& calls) {
  std::vector<std::string> names;
  for (const auto& call : calls) names.push_back(call.name.substr(call.name.find('/') + 1));
  return names;
}

BlockMeta uploaded_meta(Bucket& bucket, const Ulid& block) {
  auto json = bucket.get(Context(), block_object(block, "meta.json"), 1 << 20);
  REQUIRE(json.ok());
  auto meta = BlockMeta::parse(json->as_string());
  REQUIRE(meta.ok());
  return *meta;
}

}  // namespace

TEST_CASE("upload: chunks in order, then the index, then meta.json, and no other request") {
  testing::TempDir folder;
  FaultBucket bucket(make_memory_bucket());
  auto dir = labelled_block(folder.path(), 7);
  REQUIRE(upload_block(Context(), bucket, dir).ok());
  CHECK_EQ(names_of(bucket.calls()),
           std::vector<std::string>{"chunks/000001", "chunks/000002", "index", "meta.json"});
}

TEST_CASE("upload: meta.json lists the files with sizes, hashes on request, and the time") {
  testing::TempDir folder;
  auto bucket = make_memory_bucket();
  testing::write_or_throw(labelled_block(folder.path(), 7) / "chunks/000001", "abc");
  UploadOptions options;
  options.hash = FileHash::kSha256;
  options.clock = [] {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000120));
  };
  auto dir = folder.path() / ulid_of(7).to_string();
  REQUIRE(upload_block(Context(), *bucket, dir, options).ok());
  auto thanos = uploaded_meta(*bucket, ulid_of(7)).thanos;
  REQUIRE(thanos);
  CHECK_EQ(thanos->upload_time, "2023-11-14T22:13:20.12Z");
  REQUIRE_EQ(thanos->files.size(), 4);
  CHECK_EQ(thanos->files[0].rel_path, "chunks/000001");
  CHECK_EQ(thanos->files[0].size_bytes, 3);
  // FIPS 180-2, appendix B.1.
  CHECK_EQ(thanos->files[0].hash,
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ(thanos->files[0].hash_func, "SHA256");
  CHECK_EQ(thanos->files[2].rel_path, "index");
  CHECK_EQ(thanos->files[3].rel_path, "meta.json");
  CHECK_EQ(thanos->files[3].size_bytes, 0);
  CHECK_EQ(thanos->files[3].hash_func, "");
}

TEST_CASE("upload: what is no labelled, whole block is refused before anything is put") {
  testing::TempDir folder;
  FaultBucket bucket(make_memory_bucket());
  testing::write_synthetic_block(folder.path(), synthetic_meta(1));
  auto code = [&](const fs::path& dir) { return upload_block(Context(), bucket, dir).code(); };
  CHECK_EQ(code(folder.path() / ulid_of(1).to_string()), Code::kFailedPrecondition);
  CHECK_EQ(code(folder.path()), Code::kInvalidArgument);
  CHECK_EQ(code(folder.path() / ulid_of(2).to_string()), Code::kNotFound);
  auto without_index = labelled_block(folder.path(), 3);
  fs::remove(without_index / "index");
  CHECK_EQ(code(without_index), Code::kNotFound);
  fs::rename(labelled_block(folder.path(), 4), folder.path() / ulid_of(5).to_string());
  CHECK_EQ(code(folder.path() / ulid_of(5).to_string()), Code::kInvalidArgument);
  CHECK_EQ(bucket.count(), 0);
}

TEST_CASE("upload: whichever put fails, there is no meta.json; the rest is kept or removed") {
  testing::TempDir folder;
  auto dir = labelled_block(folder.path(), 7);
  for (uint64_t k = 1; k <= 4; ++k) {
    FaultBucket bucket(make_memory_bucket());
    Fault fault{.operation = BucketOperation::kPut, .first = k, .last = k};
    bucket.set_faults({fault});
    CHECK_EQ(upload_block(Context(), bucket, dir).code(), Code::kUnavailable);
    CHECK_EQ(names_in(bucket).size(), k - 1);
    fault.kind = FaultKind::kLoseAnswer;
    bucket.set_faults({fault});
    UploadOptions options;
    options.after_failure = AfterFailure::kRemove;
    CHECK_EQ(upload_block(Context(), bucket, dir, options).code(), Code::kUnavailable);
    CHECK(names_in(bucket).empty());
  }
}

TEST_CASE("delete: meta.json goes first, the deletion mark last; again is no error") {
  FaultBucket bucket(make_memory_bucket());
  for (auto name : {"meta.json", "index", "chunks/000001", "deletion-mark.json", "a-file"}) {
    REQUIRE(bucket.put(Context(), block_object(ulid_of(1), name), Bytes()).ok());
  }
  bucket.set_faults({});
  REQUIRE(delete_block(Context(), bucket, ulid_of(1)).ok());
  auto names = names_of(bucket.calls());
  REQUIRE_EQ(names.size(), 6);
  CHECK_EQ(names[1], "meta.json");
  CHECK_EQ(names[5], "deletion-mark.json");
  CHECK(names_in(bucket).empty());
  CHECK(delete_block(Context(), bucket, ulid_of(1)).ok());
}

TEST_CASE("download: gives what was uploaded, checked against meta.json") {
  testing::TempDir folder;
  auto bucket = make_memory_bucket();
  UploadOptions options;
  options.hash = FileHash::kSha256;
  REQUIRE(upload_block(Context(), *bucket, labelled_block(folder.path(), 7), options).ok());
  auto into = folder.path() / "into";
  fs::create_directory(into);
  auto name = ulid_of(7).to_string();
  REQUIRE(download_block(Context(), *bucket, ulid_of(7), into).ok());
  CHECK_EQ(*read_file(into / name / "index", 100), "index of " + name);
  CHECK_EQ(*read_file(into / name / "chunks/000002", 100), "second of " + name);
  CHECK_EQ(download_block(Context(), *bucket, ulid_of(7), into).code(), Code::kAlreadyExists);
  CHECK_EQ(download_block(Context(), *bucket, ulid_of(8), into).code(), Code::kNotFound);
  fs::remove_all(into / name);

  auto damaged = "Index of " + name;  // same length
  REQUIRE(bucket->put(Context(), name + "/index", Bytes::copy_of(damaged)).ok());
  auto status = download_block(Context(), *bucket, ulid_of(7), into);
  CHECK_EQ(status.to_string(),
           "DataLoss: download block " + name + ": index: SHA-256 differs from that in meta.json");
  REQUIRE(bucket->remove(Context(), name + "/index").ok());
  status = download_block(Context(), *bucket, ulid_of(7), into);
  CHECK_EQ(status.to_string(),
           "DataLoss: download block " + name + ": index: listed in meta.json, but missing");
  CHECK(fs::is_empty(into));
}
