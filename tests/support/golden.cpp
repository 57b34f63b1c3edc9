// SPDX-License-Identifier: Apache-2.0
#include "support/golden.hpp"

#include "support/sample_json.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace mnemo::testing {
namespace {

using Json = nlohmann::json;

GoldenChunk chunk_of(const Json& json) {
  GoldenChunk chunk;
  chunk.encoding = json.at("enc").get<int>();
  if (!json.contains("samples")) return chunk;
  for (const auto& sample : json.at("samples")) {
    if (sample.is_array()) {
      chunk.samples.append(sample[0].get<int64_t>(), from_bits(sample[1]));
    } else {
      chunk.samples.append(sample.at("t").get<int64_t>(),
                           std::make_shared<FloatHistogram>(float_histogram_of(sample.at("h"))));
    }
  }
  return chunk;
}

}  // namespace

std::optional<std::filesystem::path> golden_dir() {
  const char* shared = std::getenv("MNEMO_SHARED");
  std::filesystem::path root = shared != nullptr ? shared : MNEMO_SOURCE_DIR "/../shared";
  if (std::filesystem::is_directory(root / "golden")) return root / "golden";
  MESSAGE("skipped: no golden data at " << (root / "golden").string());
  return std::nullopt;
}

std::vector<std::string> gzip_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return lines;
  std::string text;
  std::vector<char> buffer(1 << 16);
  for (int n; (n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  gzclose(file);
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

SampleColumn GoldenSeries::all_samples() const {
  SampleColumn all;
  for (const auto& chunk : chunks) {
    for (size_t i = 0; i < chunk.samples.size(); ++i) all.append_from(chunk.samples, i);
  }
  return all;
}

std::vector<GoldenSeries> golden_series(const std::filesystem::path& path) {
  std::vector<GoldenSeries> result;
  for (const auto& line : gzip_lines(path)) {
    auto json = Json::parse(line);
    GoldenSeries series;
    series.labels = labels_of(json.at("labels"));
    for (const auto& chunk : json.at("chunks")) series.chunks.push_back(chunk_of(chunk));
    result.push_back(std::move(series));
  }
  return result;
}

std::vector<std::string> golden_blocks(const std::filesystem::path& golden,
                                       const std::string& role) {
  std::ifstream file(golden / "manifest.json");
  auto manifest = Json::parse(file);
  const auto& entry = manifest.at(role);
  if (entry.is_string()) return {entry.get<std::string>()};
  return entry.get<std::vector<std::string>>();
}

}  // namespace mnemo::testing
