// SPDX-License-Identifier: Apache-2.0
#include "tsdb/backfill/backfill.hpp"

#include "support/synthetic_block.hpp"
#include "support/temp_dir.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;
using namespace mnemo::tsdb;

namespace {

constexpr int64_t kHour = 3'600'000;

/// By its labels, the samples of each series, "value@time".
using Contents = std::map<std::string, std::vector<std::string>>;

struct Written {
  Status status;
  std::vector<BlockMeta> blocks;  // in order of time
  Contents contents;
};

void read_block(const std::filesystem::path& folder, Contents& contents) {
  auto block = Block::open(folder);
  REQUIRE_MESSAGE(block.ok(), block.status().message());
  auto selection = (*block)->select({}, TimeRange());
  REQUIRE(selection.ok());
  BlockSeries series;
  while (*(*selection)->next(series)) {
    SampleColumn column;
    REQUIRE((*block)->read_samples(series, TimeRange(), column).ok());
    auto& samples = contents[series.labels.to_string()];
    for (size_t i = 0; i < column.size(); ++i) {
      samples.push_back(std::to_string(static_cast<int64_t>(column.values[i])) + "@" +
                        std::to_string(column.times[i]));
    }
  }
}

class Folder {
 public:
  std::filesystem::path output() const { return dir_.path() / "out"; }
  std::filesystem::path input() const { return dir_.path() / "in"; }

  Written backfill(const std::string& text, BackfillOptions options = {}) {
    write_or_throw(input(), text);
    return backfill_input(std::move(options));
  }

