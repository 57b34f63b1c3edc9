// SPDX-License-Identifier: Apache-2.0
#include "support/golden.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <fstream>
#include <sstream>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

const char* const kRoles[] = {
    "raw_a", "raw_b", "compacted_a", "compacted_b", "vertical_one-to-one", "vertical_penalty"};

std::filesystem::path folder_of(const std::string& role) {
  if (role.starts_with("vertical"))
    return role == "vertical_penalty" ? "vertical-penalty" : "vertical-one-to-one";
  return role.substr(0, role.find('_'));
}

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return same_bits(x, y); });
}

bool same(const FloatHistogram& a, const FloatHistogram& b) {
  return a.counter_reset_hint == b.counter_reset_hint && a.schema == b.schema &&
         same_bits(a.zero_threshold, b.zero_threshold) && same_bits(a.zero_count, b.zero_count) &&
         same_bits(a.count, b.count) && same_bits(a.sum, b.sum) &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         same_bits(a.positive_buckets, b.positive_buckets) &&
         same_bits(a.negative_buckets, b.negative_buckets) &&
         same_bits(a.custom_values, b.custom_values);
}

/// The first sample that differs, or nothing.
std::string difference(const SampleColumn& got, const SampleColumn& wanted) {
  if (got.size() != wanted.size()) {
    return std::to_string(got.size()) + " samples instead of " + std::to_string(wanted.size());
  }
  for (size_t i = 0; i < got.size(); ++i) {
    const auto* a = got.histogram(i);
    const auto* b = wanted.histogram(i);
    bool equal = got.times[i] == wanted.times[i] && same_bits(got.values[i], wanted.values[i]) &&
                 (a == nullptr) == (b == nullptr) && (a == nullptr || same(*a, *b));
    if (!equal) return "sample " + std::to_string(i) + " at " + std::to_string(wanted.times[i]);
  }
  return "";
}

void check_block(const std::filesystem::path& directory) {
  INFO(directory.string());
  auto block = Block::open(directory);
  REQUIRE_MESSAGE(block.ok(), block.status().to_string());
  auto expected = golden_series(directory.string() + ".samples.ndjson.gz");
  auto selection = (*block)->select({}, TimeRange());
  REQUIRE(selection);
  BlockSeries series;
  for (const auto& wanted : expected) {
    auto more = (*selection)->next(series);
    REQUIRE_MESSAGE(more.ok(), more.status().to_string());
    REQUIRE(*more);
    REQUIRE_EQ(series.labels.to_string(), wanted.labels.to_string());
    REQUIRE_EQ(series.chunks.size(), wanted.chunks.size());
    SampleColumn samples;
    auto status = (*block)->read_samples(series, TimeRange(), samples);
    REQUIRE_MESSAGE(status.ok(), status.to_string());
    CHECK_EQ(difference(samples, wanted.all_samples()), "");
  }
  CHECK_FALSE(*(*selection)->next(series));
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("tsdb: blocks of Prometheus and Thanos hold what they say, bit for bit") {
  auto golden = golden_dir();
  if (!golden) return;
  for (const auto* role : kRoles) {
    for (const auto& ulid : golden_blocks(*golden, role)) {
      check_block(*golden / folder_of(role) / ulid);
    }
  }
}

TEST_CASE("tsdb: every meta.json of Prometheus and Thanos is printed as it was read") {
  auto golden = golden_dir();
  if (!golden) return;
  size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*golden)) {
    if (entry.path().filename() != "meta.json") continue;
    INFO(entry.path().string());
    auto text = content_of(entry.path());
    auto meta = BlockMeta::parse(text);
    REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
    CHECK_EQ(meta->to_json(), text);
    ++count;
  }
  CHECK_GT(count, 30);
}
