// SPDX-License-Identifier: Apache-2.0
#include "store/local/block_store.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"
#include "chunkenc/decode.hpp"
#include "store/series_stream.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const Block> open_block(const fs::path& directory) {
  auto block = Block::open(directory);
  REQUIRE(block.ok());
  return *block;
}

/// The first raw block of replica a in the golden data; null where that is absent.
std::optional<fs::path> first_golden_block() {
  auto golden = golden_dir();
  if (!golden) return std::nullopt;
  return *golden / "raw" / golden_blocks(*golden, "raw_a").front();
}

std::vector<Series> ask(Store& store, std::vector<Matcher> matchers,
                        std::vector<std::string> without = {}) {
  SeriesRequest request;
  request.matchers = std::move(matchers);
  request.without_replica_labels = std::move(without);
  request.partial_response = PartialResponse::kAbort;
  auto stream = store.series(Context(), request);
  REQUIRE(stream.ok());
  auto series = read_all(**stream);
  REQUIRE(series.ok());
  return *std::move(series);
}

bool sorted_and_unique(const std::vector<Series>& series) {
  return std::adjacent_find(series.begin(), series.end(), [](const Series& a, const Series& b) {
           return !(a.labels < b.labels);
         }) == series.end();
}

/// A tombstones file that deletes `range` of the series at `ref`.
std::string tombstones_of(uint64_t ref, TimeRange range) {
  std::string text;
  append_be32(text, 0x0130BA30);
  text += '\x01';
  std::string entries;
  append_uvarint(entries, ref);
  append_uvarint(entries, zigzag_encode(range.min));
  append_uvarint(entries, zigzag_encode(range.max));
  text += entries;
  append_be32(text, crc32c({reinterpret_cast<const uint8_t*>(entries.data()), entries.size()}));
  return text;
}

}  // namespace

TEST_CASE("block store: external labels win over own ones, and the order is right again") {
  auto directory = first_golden_block();
  if (!directory) return;
  auto block = open_block(*directory);
  BlockStoreOptions options;
  options.external_labels = Labels{{"__name__", "one"}, {"job", "external"}, {"zone", "z"}};
  BlockStore store({block}, options);
  auto all = ask(store, {});
  CHECK(sorted_and_unique(all));
  for (const auto& series : all) {
    CHECK_EQ(series.labels.get("job"), "external");
    CHECK_EQ(series.labels.get("__name__"), "one");
  }
  CHECK(ask(store, {Matcher::equal("job", "api")}).empty());
  CHECK_EQ(ask(store, {Matcher::equal("job", "external")}).size(), all.size());
  auto less = ask(store, {}, {"zone", "instance", "code"});
  CHECK(sorted_and_unique(less));
  CHECK_LT(less.size(), all.size());
}

TEST_CASE("block store: each block's own external labels are used by default") {
  auto directory = first_golden_block();
  if (!directory) return;
  BlockStore store({open_block(*directory)});
  auto info = store.info();
  CHECK_EQ(info.label_sets, std::vector<Labels>{Labels{{"cluster", "golden"}, {"replica", "a"}}});
  auto up = ask(store, {Matcher::equal("__name__", "up"), Matcher::equal("replica", "a")});
  REQUIRE_EQ(up.size(), 1);
  CHECK_EQ(up[0].labels.get("cluster"), "golden");
  CHECK(ask(store, {Matcher::equal("replica", "b")}).empty());

  LabelValuesRequest values;
  values.label = "replica";
  CHECK_EQ(store.label_values(Context(), values)->values, std::vector<std::string>{"a"});
  values.matchers = {Matcher::equal("__name__", "absent")};
  CHECK(store.label_values(Context(), values)->values.empty());
  LabelNamesRequest names;
  names.matchers = {Matcher::equal("__name__", "up")};
  names.without_replica_labels = {"replica"};
  CHECK_EQ(store.label_names(Context(), names)->values,
           std::vector<std::string>{"__name__", "cluster", "job"});
}

TEST_CASE("block store: deleted samples are not shown") {
  // Of floats and of histograms.
  for (std::string metric : {"up", "nh_counter"}) {
    CAPTURE(metric);
    auto directory = first_golden_block();
    if (!directory) return;
    TempDir copy;
    auto target = copy.path() / directory->filename();
    fs::copy(*directory, target, fs::copy_options::recursive);
    auto up = Matcher::equal("__name__", metric);
    uint64_t ref = 0;
    {
      auto selection = open_block(target)->select({&up, 1}, TimeRange());
      REQUIRE(selection.ok());
      BlockSeries series;
      REQUIRE(*(*selection)->next(series));
      ref = series.ref;
    }
    TimeRange deleted{1780272060000, 1780272120000};
    fs::remove(target / "tombstones");
    std::ofstream(target / "tombstones", std::ios::binary) << tombstones_of(ref, deleted);

    auto samples_of = [&](const fs::path& path) {
      BlockStore store({open_block(path)});
      auto series = ask(store, {up});
      SampleColumn samples;
      for (const auto& chunk : series.at(0).chunks) {
        REQUIRE(decode_chunk(*chunk.raw, TimeRange(), samples).ok());
      }
      return samples;
    };
    auto before = samples_of(*directory);
    auto after = samples_of(target);
    auto inside = [&](int64_t time) { return deleted.contains(time); };
    auto gone = std::count_if(before.times.begin(), before.times.end(), inside);
    CHECK_GT(gone, 0);
    CHECK_EQ(after.size() + static_cast<size_t>(gone), before.size());
    CHECK_EQ(std::count_if(after.times.begin(), after.times.end(), inside), 0);
  }
}