  Written backfill_input(BackfillOptions options = {}) {
    Written written;
    options.on_block = [&](const BlockMeta& meta) { written.blocks.push_back(meta); };
    written.status = backfill_openmetrics(input(), output(), options);
    std::sort(written.blocks.begin(), written.blocks.end(),
              [](const auto& a, const auto& b) { return a.min_time < b.min_time; });
    for (const auto& meta : written.blocks) {
      read_block(output() / meta.ulid.to_string(), written.contents);
    }
    return written;
  }

  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(output())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  TempDir dir_;
};

/// The history of `series` series over `hours`, a sample every ten minutes, in some order.
enum class Order { kTime, kSeries, kTimeBackwards };

std::string history(int series, int hours, Order order) {
  std::vector<std::string> lines;
  auto add = [&](int number, int step) {
    lines.push_back("m{n=\"" + std::to_string(number) + "\"} " + std::to_string(number + step) +
                    " " + std::to_string(1'600'000'000 + step * 600) + "\n");
  };
  if (order == Order::kSeries) {
    for (int i = 0; i < series; ++i) {
      for (int step = 0; step < hours * 6; ++step) add(i, step);
    }
  } else {
    for (int step = 0; step < hours * 6; ++step) {
      for (int i = 0; i < series; ++i) add(i, step);
    }
  }
  if (order == Order::kTimeBackwards) std::reverse(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line;
  return text + "# EOF\n";
}

Contents history_contents(int series, int hours) {
  Contents contents;
  for (int i = 0; i < series; ++i) {
    auto& samples = contents["{__name__=\"m\", n=\"" + std::to_string(i) + "\"}"];
    for (int step = 0; step < hours * 6; ++step) {
      samples.push_back(std::to_string(i + step) + "@" +
                        std::to_string(1'600'000'000'000 + int64_t{step} * 600'000));
    }
  }
  return contents;
}

}  // namespace

TEST_CASE("backfill: block durations are 2h times powers of three, up to ten of them") {
  CHECK_EQ(compatible_block_duration(0), 2 * kHour);
  CHECK_EQ(compatible_block_duration(2 * kHour), 2 * kHour);
  CHECK_EQ(compatible_block_duration(6 * kHour - 1), 2 * kHour);
  CHECK_EQ(compatible_block_duration(6 * kHour), 6 * kHour);
  CHECK_EQ(compatible_block_duration(24 * kHour), 18 * kHour);
  CHECK_EQ(compatible_block_duration(2048 * kHour), 1458 * kHour);
  CHECK_EQ(compatible_block_duration(200'000 * kHour), 39'366 * kHour);
}

TEST_CASE("backfill: a block for each range with samples, with the samples' own bounds") {
  Folder folder;
  auto written = folder.backfill(
      "m{c=\"200\"} 1021 1565133713.989\n"
      "m{c=\"200\"} 1022 1565392913.989\n"
      "m{c=\"400\"} 1 1565133713.990\n"
      "m{c=\"200\"} 1023 1565652113.989\n"
      "# EOF\n");
  REQUIRE_MESSAGE(written.status.ok(), written.status.message());
  REQUIRE_EQ(written.blocks.size(), 3);
  CHECK_EQ(written.blocks[0].min_time, 1565133713989);
  CHECK_EQ(written.blocks[0].max_time, 1565133713991);
  CHECK_EQ(written.blocks[0].stats.num_series, 2);
  CHECK_EQ(written.blocks[0].compaction.level, 1);
  CHECK_EQ(written.blocks[2].min_time, 1565652113989);
  CHECK(written.contents ==
        Contents{
            {R"({__name__="m", c="200"})",
             {"1021@1565133713989", "1022@1565392913989", "1023@1565652113989"}},
            {R"({__name__="m", c="400"})", {"1@1565133713990"}},
        });
  CHECK_EQ(folder.entries().size(), 3);
}

TEST_CASE("backfill: ranges are aligned, before the epoch too") {
  Folder folder;
  auto written = folder.backfill("m 1 -7200\nm 2 -0.001\nm 3 0\nm 4 7199.999\nm 5 7200\n# EOF\n");
  REQUIRE_MESSAGE(written.status.ok(), written.status.message());
  REQUIRE_EQ(written.blocks.size(), 3);
  CHECK_EQ(written.blocks[0].min_time, -7200000);
  CHECK_EQ(written.blocks[0].max_time, 0);
  CHECK_EQ(written.blocks[1].min_time, 0);
  CHECK_EQ(written.blocks[1].max_time, 7200000);
  CHECK_EQ(written.blocks[2].min_time, 7200000);
}

TEST_CASE("backfill: a longer duration puts more into a block") {
  Folder folder;
  BackfillOptions options;
  options.block_duration = 1458 * kHour;
  auto written =
      folder.backfill("m 1 1624463088\nm 2 1629503088\nm 3 1629863088\n# EOF\n", options);
  REQUIRE(written.status.ok());
  CHECK_EQ(written.blocks.size(), 2);
}

TEST_CASE("backfill: the same blocks from any order and within any memory") {
  constexpr int kSeries = 20;
  constexpr int kHours = 23;
  const auto expected = history_contents(kSeries, kHours);
  for (auto order : {Order::kTime, Order::kSeries, Order::kTimeBackwards}) {
    for (uint64_t max_bytes :
         {uint64_t{0}, uint64_t{40'000}, uint64_t{150'000}, uint64_t{1} << 30}) {
      CAPTURE(max_bytes);
      Folder folder;
      BackfillOptions options;
      options.max_held_bytes = max_bytes;
      auto written = folder.backfill(history(kSeries, kHours, order), options);
      REQUIRE_MESSAGE(written.status.ok(), written.status.message());
      CHECK_EQ(written.blocks.size(), 12);
      CHECK(written.contents == expected);
    }
  }
}

TEST_CASE("backfill: a file in order of time needs two passes at most") {
  Folder folder;
  auto text = history(20, 40, Order::kTime);
  BackfillOptions options;
  options.max_held_bytes = 40'000;
  uint64_t bytes_read = 0;
  options.progress = [&](uint64_t done, uint64_t) { bytes_read = done; };
  REQUIRE(folder.backfill(text, options).status.ok());
  CHECK_GT(bytes_read, text.size());
  CHECK_LE(bytes_read, 2 * text.size());
}

TEST_CASE("backfill: a pipe is read once, whatever the number of passes") {
  Folder folder;
  REQUIRE_EQ(::mkfifo(folder.input().c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(folder.input()) << history(20, 23, Order::kSeries); });
  BackfillOptions options;
  options.max_held_bytes = 0;
  auto written = folder.backfill_input(options);
  writer.join();
  REQUIRE_MESSAGE(written.status.ok(), written.status.message());
  CHECK(written.contents == history_contents(20, 23));
  CHECK_EQ(folder.entries().size(), 12);  // and no copy of the input
}

TEST_CASE("backfill: labels of the same series in another order, and external labels") {
  Folder folder;
  BackfillOptions options;
  options.external_labels = Labels{{"replica", "a"}};
  auto written = folder.backfill(
      "m{a=\"1\",b=\"2\"} 1 1\nm{b=\"2\",a=\"1\"} 2 2\n{\"m\",a=\"1\",b=\"2\",replica=\"x\"} 3 3\n"
      "# EOF\n",
      options);
  REQUIRE_MESSAGE(written.status.ok(), written.status.message());
  CHECK(written.contents ==
        Contents{{R"({__name__="m", a="1", b="2", replica="a"})", {"1@1000", "2@2000", "3@3000"}}});
}

TEST_CASE("backfill: the TYPE before a sample decides what its text means") {
  Folder folder;
  auto written = folder.backfill(
      "m{le=\"1\"} 1 1\n# TYPE m histogram\nm{le=\"1\"} 2 1\n# TYPE m gauge\nm{le=\"1\"} 3 2\n"
      "# EOF\n");
  REQUIRE(written.status.ok());
  CHECK(written.contents == Contents{{R"({__name__="m", le="1"})", {"1@1000", "3@2000"}},
                                     {R"({__name__="m", le="1.0"})", {"2@1000"}}});
}

TEST_CASE("backfill: equal samples are one, different ones at a time are an error") {
  Folder folder;
  auto written = folder.backfill("m 1 1\nm 1 1\nm NaN 2\nm NaN 2\n# EOF\n");
  REQUIRE_MESSAGE(written.status.ok(), written.status.message());
  CHECK_EQ(written.blocks[0].stats.num_samples, 2);
  auto other = folder.backfill("m 1 1\nm 2 1.0001\n# EOF\n");
  CHECK(other.status.code() == Code::kInvalidArgument);
  CHECK(other.status.message().ends_with(
      R"(series {__name__="m"}: two samples with different values at 1000)"));
}

TEST_CASE("backfill: nothing is written of a file that is malformed at its end") {
  for (const auto& [end, error] : std::vector<std::pair<std::string, std::string>>{
           {"", "data does not end with # EOF"},
           {"m\n# EOF\n", "expected a space and a value"},
           {"m 1\n# EOF\n", "expected timestamp for series m, got none"},
           {"m{a=\"1\",a=\"1\"} 1 1\n# EOF\n", "label name \"a\" is not unique"},
           {"{\"\"} 1 1\n# EOF\n", "a series without labels"},
           {"m 1 1600000000000\n# EOF\n",
            "the timestamp 1600000000000 lies after the year 9999; OpenMetrics has timestamps in "
            "seconds, not in milliseconds"},
       }) {
    Folder folder;
    auto text = history(5, 5, Order::kTime);
    text.resize(text.size() - 6);
    BackfillOptions options;
    options.max_held_bytes = 0;
    auto written = folder.backfill(text + end, options);
    CHECK(written.status.code() == Code::kDataLoss);
    CHECK_MESSAGE(written.status.message().find("line 15") != std::string::npos,
                  written.status.message());
    CHECK_MESSAGE(written.status.message().find(error) != std::string::npos,
                  written.status.message());
    CHECK(folder.entries().empty());
  }
}

TEST_CASE("backfill: inputs that are no text") {
  Folder folder;
  auto missing = folder.backfill_input();
  CHECK(missing.status.code() == Code::kNotFound);
  CHECK(missing.status.message().find(folder.input().string()) != std::string::npos);
  auto compressed = folder.backfill("\x1f\x8b\x08 and so on");
  CHECK(compressed.status.message().find("is compressed") != std::string::npos);
  auto empty = folder.backfill("");
  CHECK(empty.status.message().ends_with("data does not end with # EOF"));
  CHECK(folder.backfill("# EOF\n").status.ok());
  std::filesystem::remove(folder.input());
  std::filesystem::create_directory(folder.input());
  CHECK(folder.backfill_input().status.message().ends_with("is a directory"));
}
