// SPDX-License-Identifier: Apache-2.0
#include "query/block_queryable.hpp"

#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <map>
#include <string>

using namespace mnemo;

namespace {

std::vector<std::shared_ptr<const Block>> open_blocks(const std::filesystem::path& golden) {
  std::vector<std::shared_ptr<const Block>> blocks;
  for (const auto& name : testing::golden_blocks(golden, "raw_a")) {
    auto block = Block::open(golden / "raw" / name);
    REQUIRE_MESSAGE(block.ok(), block.status().message());
    blocks.insert(blocks.begin(), *block);  // in another order than that of time
  }
  return blocks;
}

/// Times and bits of floats.
std::string floats_of(const SampleColumn& samples) {
  std::string text;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (samples.histogram(i)) continue;
    text += std::to_string(samples.times[i]) + ":" +
            std::to_string(std::bit_cast<uint64_t>(samples.values[i])) + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("query: several blocks read like the one that they are compacted to") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  std::map<Labels, SampleColumn> wanted;
  for (const auto& name : testing::golden_blocks(*golden, "compacted_a")) {
    for (const auto& series :
         testing::golden_series(*golden / "compacted" / (name + ".samples.ndjson.gz"))) {
      wanted[series.labels] = series.all_samples();
    }
  }
  REQUIRE_FALSE(wanted.empty());
  BlockQueryable queryable(open_blocks(*golden));
  auto stream = queryable.select(Context(), Selection());
  REQUIRE(stream);
  SelectedSeries series;
  auto next = wanted.begin();
  while (true) {
    auto more = (*stream)->next(series);
    REQUIRE(more);
    if (!*more) break;
    REQUIRE((next != wanted.end()));
    CHECK_EQ(series.labels, next->first);
    SampleColumn samples;
    REQUIRE(series.samples->read(TimeRange(), samples).ok());
    CHECK_EQ(samples.size(), next->second.size());
    CHECK_EQ(floats_of(samples), floats_of(next->second));
    ++next;
  }
  CHECK((next == wanted.end()));
}

TEST_CASE("query: blocks outside of the range are not read") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  BlockQueryable queryable(open_blocks(*golden));
  Selection selection;
  selection.range = {0, 1000};
  auto stream = queryable.select(Context(), selection);
  REQUIRE(stream);
  SelectedSeries series;
  CHECK_FALSE(*(*stream)->next(series));
}

TEST_CASE("query: of one block only the labels come that are needed") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  auto name = testing::golden_blocks(*golden, "raw_a").front();
  auto block = Block::open(*golden / "raw" / name);
  REQUIRE_MESSAGE(block.ok(), block.status().message());
  BlockQueryable queryable({*block});
  auto labels_of = [&](const Selection& selection) {
    std::vector<Labels> labels;
    auto stream = queryable.select(Context(), selection);
    REQUIRE(stream);
    SelectedSeries series;
    while (*(*stream)->next(series)) labels.push_back(series.labels);
    return labels;
  };
  Selection selection;
  auto all = labels_of(selection);
  REQUIRE_FALSE(all.empty());
  for (const auto& needed :
       {std::vector<std::string>{}, {"job"}, {"__name__", "instance", "zone"}}) {
    selection.needed_labels = needed;
    auto some = labels_of(selection);
    REQUIRE_EQ(some.size(), all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      CHECK_EQ(some[i], LabelsBuilder(all[i]).keep_only(needed).build());
    }
  }
}
