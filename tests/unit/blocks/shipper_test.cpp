// SPDX-License-Identifier: Apache-2.0
#include "blocks/shipper.hpp"

#include "base/file.hpp"
#include "blocks/meta_fetcher.hpp"
#include "blocks/shipper_file.hpp"
#include "objstore/fault_bucket.hpp"
#include "support/golden.hpp"
#include "support/synthetic_block.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace mnemo;
using testing::synthetic_meta;
using testing::ulid_of;
using testing::write_synthetic_block;
namespace fs = std::filesystem;

namespace {

ShipperOptions options_for(const fs::path& data_dir) {
  ShipperOptions options;
  options.data_dir = data_dir;
  options.external_labels = [] { return Labels{{"cluster", "golden"}, {"replica", "a"}}; };
  options.clock = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(7)); };
  return options;
}

std::map<std::string, std::string> content_of(Bucket& bucket) {
  std::map<std::string, std::string> objects;
  auto status = bucket.list(Context(), "", true, [&](const BucketEntry& entry) {
    auto bytes = bucket.get(Context(), entry.name, 1 << 20);
    REQUIRE(bytes.ok());
    objects[entry.name] = bytes->as_string();
    return Status();
  });
  REQUIRE(status.ok());
  return objects;
}

std::vector<int64_t> blocks_in(const std::shared_ptr<Bucket>& bucket) {
  auto view = MetaFetcher(bucket, {}).fetch(Context());
  REQUIRE(view.ok());
  std::vector<int64_t> numbers;
  for (const auto& [block, meta] : view->metas) numbers.push_back(block.time_ms());
  return numbers;
}

std::vector<int64_t> shipped_by_file(const fs::path& data_dir) {
  auto file = ShipperFile::read(data_dir / "thanos.shipper.json");
  REQUIRE_MESSAGE(file.ok(), file.status().to_string());
  std::vector<int64_t> numbers;
  for (const auto& block : file->uploaded) numbers.push_back(block.time_ms());
  return numbers;
}

/// No block that a store would serve lacks a file or has one of another size.
void check_served_blocks_are_whole(const std::shared_ptr<Bucket>& bucket) {
  auto view = MetaFetcher(bucket, {}).fetch(Context());
  REQUIRE(view.ok());
  for (const auto& [block, meta] : view->metas) {
    REQUIRE(meta->thanos);
    CHECK_EQ(meta->thanos->files.size(), 4);
    for (const auto& file : meta->thanos->files) {
      auto attributes = bucket->attributes(Context(), block_object(block, file.rel_path));
      REQUIRE(attributes.ok());
      if (file.size_bytes > 0) CHECK_EQ(attributes->size, file.size_bytes);
    }
  }
}

/// Deletes a block when the shipper says that it begins with it.
class Deleting final : public Logger {
 public:
  explicit Deleting(fs::path block) : block_(std::move(block)) {}
  bool enabled(LogLevel) const override { return true; }
  void log(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
    if (message == "upload new block") fs::remove_all(block_);
  }

 private:
  fs::path block_;
};

}  // namespace

TEST_CASE("shipper: ships each block once; an idle pass costs no request") {
  testing::TempDir data;
  for (int i : {3, 1, 2}) write_synthetic_block(data.path(), synthetic_meta(i));
  fs::create_directory(data.path() / "wal");
  fs::create_directory(data.path() / (ulid_of(4).to_string() + ".tmp-for-creation"));
  fs::create_directories(data.path() / ulid_of(5).to_string() / "chunks");  // no meta.json
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  Shipper shipper(bucket, options_for(data.path()));
  auto result = shipper.sync(Context());
  CHECK_MESSAGE(result.status.ok(), result.status.to_string());
  CHECK_EQ(result.uploaded, 3);
  CHECK_EQ(bucket->count(BucketOperation::kAttributes), 3);
  CHECK_EQ(bucket->count(BucketOperation::kPut), 12);
  CHECK_EQ(bucket->count(), 15);
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{1, 2, 3});
  CHECK_EQ(shipped_by_file(data.path()), std::vector<int64_t>{1, 2, 3});
  CHECK(fs::is_empty(data.path() / "thanos/upload"));

  bucket->set_faults({});
  CHECK_EQ(shipper.sync(Context()).uploaded, 0);
  CHECK_EQ(Shipper(bucket, options_for(data.path())).sync(Context()).uploaded, 0);
  CHECK_EQ(bucket->count(), 0);

  fs::remove(data.path() / "thanos.shipper.json");
  CHECK_EQ(shipper.sync(Context()).uploaded, 0);
  CHECK_EQ(bucket->count(BucketOperation::kAttributes), 3);
  CHECK_EQ(bucket->count(), 3);
}

