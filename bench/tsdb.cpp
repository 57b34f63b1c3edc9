// SPDX-License-Identifier: Apache-2.0
//
// What one block costs: set operations on postings of a million series (nanoseconds an element of
// both lists), reading and selecting series, writing a block from samples, merging blocks. The
// blocks are those of workload.hpp; "many" have three samples in each of 100,000 series.
#include "tsdb/block/block_files.hpp"
#include "tsdb/index/postings.hpp"
#include "tsdb/merge/merge.hpp"
#include "workload.hpp"

#include <mnemo/block.hpp>
#include <mnemo/block_writer.hpp>
#include <mnemo/matcher.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace mnemo;
using namespace mnemo::bench;
namespace fs = std::filesystem;

/// A folder that is gone with this object.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "mnemo-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Folder() { clear(); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  void clear() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

 private:
  fs::path path_;
};

/// Shows nanoseconds for each of so many things.
void report(benchmark::State& state, const char* thing, size_t count) {
  state.counters[thing] =
      benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

constexpr uint32_t kMillion = 1'000'000;

/// Every `step`-th of a million series, from a random place within each step on.
tsdb::Postings every(uint32_t step, uint64_t seed) {
  Random random(seed);
  tsdb::Postings result;
  for (uint32_t at = 0; at < kMillion; at += step) {
    result.push_back(at + static_cast<uint32_t>(random.below(step)));
  }
  return result;
}

void postings_intersect(benchmark::State& state) {
  auto a = every(2, 1);
  auto b = every(static_cast<uint32_t>(state.range(0)), 2);
  for (auto _ : state) benchmark::DoNotOptimize(tsdb::intersect(a, b));
  report(state, "element", a.size() + b.size());
}

void postings_subtract(benchmark::State& state) {
  auto a = every(2, 1);
  auto b = every(static_cast<uint32_t>(state.range(0)), 2);
  for (auto _ : state) benchmark::DoNotOptimize(tsdb::subtract(a, b));
  report(state, "element", a.size() + b.size());
}

/// Of `lists` lists that share a million series among them.
void postings_unite(benchmark::State& state) {
  auto lists = static_cast<size_t>(state.range(0));
  Random random(3);
  std::vector<tsdb::Postings> parts(lists);
  for (uint32_t at = 0; at < kMillion; ++at) parts[random.below(lists)].push_back(at);
  for (auto _ : state) benchmark::DoNotOptimize(tsdb::unite(parts));
  report(state, "element", kMillion);
}

/// Writes a block; its folder, or nothing where that fails.
std::optional<fs::path> write_block(const fs::path& folder, uint64_t block, size_t series,
                                    size_t samples, const std::vector<Labels>& labels) {
  BlockWriter writer({.folder = folder, .ulid = {}});
  std::vector<SeriesSamples> open;
  for (size_t i = 0; i < series; ++i) open.emplace_back(i, block);
  for (size_t scrape = 0; scrape < samples; ++scrape) {
    for (size_t i = 0; i < series; ++i) {
      if (!writer.append(labels[i], open[i].time(), open[i].value()).ok()) return std::nullopt;
      open[i].next();
    }
  }
  auto meta = writer.finish();
  if (!meta.ok()) return std::nullopt;
  return folder / meta->ulid.to_string();
}

std::vector<Labels> labels_of(size_t count) {
  std::vector<Labels> labels;
  for (size_t i = 0; i < count; ++i) labels.push_back(series_labels(i));
  return labels;
}

constexpr size_t kManySeries = 100'000;

struct ManySeries {
  Folder folder;
  std::optional<fs::path> path =
      write_block(folder.path(), 0, kManySeries, 3, labels_of(kManySeries));
};

void index_series_entries(benchmark::State& state) {
  ManySeries block;
  if (!block.path) return state.SkipWithError("no block");
  auto files = tsdb::BlockFiles::open(*block.path);
  auto refs = files->index.postings({}, {});
  if (!files.ok() || !refs.ok()) return state.SkipWithError("no index");
  std::vector<tsdb::SymbolPair> labels;
  std::vector<ChunkMeta> chunks;
  for (auto _ : state) {
    for (auto ref : *refs) {
      if (!files->index.series_symbols(ref, labels, &chunks).ok()) state.SkipWithError("malformed");
    }
  }
  report(state, "series", refs->size());
}

/// Labels and chunks of the series that some matchers select.
void select(benchmark::State& state, const std::vector<Matcher>& matchers) {
  ManySeries many;
  if (!many.path) return state.SkipWithError("no block");
  auto block = Block::open(*many.path);
  if (!block.ok()) return state.SkipWithError("no block");
  size_t found = 0;
  BlockSeries series;
  for (auto _ : state) {
    auto selection = (*block)->select(matchers, (*block)->meta().range());
    if (!selection.ok()) return state.SkipWithError("no selection");
    found = 0;
    for (auto more = (*selection)->next(series); more.ok() && *more;
         more = (*selection)->next(series)) {
      ++found;
    }
  }
  report(state, "series", found);
}

void select_everything(benchmark::State& state) { select(state, {}); }
void select_metric(benchmark::State& state) {
  select(state, {Matcher::equal("__name__", "app_0042_busy_ratio")});
}
void select_job(benchmark::State& state) { select(state, {Matcher::equal("job", "service-3")}); }
void select_job_by_regex(benchmark::State& state) {
  auto matcher = Matcher::regex("__name__", "app_00[0-4].*_total");
  if (!matcher.ok()) return state.SkipWithError("no matcher");
  select(state, {*matcher, Matcher::equal("job", "service-3")});
}

/// 2,000 series of 480 samples, scrape by scrape.
void write_two_hours(benchmark::State& state) {
  constexpr size_t kSeries = 2000;
  constexpr size_t kSamples = 480;
  auto labels = labels_of(kSeries);
  for (auto _ : state) {
    Folder folder;
    if (!write_block(folder.path(), 0, kSeries, kSamples, labels)) state.SkipWithError("no block");
  }
  report(state, "sample", kSeries * kSamples);
}

void write_many_series(benchmark::State& state) {
  auto labels = labels_of(kManySeries);
  for (auto _ : state) {
    Folder folder;
    if (!write_block(folder.path(), 0, kManySeries, 3, labels)) state.SkipWithError("no block");
  }
  report(state, "series", kManySeries);
}

/// Six blocks of so many series and samples.
void merge(benchmark::State& state, size_t series, size_t samples) {
  Folder folder;
  auto labels = labels_of(series);
  std::vector<fs::path> blocks;
  for (uint64_t block = 0; block < 6; ++block) {
    auto path = write_block(folder.path(), block, series, samples, labels);
    if (!path) return state.SkipWithError("no block");
    blocks.push_back(*path);
  }
  for (auto _ : state) {
    Folder output;
    if (!tsdb::merge_blocks(blocks, Ulid::generate(), output.path(), {}).ok()) {
      state.SkipWithError("no merge");
    }
  }
  report(state, "sample", blocks.size() * series * samples);
}

void merge_six_blocks(benchmark::State& state) { merge(state, 5000, 480); }
void merge_many_series(benchmark::State& state) { merge(state, kManySeries, 3); }

// The second list is half, a twentieth and a two-thousandth of the series.
BENCHMARK(postings_intersect)->Arg(2)->Arg(20)->Arg(2000);
BENCHMARK(postings_subtract)->Arg(2)->Arg(20)->Arg(2000);
BENCHMARK(postings_unite)->Arg(2)->Arg(20)->Arg(2000);
BENCHMARK(index_series_entries);
BENCHMARK(select_everything);
BENCHMARK(select_metric);
BENCHMARK(select_job);
BENCHMARK(select_job_by_regex);
BENCHMARK(write_two_hours);
BENCHMARK(write_many_series);
BENCHMARK(merge_six_blocks);
BENCHMARK(merge_many_series);

}  // namespace

BENCHMARK_MAIN();
