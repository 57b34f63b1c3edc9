// SPDX-License-Identifier: Apache-2.0
//
// Writes first seeds for the corpora of whole files to a folder: those of small blocks that
// BlockWriter makes, and what it doesn't make. Chunks are cut out of segments by the fuzzer itself.
#include "base/file.hpp"
#include "base/varint.hpp"
#include "chunkenc/chunker.hpp"
#include "downsample/series.hpp"
#include "downsample/windows.hpp"
#include "support/index_v1.hpp"
#include "tsdb/block/tombstones.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/block_writer.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace mnemo;

[[noreturn]] void fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}
void check(const Status& status) {
  if (!status.ok()) fail(status);
}

/// A folder of seeds, each a file of its own.
class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  void add(std::string_view target, const std::string& name, std::string_view content) const {
    fs::create_directories(folder_ / target);
    check(write_file_atomically(folder_ / target / name, content));
  }
  void add_block(const std::string& name, BlockWriter& writer) const {
    auto meta = writer.finish();
    if (!meta.ok()) fail(meta.status());
    auto blocks = folder_ / "blocks";
    auto block = blocks / meta->ulid.to_string();
    copy(block / "index", "index", name);
    copy(block / "chunks/000001", "segment", name);
    copy(block / "meta.json", "meta", name);
    fs::remove_all(blocks);
  }
  BlockWriter writer(int64_t number) const {
    return BlockWriter({folder_ / "blocks", Ulid::make(number, {})});
  }

 private:
  void copy(const fs::path& from, std::string_view target, const std::string& name) const {
    auto content = read_file(from, 1 << 20);
    if (!content.ok()) fail(content.status());
    add(target, name, *content);
  }

  fs::path folder_;
};

Histogram histogram(uint64_t count) {
  Histogram result;
  result.count = 3 * count;
  result.zero_count = count;
  result.sum = 1.5 * static_cast<double>(count);
  result.positive_spans = {{0, 1}, {2, 1}};
  result.positive_buckets = {static_cast<int64_t>(count), 0};
  return result;
}

void add_blocks(const Seeds& seeds) {
  auto one = seeds.writer(1);
  check(one.append({{"__name__", "up"}, {"job", "api"}}, 1000, 1));
  seeds.add_block("one_series", one);

  auto kinds = seeds.writer(2);
  for (int64_t i = 0; i < 130; ++i) {  // two chunks
    check(kinds.append({{"__name__", "requests"}, {"job", "api"}}, i * 15000, 2.5 * i));
  }
  for (int64_t i = 0; i < 3; ++i) {
    auto of_time = histogram(static_cast<uint64_t>(i));
    check(kinds.append({{"__name__", "latency"}, {"job", "web"}}, i * 15000, of_time));
    check(kinds.append({{"__name__", "size"}}, i * 15000, of_time.to_float()));
    check(kinds.append({{"__name__", "started"}, {"job", "api"}}, i * 15000, 1.0 * i, 7));
  }
  seeds.add_block("all_kinds", kinds);

  auto wide = seeds.writer(3);  // more values of a name than lie between two samples of a table
  for (int i = 0; i < 40; ++i) {
    check(wide.append({{"__name__", "up"}, {"job", std::to_string(i)}}, i, i));
  }
  seeds.add_block("many_series", wide);
}

/// BlockWriter writes version 2 only.
void add_index_v1(const Seeds& seeds) {
  seeds.add("index", "version_1",
            testing::index_v1({
                {Labels{{"__name__", "latency"}, {"job", "web"}}, {{0, 30, 8}, {45, 60, 100}}},
                {Labels{{"__name__", "requests"}, {"job", "api"}}, {{0, 1785, 150}}},
                {Labels{{"__name__", "up"}}, {{5, 5, 400}}},
                {Labels{{"__name__", "up"}, {"job", "api"}}, {}},
            }));
}