TEST_CASE("shipper: writes what Thanos' sidecar wrote for the same blocks") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  testing::TempDir data;
  auto blocks = testing::golden_blocks(*golden, "raw_a");
  REQUIRE_EQ(blocks.size(), 6);
  for (const auto& block : blocks) {
    fs::copy(*golden / "raw" / block, data.path() / block, fs::copy_options::recursive);
    fs::permissions(data.path() / block, fs::perms::owner_all, fs::perm_options::add);
    // As Prometheus itself has it, without a thanos section.
    auto meta = BlockMeta::parse(*read_file(data.path() / block / "meta.json", 1 << 20));
    REQUIRE(meta.ok());
    meta->thanos.reset();
    fs::remove(data.path() / block / "meta.json");
    testing::write_or_throw(data.path() / block / "meta.json", meta->to_json());
  }
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto result = Shipper(bucket, options_for(data.path())).sync(Context());
  CHECK_MESSAGE(result.status.ok(), result.status.to_string());
  for (const auto& block : blocks) {
    auto theirs = *read_file(*golden / "sidecar-run" / block / "meta.json", 1 << 20);
    auto key = theirs.find("\"upload_time\": \"");
    REQUIRE_NE(key, std::string::npos);
    auto begin = key + 16;
    theirs.replace(begin, theirs.find('"', begin) - begin, "1970-01-01T00:00:07Z");
    CHECK_EQ(bucket->get(Context(), block + "/meta.json", 1 << 20)->as_string(), theirs);
    CHECK_EQ(bucket->get(Context(), block + "/index", 1 << 30)->as_string(),
             *read_file(*golden / "raw" / block / "index", 1 << 30));
  }
  CHECK_EQ(*read_file(data.path() / "thanos.shipper.json", 1 << 20),
           *read_file(*golden / "sidecar-run/thanos.shipper.json", 1 << 20));
}

TEST_CASE(
    "shipper: whichever request fails or loses its answer, the next run completes the bucket") {
  testing::TempDir whole_data;
  auto whole = std::shared_ptr<Bucket>(make_memory_bucket());
  for (int i : {1, 2}) write_synthetic_block(whole_data.path(), synthetic_meta(i));
  REQUIRE(Shipper(whole, options_for(whole_data.path())).sync(Context()).status.ok());
  auto expected = content_of(*whole);
  REQUIRE_EQ(expected.size(), 8);

  for (bool goes_on : {false, true}) {
    for (auto kind : {FaultKind::kFail, FaultKind::kLoseAnswer}) {
      // A request that fails alone, and a bucket that is gone from then on as for a killed process.
      for (bool is_gone : {false, true}) {
        for (uint64_t k = 1; k <= 10; ++k) {
          testing::TempDir data;
          for (int i : {1, 2}) write_synthetic_block(data.path(), synthetic_meta(i));
          auto below = std::shared_ptr<Bucket>(make_memory_bucket());
          auto bucket = std::make_shared<FaultBucket>(below);
          bucket->set_faults(
              {{.operation = {}, .first = k, .last = is_gone ? UINT64_MAX : k, .kind = kind}});
          auto options = options_for(data.path());
          options.allow_out_of_order_uploads = goes_on;
          auto broken = Shipper(bucket, options).sync(Context());
          CHECK_FALSE(broken.status.ok());
          check_served_blocks_are_whole(below);
          auto result = Shipper(below, options_for(data.path())).sync(Context());
          CHECK_MESSAGE(result.status.ok(), result.status.to_string());
          CHECK_LE(broken.uploaded + result.uploaded, 2);
          CHECK_EQ(content_of(*below), expected);
          CHECK_EQ(shipped_by_file(data.path()), std::vector<int64_t>{1, 2});
        }
      }
    }
  }
}

TEST_CASE("shipper: a failed block stops younger ones unless uploads may be out of order") {
  testing::TempDir data;
  for (int i : {1, 2, 3}) write_synthetic_block(data.path(), synthetic_meta(i));
  fs::remove(data.path() / ulid_of(2).to_string() / "index");
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  Metrics metrics;
  auto options = options_for(data.path());
  options.metrics = &metrics;
  auto result = Shipper(bucket, options).sync(Context());
  CHECK_EQ(result.status.code(), Code::kNotFound);
  CHECK_EQ(result.uploaded, 1);
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{1});
  options.allow_out_of_order_uploads = true;
  result = Shipper(bucket, options).sync(Context());
  CHECK_EQ(result.status.code(), Code::kNotFound);
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{1, 3});
  CHECK_EQ(shipped_by_file(data.path()), std::vector<int64_t>{1, 3});
  auto text = metrics.render();
  CHECK_NE(text.find("thanos_shipper_dir_syncs_total 1"), std::string::npos);
  CHECK_NE(text.find("thanos_shipper_dir_sync_failures_total 1"), std::string::npos);
  CHECK_NE(text.find("thanos_shipper_uploads_total 2"), std::string::npos);
  CHECK_NE(text.find("thanos_shipper_upload_failures_total 2"), std::string::npos);
}

