// SPDX-License-Identifier: Apache-2.0
#include "tsdb/analyze/analyze.hpp"

#include "support/temp_dir.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// up{job="a"} over the whole block of 1,000.5 s, up{job="bb"} and load over its first half.
std::filesystem::path write_block(const std::filesystem::path& folder) {
  BlockWriter writer({folder, Ulid::make(1, {})});
  for (int64_t time = 0; time <= 1'000'000; time += 10'000) {
    REQUIRE(writer.append({{"__name__", "up"}, {"job", "a"}}, time, 1).ok());
    if (time > 500'000) continue;
    REQUIRE(writer.append({{"__name__", "up"}, {"job", "bb"}}, time, 1).ok());
    REQUIRE(writer.append({{"__name__", "load"}}, time, 1).ok());
  }
  REQUIRE(writer.append({{"__name__", "up"}, {"job", "a"}}, 1'000'499, 1).ok());
  REQUIRE(writer.finish().ok());
  return folder / Ulid::make(1, {}).to_string();
}

}  // namespace

TEST_CASE("analyze: the figures of a small block, calculated by hand") {
  TempDir dir;
  write_block(dir.path());
  auto found = tsdb::find_block(dir.path());
  REQUIRE(found.ok());
  tsdb::AnalysisOptions options;
  options.with_chunks = true;
  auto analysis = tsdb::analyze_block(*found, options);
  REQUIRE_MESSAGE(analysis.ok(), analysis.status().to_string());
  auto text = tsdb::analysis_text(*analysis, {});
  // Two series lack 500.5 s each: a whole block together.
  CHECK_EQ(text.substr(0, text.find("bytes per float")),
           "Block ID: 00000000010000000000000000\n"
           "Duration: 16m40.5s\n"
           "Total Series: 3\n"
           "Label names: 2\n"
           "Postings (unique label pairs): 4\n"
           "Postings entries (total label pairs): 5\n"
           "\nLabel pairs most involved in churning:\n"
           "0 __name__=load\n0 __name__=up\n0 job=a\n0 job=bb\n"
           "\nLabel names most involved in churning:\n"
           "1 __name__\n0 job\n"
           "\nMost common label pairs:\n"
           "2 __name__=up\n1 __name__=load\n1 job=a\n1 job=bb\n"
           "\nLabel names with highest cumulative label value length:\n"
           "6 __name__\n3 job\n"
           "\nHighest cardinality labels:\n"
           "2 __name__\n2 job\n"
           "\nHighest cardinality metric names:\n"
           "2 up\n1 load\n"
           "\nCompaction analysis:\n"
           "\nsamples per float chunk (min/avg/max): 51/68/102\n"
           "[ 51,  60]: 2 ##################################################################\n"
           "[ 61,  70]: 0 \n[ 71,  80]: 0 \n[ 81,  90]: 0 \n[ 91, 100]: 0 \n"
           "[101, 110]: 1 #################################\n"
           "[111, 120]: 0 \n\n");
  CHECK_NE(text.find("samples per histogram chunk: N/A\n\n"), std::string::npos);
}

TEST_CASE("analyze: only what the matchers select") {
  TempDir dir;
  auto block = write_block(dir.path());
  tsdb::AnalysisOptions options;
  options.matchers = {Matcher::equal("job", "a")};
  options.limit = 1;
  auto analysis = tsdb::analyze_block(block, options);
  REQUIRE(analysis.ok());
  CHECK_EQ(analysis->series, 1);
  CHECK_EQ(analysis->label_pairs, 2);
  REQUIRE_EQ(analysis->largest_metrics.size(), 1);
  CHECK_EQ(analysis->largest_metrics[0].label, "up");
  CHECK_EQ(analysis->largest_metrics[0].figure, 1);
  CHECK_EQ(analysis->common_pairs.size(), 1);
  auto text = tsdb::analysis_text(*analysis, "{job=\"a\"}");
  CHECK_NE(text.find("Matcher: {job=\"a\"}\nLabel names: 2\nMatched series: 1\n"),
           std::string::npos);
}

TEST_CASE("analyze: the latest block of a data directory is the one with the greatest ULID") {
  TempDir dir;
  CHECK_EQ(tsdb::find_block(dir.path()).status().code(), Code::kNotFound);
  for (int64_t number : {3, 9, 5}) {
    std::filesystem::create_directory(dir.path() / Ulid::make(number, {}).to_string());
  }
  std::filesystem::create_directory(dir.path() / "wal");
  CHECK_EQ(*tsdb::find_block(dir.path()), dir.path() / Ulid::make(9, {}).to_string());
}
