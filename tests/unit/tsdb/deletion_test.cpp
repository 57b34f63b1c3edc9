// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/deletion.hpp"

#include "support/faulty_files.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/dump/dump.hpp"
#include "tsdb/merge/merge.hpp"
#include "tsdb/verify/verify.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

const std::vector<Matcher> kFirst{Matcher::equal("a", "x")};

/// A block of {a="x"} and {a="y"}, with a sample of value t at each time t that is given.
fs::path write_block(const fs::path& folder, const std::vector<int64_t>& times) {
  BlockWriter writer({folder, Ulid::make(1, {})});
  for (const char* value : {"x", "y"}) {
    for (int64_t time : times) {
      REQUIRE(writer.append({{"a", value}}, time, static_cast<double>(time)).ok());
    }
  }
  REQUIRE(writer.finish().ok());
  return folder / Ulid::make(1, {}).to_string();
}

/// From 0 to 119 and from 1000 to 1119: a chunk for each.
std::vector<int64_t> two_chunks() {
  std::vector<int64_t> times;
  for (int64_t start : {0, 1000}) {
    for (int64_t time = start; time < start + 120; ++time) times.push_back(time);
  }
  return times;
}

std::vector<TimeRange> tombstones_of(const fs::path& directory, size_t series) {
  auto files = tsdb::BlockFiles::open(directory);
  REQUIRE_MESSAGE(files.ok(), files.status().to_string());
  auto ranges = files->tombstones.of(files->index.postings({}, {})->at(series));
  return {ranges.begin(), ranges.end()};
}

/// The times of the samples that are left of {a="x"}.
std::vector<int64_t> times_of_first(const fs::path& directory) {
  auto block = Block::open(directory);
  REQUIRE_MESSAGE(block.ok(), block.status().to_string());
  auto selection = (*block)->select(kFirst, TimeRange());
  REQUIRE(selection.ok());
  BlockSeries series;
  SampleColumn samples;
  if (*(*selection)->next(series)) {
    REQUIRE((*block)->read_samples(series, TimeRange(), samples).ok());
  }
  return samples.times;
}

std::string dump(const fs::path& directory) {
  std::string text;
  auto block = Block::open(directory);
  REQUIRE_MESSAGE(block.ok(), block.status().to_string());
  REQUIRE(tsdb::dump_text({*block}, {}, [&](std::string_view piece) {
            text += piece;
            return Status();
          }).ok());
  return text;
}

uint64_t faults_of(const fs::path& directory) {
  auto report =
      tsdb::verify_block(directory, [](const tsdb::Fault& fault) { MESSAGE(fault.to_string()); });
  REQUIRE(report.ok());
  return report->faults;
}

}  // namespace