TEST_CASE("shipper: a corrupt meta.json stops the pass unless corrupted blocks may be skipped") {
  testing::TempDir data;
  for (int i : {1, 2}) write_synthetic_block(data.path(), synthetic_meta(i));
  testing::write_or_throw(data.path() / ulid_of(1).to_string() / "meta.json", "{");
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto options = options_for(data.path());
  CHECK_EQ(Shipper(bucket, options).sync(Context()).status.code(), Code::kDataLoss);
  CHECK(blocks_in(bucket).empty());
  options.skip_corrupted_blocks = true;
  auto result = Shipper(bucket, options).sync(Context());
  CHECK_EQ(result.status.code(), Code::kDataLoss);
  CHECK_EQ(result.uploaded, 1);
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{2});
}

TEST_CASE("shipper: nothing is shipped without external labels") {
  testing::TempDir data;
  write_synthetic_block(data.path(), synthetic_meta(1));
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  auto options = options_for(data.path());
  options.external_labels = [] { return Labels(); };
  CHECK_EQ(Shipper(bucket, options).sync(Context()).status.code(), Code::kFailedPrecondition);
  CHECK_EQ(bucket->count(), 0);
}

TEST_CASE("shipper: empty blocks are left, compacted ones are shipped only when asked") {
  testing::TempDir data;
  auto empty = synthetic_meta(1);
  empty.stats.num_samples = 0;
  auto compacted = synthetic_meta(2);
  compacted.compaction.level = 2;
  for (const auto& meta : {empty, compacted}) write_synthetic_block(data.path(), meta);
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  auto options = options_for(data.path());
  Shipper shipper(bucket, options);
  CHECK_EQ(shipper.sync(Context()).uploaded, 0);
  CHECK_EQ(bucket->count(), 0);
  CHECK_EQ(*shipper.all_blocks_uploaded(), true);
  options.upload_compacted = true;
  CHECK_EQ(Shipper(bucket, options).sync(Context()).uploaded, 1);
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{2});
}

TEST_CASE("shipper: a compacted block that overlaps one of its labels in the bucket is held back") {
  testing::TempDir data;
  auto compacted = synthetic_meta(2);
  compacted.compaction.level = 2;
  write_synthetic_block(data.path(), compacted);
  auto put_remote = [](Bucket& bucket, int64_t number, const Labels& labels) {
    auto meta = synthetic_meta(number);
    meta.ulid = ulid_of(number + 100);
    meta.thanos.emplace();
    meta.thanos->labels = labels;
    REQUIRE(bucket.put(Context(), block_object(meta.ulid, "meta.json"), Bytes::own(meta.to_json()))
                .ok());
  };
  auto options = options_for(data.path());
  options.upload_compacted = true;
  auto ship_beside = [&](int64_t number, const Labels& labels) {
    auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
    put_remote(*bucket, number, labels);
    return Shipper(bucket, options).sync(Context()).status.code();
  };
  CHECK_EQ(ship_beside(2, options.external_labels()), Code::kFailedPrecondition);
  fs::remove(data.path() / "thanos.shipper.json");
  CHECK_EQ(ship_beside(3, options.external_labels()), Code::kOk);
  fs::remove(data.path() / "thanos.shipper.json");
  CHECK_EQ(ship_beside(2, {{"replica", "b"}}), Code::kOk);
  fs::remove(data.path() / "thanos.shipper.json");
  options.allow_out_of_order_uploads = true;
  CHECK_EQ(ship_beside(2, options.external_labels()), Code::kOk);
}

TEST_CASE("shipper: a block that is in the bucket stays as it is") {
  testing::TempDir data;
  write_synthetic_block(data.path(), synthetic_meta(1));
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto options = options_for(data.path());
  options.external_labels = [] { return Labels{{"replica", "other"}}; };
  REQUIRE_EQ(Shipper(bucket, options).sync(Context()).uploaded, 1);
  auto before = content_of(*bucket);
  fs::remove(data.path() / "thanos.shipper.json");
  CHECK_EQ(Shipper(bucket, options_for(data.path())).sync(Context()).uploaded, 0);
  CHECK_EQ(content_of(*bucket), before);
}