void add_tombstones(const Seeds& seeds) {
  tsdb::Tombstones tombstones;
  seeds.add("tombstones", "none", tombstones.encode());
  tombstones.add(2, {1000, 2000});
  seeds.add("tombstones", "one", tombstones.encode());
  tombstones.add(2, {5000, 7000});
  tombstones.add(300, {kMinTime, kMaxTime});
  tombstones.add(uint64_t{1} << 40, {-5, -1});
  seeds.add("tombstones", "several", tombstones.encode());
}

/// Three chunks, of samples a minute apart: each of another kind of series.
std::vector<Chunk> chunks_from(int64_t start, int32_t span_offset) {
  SampleChunker chunker;
  std::vector<Chunk> chunks;
  for (int64_t i = 0; i < 12; ++i) {
    check(chunker.append(start + i * 60'000, 2.5 * static_cast<double>(i % 5), 0));
  }
  chunker.finish(chunks);
  for (int64_t i = 0; i < 12; ++i) {
    auto value = histogram(static_cast<uint64_t>(i));
    value.positive_spans[1].offset = span_offset;
    check(chunker.append(start + i * 60'000, value, 0));
  }
  chunker.finish(chunks);
  for (int64_t i = 0; i < 12; ++i) {
    check(
        chunker.append(start + i * 60'000, histogram(static_cast<uint64_t>(i)).to_float(), start));
  }
  chunker.finish(chunks);
  return chunks;
}

/// As several_chunks.hpp reads them.
std::string in_a_row(std::span<const Chunk> chunks) {
  std::string data;
  for (const auto& chunk : chunks) {
    append_uvarint(data, chunk.data.size());
    data += static_cast<char>(chunk.encoding);
    data += chunk.data.as_string();
  }
  return data;
}

void add_series(const Seeds& seeds) {
  auto first = chunks_from(0, 2);
  auto second = chunks_from(250'000, 3);
  for (size_t kind = 0; kind < first.size(); ++kind) {
    auto name = "kind_" + std::to_string(kind);
    seeds.add("overlaps", name, in_a_row(std::vector{first[kind], second[kind]}));
    auto raw = std::vector{first[kind]};
    seeds.add("downsample", name, in_a_row(raw));
    SampleColumn scratch;
    std::vector<Chunk> aggregated;
    check(downsample::downsample_raw(raw, {}, downsample::kFiveMinutes, scratch, aggregated));
    seeds.add("downsample", name + "_aggregated", in_a_row(aggregated));
  }
  seeds.add("overlaps", "mixed", in_a_row(std::vector{first[0], second[1], second[2]}));
  seeds.add("downsample", "mixed", in_a_row(std::vector{first[0], second[1], second[2]}));
}

void add_metas(const Seeds& seeds) {
  BlockMeta meta;
  meta.ulid = Ulid::make(1, {});
  meta.min_time = -1;
  meta.max_time = 7200000;
  meta.stats = {1, 2, 3, 4, 5, 6};
  meta.compaction = {2, {Ulid::make(2, {})}, true, {{Ulid::make(3, {}), 0, 1}}, true, {"a"}};
  meta.thanos.emplace();
  auto& thanos = *meta.thanos;
  thanos.labels = Labels{{"cluster", "<a>"}, {"replica", "\xe2\x80\xa8"}};
  thanos.resolution = 300000;
  thanos.source = "compactor";
  thanos.segment_files = {"000001"};
  thanos.files = {{"index", 7, "SHA256", "00"}, {"meta.json", 0, "", ""}};
  thanos.index_max_series_size = 8;
  thanos.index_max_chunk_size = 9;
  thanos.upload_time = "2026-01-01T00:00:00Z";
  thanos.rewrites_json = R"([{"sources":["x"],"deletions":[1.5,null,true]}])";
  thanos.extensions_json = R"({"a":{"b":[-1,1e9]}})";
  seeds.add("meta", "thanos", meta.to_json());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 2;
  }
  Seeds seeds{fs::path(arguments[1])};
  add_blocks(seeds);
  add_index_v1(seeds);
  add_tombstones(seeds);
  add_series(seeds);
  add_metas(seeds);
}