TEST_CASE("deletion: what is left is what Prometheus leaves") {
  // The cases of Prometheus' own test: ten samples, at 0 to 9.
  struct Case {
    std::vector<TimeRange> deleted;
    std::vector<int64_t> left;
  };
  const Case cases[] = {
      {{{0, 3}}, {4, 5, 6, 7, 8, 9}},
      {{{1, 3}}, {0, 4, 5, 6, 7, 8, 9}},
      {{{1, 3}, {4, 7}}, {0, 8, 9}},
      {{{1, 3}, {4, 700}}, {0}},
      {{{0, 9}}, {}},
  };
  for (const auto& each : cases) {
    TempDir dir;
    auto block = write_block(dir.path(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    for (const auto& range : each.deleted) REQUIRE(delete_samples(block, kFirst, range).ok());
    CHECK_EQ(times_of_first(block), each.left);
    CHECK_EQ(faults_of(block), 0);
  }
}

TEST_CASE("deletion: the record is clamped to the series' samples and needs a chunk in the range") {
  struct Case {
    TimeRange range;
    std::vector<TimeRange> recorded;
  };
  const Case cases[] = {
      {{50, 1010}, {{50, 1010}}},          {{-100, 60}, {{0, 60}}}, {{1100, 5000}, {{1100, 1119}}},
      {{kMinTime, kMaxTime}, {{0, 1119}}}, {{120, 999}, {}},        {{1120, 5000}, {}},
      {{119, 999}, {{119, 999}}},          {{500, 400}, {}},
  };
  for (const auto& each : cases) {
    CAPTURE(each.range.min);
    TempDir dir;
    auto block = write_block(dir.path(), two_chunks());
    auto meta = delete_samples(block, kFirst, each.range);
    REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
    CHECK_EQ(meta->stats.num_tombstones, each.recorded.size());
    CHECK_EQ(tsdb::read_meta(block)->stats.num_tombstones, each.recorded.size());
    CHECK(tombstones_of(block, 0) == each.recorded);
    CHECK(tombstones_of(block, 1).empty());
  }
}

TEST_CASE("deletion: one after the other adds up, and the same again changes nothing") {
  TempDir dir;
  auto block = write_block(dir.path(), two_chunks());
  REQUIRE(delete_samples(block, kFirst, {10, 20}).ok());
  REQUIRE(delete_samples(block, kFirst, {40, 50}).ok());
  auto meta = delete_samples(block, {}, {15, 30});
  REQUIRE(meta.ok());
  CHECK_EQ(meta->stats.num_tombstones, 3);
  CHECK(tombstones_of(block, 0) == std::vector<TimeRange>{{10, 30}, {40, 50}});
  CHECK(tombstones_of(block, 1) == std::vector<TimeRange>{{15, 30}});
  auto files = std::make_shared<FaultyFiles>(0, [] {});
  CHECK(tsdb::delete_samples(block, {}, {16, 29}, *files).ok());
  CHECK_EQ(files->steps(), 0);
}

TEST_CASE("deletion: the dump lacks what is deleted, and a merge drops it for good") {
  TempDir dir;
  auto block = write_block(dir.path(), {5, 6, 7});
  REQUIRE(delete_samples(block, kFirst, TimeRange()).ok());
  REQUIRE(delete_samples(block, {}, {6, 6}).ok());
  CHECK_EQ(dump(block), "{a=\"y\"} 5 5\n{a=\"y\"} 7 7\n");
  auto ulid = Ulid::make(2, {});
  auto meta = tsdb::merge_blocks(std::vector{block}, ulid, dir.path(), {});
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->stats.num_series, 1);
  CHECK_EQ(meta->stats.num_samples, 2);
  CHECK_EQ(meta->stats.num_tombstones, 0);
  CHECK_EQ(dump(dir.path() / ulid.to_string()), "{a=\"y\"} 5 5\n{a=\"y\"} 7 7\n");
}

TEST_CASE("deletion: what isn't a block is told") {
  TempDir dir;
  CHECK_EQ(delete_samples(dir.path(), kFirst, {}).status().code(), Code::kNotFound);
}

TEST_CASE("deletion: an error at any change leaves the block as it was, or without the samples") {
  int done = 0;
  for (int step = 0;; ++step) {
    TempDir dir;
    auto block = write_block(dir.path(), {5, 6, 7});
    FaultyFiles files(step, [] {});
    auto meta = tsdb::delete_samples(block, kFirst, {6, 6}, files);
    auto left = times_of_first(block);
    bool is_deleted = left == std::vector<int64_t>{5, 7};
    CHECK((is_deleted || left == std::vector<int64_t>{5, 6, 7}));
    done += is_deleted ? 1 : 0;
    if (meta.ok()) {
      CHECK(is_deleted);
      CHECK_EQ(step, 10);
      CHECK_EQ(faults_of(block), 0);
      break;
    }
    CHECK_EQ(meta.status().message(), "injected fault");
  }
  CHECK_GT(done, 1);
}

TEST_CASE("deletion: a kill at any change leaves the block as it was, or without the samples") {
  bool was_killed = true;
  for (int step = 0; was_killed; ++step) {
    TempDir dir;
    auto block = write_block(dir.path(), {5, 6, 7});
    auto child = ::fork();
    REQUIRE_GE(child, 0);
    if (child == 0) {
      FaultyFiles files(step, [] { ::raise(SIGKILL); });
      ::_exit(tsdb::delete_samples(block, kFirst, {6, 6}, files).ok() ? 0 : 1);
    }
    int status = 0;
    REQUIRE_EQ(::waitpid(child, &status, 0), child);
    was_killed = WIFSIGNALED(status);
    auto left = times_of_first(block);
    CHECK((left == std::vector<int64_t>{5, 7} || left == std::vector<int64_t>{5, 6, 7}));
    // The next deletion finds its way, whatever was left behind.
    REQUIRE(delete_samples(block, kFirst, {5, 6}).ok());
    CHECK_EQ(times_of_first(block), std::vector<int64_t>{7});
    CHECK_EQ(faults_of(block), 0);
    CHECK(!fs::exists(block / "tombstones.tmp"));
    CHECK(!fs::exists(block / "meta.json.tmp"));
  }
}