TEST_CASE("shipper: Prometheus may delete a block while it is being shipped") {
  testing::TempDir data;
  write_synthetic_block(data.path(), synthetic_meta(1));
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto options = options_for(data.path());
  options.logger = std::make_shared<Deleting>(data.path() / ulid_of(1).to_string());
  auto result = Shipper(bucket, options).sync(Context());
  CHECK_MESSAGE(result.status.ok(), result.status.to_string());
  CHECK_EQ(result.uploaded, 0);
  CHECK(blocks_in(bucket).empty());
  CHECK(fs::is_empty(data.path() / "thanos/upload"));
}

TEST_CASE("shipper: an end of the context breaks off, and links of a killed run are removed") {
  testing::TempDir data;
  write_synthetic_block(data.path(), synthetic_meta(1));
  testing::write_or_throw(data.path() / "thanos/upload" / ulid_of(9).to_string() / "index", "old");
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto options = options_for(data.path());
  options.allow_out_of_order_uploads = true;
  Shipper shipper(bucket, options);
  auto ended = Context().with_timeout(std::chrono::nanoseconds(0));
  CHECK_EQ(shipper.sync(ended).status.code(), Code::kDeadlineExceeded);
  CHECK_FALSE(fs::exists(data.path() / "thanos/upload" / ulid_of(9).to_string()));
  CHECK_EQ(shipper.sync(Context()).uploaded, 1);
}

TEST_CASE("shipper: an unreadable file of shipped blocks costs requests, never a second upload") {
  testing::TempDir data;
  write_synthetic_block(data.path(), synthetic_meta(1));
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  REQUIRE_EQ(Shipper(bucket, options_for(data.path())).sync(Context()).uploaded, 1);
  for (auto text : {"", "{", "[]", "{\"version\":2,\"uploaded\":[]}",
                    "{\"version\":1,\"uploaded\":[7]}", "{\"version\":1,\"uploaded\":null}"}) {
    testing::write_or_throw(data.path() / "thanos.shipper.json", text);
    bucket->set_faults({});
    CHECK_EQ(Shipper(bucket, options_for(data.path())).sync(Context()).uploaded, 0);
    CHECK_EQ(bucket->count(), 1);
    CHECK_EQ(shipped_by_file(data.path()), std::vector<int64_t>{1});
  }
}

TEST_CASE("shipper: tells how far it has come") {
  testing::TempDir data;
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  Shipper shipper(bucket, options_for(data.path()));
  CHECK(shipper.timestamps()->empty());
  for (int i : {1, 2}) write_synthetic_block(data.path(), synthetic_meta(i));
  REQUIRE_EQ(shipper.sync(Context()).uploaded, 2);
  write_synthetic_block(data.path(), synthetic_meta(3));
  CHECK_EQ(*shipper.timestamps(), TimeRange{7200000, 3 * 7200000});
  CHECK_EQ(*shipper.all_blocks_uploaded(), false);
  CHECK_EQ(shipper.sync(Context()).uploaded, 1);
  CHECK_EQ(*shipper.all_blocks_uploaded(), true);
}

TEST_CASE("shipper: an idle hour, 120 passes over shipped blocks, costs no request") {
  testing::TempDir data;
  for (int i : {1, 2, 3}) write_synthetic_block(data.path(), synthetic_meta(i));
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  Shipper shipper(bucket, options_for(data.path()));
  REQUIRE(shipper.sync(Context()).status.ok());
  bucket->set_faults({});
  for (int pass = 0; pass < 120; ++pass) REQUIRE(shipper.sync(Context()).status.ok());
  CHECK_EQ(bucket->count(), 0);
}

TEST_CASE("shipper: a block of out-of-order samples is shipped although it overlaps others") {
  testing::TempDir data;
  auto late = synthetic_meta(1);
  late.ulid = ulid_of(5);
  late.compaction.sources = {late.ulid};
  late.compaction.hints = {"from-out-of-order"};
  for (const auto& meta : {synthetic_meta(1), synthetic_meta(2), late}) {
    write_synthetic_block(data.path(), meta);
  }
  std::shared_ptr<Bucket> bucket = make_memory_bucket();
  auto result = Shipper(bucket, options_for(data.path())).sync(Context());
  CHECK_MESSAGE(result.status.ok(), result.status.to_string());
  CHECK_EQ(blocks_in(bucket), std::vector<int64_t>{1, 2, 5});
}
