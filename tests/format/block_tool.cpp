// SPDX-License-Identifier: Apache-2.0
// What tests of the format need and the program doesn't offer:
//
//   block_tool write FOLDER            writes a block from the series on standard input
//   block_tool segments BYTES FOLDER BLOCK   rewrites a block, with short chunk segments
//   block_tool compare BLOCK           compares a block's chunks with what we encode from the
//   series
//                                      on standard input that it was made of
//
// Input: one series a line, `{"labels": {...}, "samples": [...]}`, samples as in
// docs/formats/dump.md and in the order in which they are appended; a series may come again.
#include "format/chunks_as.hpp"
#include "support/sample_json.hpp"
#include "tsdb/block/rewrite.hpp"

#include <mnemo/block_writer.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

namespace mnemo::testing {
namespace {

using Json = nlohmann::json;

InputSample sample_of(const Json& json) {
  if (json.is_array()) {
    return {json[0].get<int64_t>(), from_bits(json[1]),
            json.size() > 2 ? json[2].get<int64_t>() : 0};
  }
  InputSample sample{json.at("t").get<int64_t>(), {}, json.value("st", int64_t{0})};
  if (json.value("int", false)) {
    sample.value = histogram_of(json.at("h"));
  } else {
    sample.value = float_histogram_of(json.at("h"));
  }
  return sample;
}

std::vector<InputSeries> read_input() {
  std::vector<InputSeries> input;
  for (std::string line; std::getline(std::cin, line);) {
    auto json = Json::parse(line);
    auto& series = input.emplace_back();
    series.labels = labels_of(json.at("labels"));
    for (const auto& sample : json.at("samples")) series.samples.push_back(sample_of(sample));
  }
  return input;
}

Status write(const std::string& folder) {
  BlockWriterOptions options;
  options.folder = folder;
  BlockWriter writer(options);
  for (const auto& series : read_input()) {
    for (const auto& sample : series.samples) {
      MNEMO_RETURN_IF_ERROR(std::visit(
          [&](const auto& value) {
            return writer.append(series.labels, sample.time, value, sample.start_time);
          },
          sample.value));
    }
  }
  MNEMO_TRY(auto meta, writer.finish());
  std::printf("%s\n", meta.ulid.to_string().c_str());
  return {};
}

Status rewrite_in_segments(const char* bytes, const std::string& folder, const std::string& block) {
  tsdb::RewriteOptions options;
  options.output.segment_bytes = std::strtoull(bytes, nullptr, 10);
  MNEMO_TRY(auto meta, tsdb::rewrite_block(block, Ulid::generate(), folder, options));
  std::printf("%s\n", meta.ulid.to_string().c_str());
  return {};
}

Status compare(const std::string& folder) {
  MNEMO_TRY(auto block, Block::open(folder));
  MNEMO_TRY(auto comparison, compare_chunks(*block, read_input()));
  Json result;
  for (const auto& [encoding, counts] : comparison.counts) {
    result[std::to_string(static_cast<int>(encoding))] = {
        {"chunks", counts.chunks}, {"recoded", counts.recoded}, {"headers", counts.headers}};
  }
  result["differences"] = comparison.differences;
  std::printf("%s\n", result.dump().c_str());
  return {};
}

Status run(int argc, char** argv) {
  std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "write" && argc == 3) return write(argv[2]);
  if (command == "segments" && argc == 5) return rewrite_in_segments(argv[2], argv[3], argv[4]);
  if (command == "compare" && argc == 3) return compare(argv[2]);
  return Status::invalid_argument("usage: see the head of block_tool.cpp");
}

}  // namespace
}  // namespace mnemo::testing

int main(int argc, char** argv) {
  try {
    auto status = mnemo::testing::run(argc, argv);
    if (status.ok()) return 0;
    std::fprintf(stderr, "block_tool: %s\n", status.to_string().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "block_tool: %s\n", error.what());
  }
  return 1;
}
