// SPDX-License-Identifier: Apache-2.0
//
// Whatever writes a block, disturbed at every one of its changes to files.
#include "support/fault_check.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_writer_files.hpp"
#include "tsdb/block/rewrite.hpp"
#include "tsdb/merge/merge.hpp"
#include "tsdb/merge/recode.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

constexpr int64_t kStep = 15000;

Histogram histogram(uint64_t count) {
  Histogram result;
  result.count = count;
  result.positive_spans = {{0, 1}};
  result.positive_buckets = {static_cast<int64_t>(count)};
  return result;
}

/// 300 samples from `start` on of each of three series, as floats and histograms.
void append_samples(BlockWriter& writer, int64_t start, std::string_view job) {
  for (int64_t i = 0; i < 300; ++i) {
    int64_t time = start + i * kStep;
    REQUIRE(writer.append({{"__name__", "up"}, {"job", job}}, time, 1).ok());
    REQUIRE(writer.append({{"__name__", "requests"}}, time, static_cast<double>(i * i)).ok());
    auto latency = histogram(static_cast<uint64_t>(i));
    REQUIRE(writer.append({{"__name__", "latency"}}, time, latency).ok());
  }
}

Result<BlockMeta> write_samples(const BlockOutput& output) {
  BlockWriter writer({output.folder, output.ulid});
  BlockWriterFiles::replace(writer, output.files);
  append_samples(writer, 0, "api");
  return writer.finish();
}

/// Blocks to write others from.
class Sources {
 public:
  std::filesystem::path add(int64_t start, std::string_view job) {
    BlockWriter writer({dir_.path(), std::nullopt});
    append_samples(writer, start, job);
    auto meta = writer.finish();
    REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
    return dir_.path() / meta->ulid.to_string();
  }

 private:
  TempDir dir_;
};

WriteBlock merge_of(std::vector<std::filesystem::path> blocks) {
  return [blocks = std::move(blocks)](const BlockOutput& output) {
    tsdb::MergeOptions options;
    options.merge_overlaps = tsdb::chain_overlaps;
    options.output.files = output.files;
    return tsdb::merge_blocks(blocks, output.ulid, output.folder, options);
  };
}

void check_all_faults(const WriteBlock& write) {
  check_errors_at_every_change(write);
  check_kills_at_every_change(write);
  check_full_disk(write);
}

}  // namespace

TEST_CASE("BlockWriter: a fault at any change leaves no block or a complete one") {
  check_all_faults(write_samples);
}

TEST_CASE("rewrite: a fault at any change leaves no block or a complete one") {
  Sources sources;
  auto source = sources.add(0, "api");
  check_all_faults([&](const BlockOutput& output) {
    tsdb::RewriteOptions options;
    options.output.files = output.files;
    options.output.segment_bytes = 1000;  // more than one segment
    return tsdb::rewrite_block(source, output.ulid, output.folder, options);
  });
}

TEST_CASE("merge: a fault at any change while chunks are copied leaves no block or a whole one") {
  Sources sources;
  check_all_faults(merge_of({sources.add(0, "api"), sources.add(300 * kStep, "web")}));
}

TEST_CASE(
    "merge: a fault at any change while overlaps are chained leaves no block or a whole one") {
  Sources sources;
  check_all_faults(merge_of({sources.add(0, "api"), sources.add(100 * kStep + 1, "api")}));
}
